/*
 * doctor_plugins.c - what the options of plugins lead to: files that workers
 * read, and upstreams; and what has to be brought up to date by hand.
 *
 * nginx -t reads such files as root, so it is content with a key that no
 * worker can read; and an upstream is looked for only when somebody asks it.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doctor.h"
#include "plugin_file.h"

typedef struct {
    const char  *plugin;
    const char  *option;
    const char  *only_with;             /* used only if this option is set */
} doctor_option_t;

static const doctor_option_t  files[] = {
    { "alipay", "private_key", NULL },
    { "alipay", "public_key", NULL },
    { "alipay", "app_cert", NULL },
    { "alipay", "alipay_cert", NULL },
    { "alipay", "root_cert", NULL },
    { "alipay", "content_key", NULL },
    { "kinship", "signing_key", NULL },
    { "kinship", "old_keys", NULL },
    { "login", "card_client_secret", "card_issuer" },
    { "ticket", "signing_key", NULL },
    { "ticket", "old_keys", NULL },
};

/* Of those: what nobody but workers is to read. */
static const doctor_option_t  secrets[] = {
    { "alipay", "private_key", NULL },
    { "alipay", "content_key", NULL },
    { "kinship", "signing_key", NULL },
    { "login", "card_client_secret", "card_issuer" },
    { "ticket", "signing_key", NULL },
};

static const doctor_option_t  upstreams[] = {
    { "alipay", "upstream", NULL },
    { "login", "card_upstream", "card_issuer" },
    { "civic", "push_upstream", NULL },
    { "photo_check", "media", NULL },
    { "photo_check", "faces", NULL },
    { "kinship", "match_upstream", NULL },
};

/* Without which something is left out that most would want. */
static const struct {
    doctor_option_t   of;
    const char       *zh;
    const char       *en;
} wanted[] = {
    { { "kinship", "match_upstream", NULL },
      "绑定亲属时不核对姓名与身份证号：见 docs/kinship.md",
      "so a relative's name and number are not compared: see "
      "docs/kinship.md" },
};

/* Of those: engines of ours, which can be asked how they are. */
static const doctor_option_t  engines[] = {
    { "photo_check", "media", NULL },
};

#define DOCTOR_COUNT(array)  (sizeof(array) / sizeof((array)[0]))


/* ---- options ------------------------------------------------------------- */

/* The default of a text option, without its quotes: JSON's, but for names
   there is nothing to unescape.  The caller frees it. */
static char *
doctor_fallback(const civic_plugin_t *plugin, const char *name)
{
    size_t           len;
    uint32_t         i;
    civic_option_t   option;

    for (i = 0; i < plugin->options.count; i++) {
        civic_table_get(&plugin->options, i, &option, sizeof(option));

        if (strcmp(option.name, name) == 0 && option.fallback != NULL) {
            len = strlen(option.fallback);

            return len < 2 ? NULL : strndup(option.fallback + 1, len - 2);
        }
    }

    return NULL;
}


/* What the plugin would take, or NULL.  The caller frees it. */
static char *
doctor_option(const ctl_directive_t *directive, const civic_plugin_t *plugin,
    const char *name)
{
    char        *text;
    const char  *value = ctl_directive_value(directive, name, NULL);

    text = value == NULL ? doctor_fallback(plugin, name) : strdup(value);

    if (text != NULL && text[0] == '\0') {
        free(text);
        return NULL;
    }

    return text;
}


static int
doctor_is_used(const ctl_directive_t *directive, const civic_plugin_t *plugin,
    const doctor_option_t *option)
{
    char  *with;

    if (strcmp(plugin->name, option->plugin) != 0) {
        return 0;
    }

    if (option->only_with == NULL) {
        return 1;
    }

    with = doctor_option(directive, plugin, option->only_with);
    free(with);

    return with != NULL;
}


/* ---- files --------------------------------------------------------------- */

/* In the child: 0 or an errno. */
static int
doctor_read_file(void *data)
{
    int  fd = open(data, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0) {
        return errno;
    }

    (void) close(fd);

    return 0;
}


static int
doctor_is_secret(const doctor_option_t *option)
{
    size_t  i;

    for (i = 0; i < DOCTOR_COUNT(secrets); i++) {
        if (strcmp(secrets[i].plugin, option->plugin) == 0
            && strcmp(secrets[i].option, option->option) == 0)
        {
            return 1;
        }
    }

    return 0;
}


/* A key that everybody on the machine can read is everybody's. */
static void
doctor_plugin_secret(doctor_t *doctor, const doctor_option_t *option,
    const char *path)
{
    struct stat  st;

    if (doctor_is_secret(option) && stat(path, &st) == 0
        && (st.st_mode & S_IRWXO) != 0)
    {
        doctor_tell(doctor, DOCTOR_WARNING,
                    "%s：%s（%s）的权限是 %04o，本机任何用户都能读取，应为 0640 "
                    "或 0600",
                    "%s: %s (%s) has mode %04o, so everybody on this machine "
                    "can read it, expected 0640 or 0600", option->plugin,
                    path, option->option, (unsigned) st.st_mode & 07777);
    }
}


