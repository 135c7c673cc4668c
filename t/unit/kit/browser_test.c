/*
 * browser_test.c - what is told of a User-Agent, honest ones and others.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "browser.h"

#define BEGIN  "Mozilla/5.0 "
#define KHTML  "AppleWebKit/537.36 (KHTML, like Gecko) "

static const struct {
    const char  *agent;
    const char  *summary;
} cases[] = {
    { BEGIN "(Windows NT 10.0; Win64; x64) " KHTML
      "Chrome/126.0.0.0 Safari/537.36", "Chrome 126, Windows 10" },
    { BEGIN "(Windows NT 10.0; Win64; x64) " KHTML
      "Chrome/126.0.0.0 Safari/537.36 Edg/126.0.2592.87",
      "Edge 126, Windows 10" },
    { BEGIN "(Windows NT 6.1; WOW64) " KHTML
      "Chrome/86.0.4240.198 Safari/537.36 QIHU 360SE",
      "360 Browser, Windows 7" },
    { BEGIN "(Windows NT 10.0; WOW64) " KHTML "Chrome/94.0.4606.71 "
      "Safari/537.36 Core/1.94.253.400 QQBrowser/12.5.5648.400",
      "QQ Browser 12, Windows 10" },
    { BEGIN "(Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko",
      "Internet Explorer 11, Windows 7" },
    { "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 5.1; Trident/4.0)",
      "Internet Explorer 8, Windows XP" },
    { BEGIN "(X11; Linux x86_64; rv:115.0) Gecko/20100101 Firefox/115.0",
      "Firefox 115, Linux" },
    { BEGIN "(X11; Linux aarch64; UOS) " KHTML "Chrome/93.0 Safari/537.36",
      "Chrome 93, UOS" },
    { BEGIN "(Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 "
      "(KHTML, like Gecko) Version/17.5 Safari/605.1.15",
      "Safari 17, macOS" },
    { BEGIN "(iPhone; CPU iPhone OS 17_5 like Mac OS X) " KHTML
      "MicroMessenger/8.0.49", "WeChat 8, iPhone" },
    { BEGIN "(Phone; OpenHarmony 5.0) " KHTML "Chrome/114.0 HuaweiBrowser/5.0",
      "Huawei Browser 5, HarmonyOS" },
    { "curl/8.5.0", "" },
    { "", "" },
    { "something on Linux", "Linux" },
    { "Chrome/", "Chrome" },
    { "Chrome/1234567890", "Chrome" },
    { "Firefox/x", "Firefox" },
    { "<b>Chrome/99\"</b>", "Chrome 99" },
};


static void
programs_and_systems_are_named(void **state)
{
    char    out[CIVIC_BROWSER_TEXT];
    size_t  i;

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(civic_browser_summary(cases[i].agent,
                                               strlen(cases[i].agent), out),
                         strlen(cases[i].summary));
        assert_string_equal(out, cases[i].summary);
    }
}


/* The longest names fit, and what is too long is not read. */
static void
any_text_is_taken(void **state)
{
    char    agent[5000], out[CIVIC_BROWSER_TEXT];
    char   *exact;
    size_t  i;

    (void) state;

    strcpy(agent, "rv:999 Trident/ Windows NT 6.0");
    assert_int_equal(civic_browser_summary(agent, strlen(agent), out),
                     strlen("Internet Explorer 999, Windows Vista"));

    memset(agent, 'x', sizeof(agent));
    memcpy(agent + 4000, "Chrome/99", 9);
    assert_int_equal(civic_browser_summary(agent, sizeof(agent), out), 0);

    /* not one byte behind its end, whatever it is */
    for (i = 0; i < 40; i++) {
        exact = malloc(i + 1);
        memcpy(exact, "Mozilla Chrome/126 (Windows NT 10) \0\xff\xe4", i);
        (void) civic_browser_summary(exact, i, out);
        assert_non_null(memchr(out, '\0', sizeof(out)));
        free(exact);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(programs_and_systems_are_named),
        cmocka_unit_test(any_text_is_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
