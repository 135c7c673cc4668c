/*
 * browser.c - see browser.h.
 *
 * Programs say that they are others, too: the order of the tables decides.
 */

#include <stdio.h>
#include <string.h>

#include "browser.h"

#define AGENT_MAX      1024             /* what stands behind is not read */
#define VERSION_MAX    3                /* digits */

typedef struct {
    const char  *sign;                  /* what stands in the header */
    const char  *name;
    const char  *version;               /* behind which the version stands;
                                           NULL: none is told */
} known_t;

static const known_t  programs[] = {
    { "MicroMessenger/", "WeChat", "MicroMessenger/" },
    { "AlipayClient/", "Alipay", "AlipayClient/" },
    { "DingTalk", "DingTalk", NULL },
    { "QQBrowser/", "QQ Browser", "QQBrowser/" },
    { "MetaSr", "Sogou Explorer", NULL },
    { "360SE", "360 Browser", NULL },
    { "360EE", "360 Browser", NULL },
    { "QIHU", "360 Browser", NULL },
    { "UCBrowser/", "UC Browser", "UCBrowser/" },
    { "UBrowser/", "UC Browser", "UBrowser/" },
    { "HuaweiBrowser/", "Huawei Browser", "HuaweiBrowser/" },
    { "MiuiBrowser/", "Mi Browser", "MiuiBrowser/" },
    { "Edg/", "Edge", "Edg/" },
    { "EdgA/", "Edge", "EdgA/" },
    { "EdgiOS/", "Edge", "EdgiOS/" },
    { "Edge/", "Edge", "Edge/" },
    { "OPR/", "Opera", "OPR/" },
    { "Firefox/", "Firefox", "Firefox/" },
    { "FxiOS/", "Firefox", "FxiOS/" },
    { "CriOS/", "Chrome", "CriOS/" },
    { "Chrome/", "Chrome", "Chrome/" },
    { "MSIE ", "Internet Explorer", "MSIE " },
    { "Trident/", "Internet Explorer", "rv:" },
    { "Safari/", "Safari", "Version/" },
    { NULL, NULL, NULL }
};

static const known_t  systems[] = {
    { "OpenHarmony", "HarmonyOS", NULL },
    { "HarmonyOS", "HarmonyOS", NULL },
    { "Windows NT 10", "Windows 10", NULL },        /* so says 11, too */
    { "Windows NT 6.3", "Windows 8", NULL },
    { "Windows NT 6.2", "Windows 8", NULL },
    { "Windows NT 6.1", "Windows 7", NULL },
    { "Windows NT 6.0", "Windows Vista", NULL },
    { "Windows NT 5", "Windows XP", NULL },
    { "Windows", "Windows", NULL },
    { "iPhone", "iPhone", NULL },
    { "iPad", "iPad", NULL },
    { "Mac OS X", "macOS", NULL },
    { "Android", "Android", NULL },
    { "UOS", "UOS", NULL },
    { "Kylin", "Kylin", NULL },
    { "CrOS", "ChromeOS", NULL },
    { "Linux", "Linux", NULL },
    { NULL, NULL, NULL }
};


static const known_t *
find(const known_t *table, const char *agent)
{
    for ( /* void */ ; table->sign != NULL; table++) {
        if (strstr(agent, table->sign) != NULL) {
            return table;
        }
    }

    return NULL;
}


/* " 126", or nothing. */
static void
find_version(const known_t *program, const char *agent,
    char out[VERSION_MAX + 2])
{
    size_t       digits;
    const char  *at;

    out[0] = '\0';
    at = program->version == NULL ? NULL : strstr(agent, program->version);

    if (at == NULL) {
        return;
    }

    at += strlen(program->version);
    digits = strspn(at, "0123456789");

    if (digits > 0 && digits <= VERSION_MAX) {
        snprintf(out, VERSION_MAX + 2, " %.*s", (int) digits, at);
    }
}


size_t
civic_browser_summary(const char *agent, size_t len,
    char out[CIVIC_BROWSER_TEXT])
{
    int             n;
    char            text[AGENT_MAX + 1], version[VERSION_MAX + 2] = "";
    const known_t  *program, *system;

    len = len > AGENT_MAX ? AGENT_MAX : len;
    memcpy(text, agent, len);
    text[len] = '\0';

    program = find(programs, text);
    system = find(systems, text);

    if (program != NULL) {
        find_version(program, text, version);
    }

    n = snprintf(out, CIVIC_BROWSER_TEXT, "%s%s%s%s",
                 program == NULL ? "" : program->name, version,
                 program != NULL && system != NULL ? ", " : "",
                 system == NULL ? "" : system->name);

    return (size_t) n;
}