static void
doctor_plugin_file(doctor_t *doctor, const doctor_option_t *option,
    char *path)
{
    int  error = doctor->can_switch
                 ? doctor_as_user(doctor, doctor_read_file, path)
                 : doctor_read_file(path);

    if (error != 0) {
        doctor_tell(doctor, DOCTOR_PROBLEM,
                    "%s：用户 \"%s\" 无法读取 %s（%s）：%s",
                    "%s: user \"%s\" cannot read %s (%s): %s",
                    option->plugin, doctor->user, path, option->option,
                    strerror(error));
    } else {
        doctor_tell(doctor, DOCTOR_FINE, "%s：用户 \"%s\" 可读 %s（%s）",
                    "%s: user \"%s\" can read %s (%s)", option->plugin,
                    doctor->user, path, option->option);
    }
}


/* ---- upstreams ----------------------------------------------------------- */

static void
doctor_plugin_upstream(doctor_t *doctor, const ctl_conf_t *conf,
    const doctor_option_t *option, const char *name)
{
    if (doctor_upstream_served(conf, name)) {
        return;
    }

    doctor_tell(doctor, DOCTOR_PROBLEM,
                "%s：%s 指定上游 \"%s\"，但 civic_upstreams 的 server 中没有 "
                "location /%s/：见 docs/upstreams.md",
                "%s: %s names the upstream \"%s\", and the server of "
                "civic_upstreams has no location /%s/: see docs/upstreams.md",
                option->plugin, option->option, name, name);
}


/* ---- what is left out ---------------------------------------------------- */

static void
doctor_plugin_wanted(doctor_t *doctor, const ctl_directive_t *directive,
    const civic_plugin_t *plugin)
{
    char    *value;
    size_t   i;

    for (i = 0; i < DOCTOR_COUNT(wanted); i++) {
        if (!doctor_is_used(directive, plugin, &wanted[i].of)) {
            continue;
        }

        value = doctor_option(directive, plugin, wanted[i].of.option);

        if (value == NULL) {
            doctor_tell(doctor, DOCTOR_WARNING, "%s：没有设置 %s，%s",
                        "%s: there is no %s, %s", plugin->name,
                        wanted[i].of.option,
                        doctor->ctl->language == CIVIC_ZH ? wanted[i].zh
                                                          : wanted[i].en);
        }

        free(value);
    }
}


/* ---- the whole ----------------------------------------------------------- */

static void
doctor_plugin(doctor_t *doctor, ctl_conf_t *conf,
    const ctl_directive_t *directive, const civic_plugin_t *plugin)
{
    char    *value;
    size_t   i;

    for (i = 0; i < DOCTOR_COUNT(files); i++) {
        if (doctor_is_used(directive, plugin, &files[i])
            && (value = doctor_option(directive, plugin, files[i].option))
               != NULL)
        {
            doctor_plugin_file(doctor, &files[i], value);
            doctor_plugin_secret(doctor, &files[i], value);
            free(value);
        }
    }

    for (i = 0; i < DOCTOR_COUNT(upstreams); i++) {
        if (doctor_is_used(directive, plugin, &upstreams[i])
            && (value = doctor_option(directive, plugin,
                                      upstreams[i].option)) != NULL)
        {
            doctor_plugin_upstream(doctor, conf, &upstreams[i], value);
            free(value);
        }
    }

    doctor_plugin_wanted(doctor, directive, plugin);

    if (strcmp(plugin->name, "review") == 0) {
        doctor_calendar(doctor, conf);
    }

    for (i = 0; i < DOCTOR_COUNT(engines); i++) {
        if (doctor_is_used(directive, plugin, &engines[i])
            && (value = doctor_option(directive, plugin, engines[i].option))
               != NULL)
        {
            doctor_media(doctor, conf, value);
            free(value);
        }
    }
}


void
doctor_plugins(doctor_t *doctor, ctl_conf_t *conf)
{
    char                   *path;
    civic_failure_t         failure;
    civic_plugin_file_t    *file;
    const ctl_directive_t  *directive = NULL;

    while ((directive = ctl_conf_next(conf, "civic_plugin", directive))
           != NULL)
    {
        path = directive->count == 0
               ? NULL : ctl_path(doctor->ctl, directive->words[0], 1);

        /* one that cannot be read was told by doctor_fit() */
        file = path == NULL ? NULL : civic_plugin_file_open(path, &failure);
        free(path);

        if (file != NULL) {
            doctor_plugin(doctor, conf, directive, file->plugin);
            civic_plugin_file_close(file);
        }
    }
}
