/*
 * login_channel_test.c - from where somebody logs in, and who is told that
 * it does not work there.
 */

#define _XOPEN_SOURCE 700
#define _DEFAULT_SOURCE

#include "login_world.h"

#define WECHAT_BROWSER                                                        \
    "User-Agent: Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 "         \
    "Mobile Safari/537.36 MicroMessenger/8.0.47.2560(0x28002F36)"
#define WECHAT_PAGE                                                           \
    "Referer: https://servicewechat.com/wx1234567890abcdef/12/page-frame.html"


static void
test_channels(void **state)
{
    size_t         i;
    captcha_t      made;
    fake_reply_t  *rep;
    const struct {
        const char  *first;
        const char  *second;
        int          status;
        const char  *code;
    } cases[] = {
        { NULL, NULL, 200, "" },
        { "Civic-Channel: alipay", NULL, 200, "" },
        { "Civic-Channel: web", NULL, 200, "" },
        { "Civic-Channel: counter_2", NULL, 200, "" },
        { "Civic-Channel: wechat", NULL, 403, "channel_wechat" },
        { WECHAT_BROWSER, NULL, 403, "channel_wechat" },
        { "User-Agent: micromessenger", NULL, 403, "channel_wechat" },
        { WECHAT_PAGE, NULL, 403, "channel_wechat" },
        { "Referer: https://example.cn/?https://servicewechat.com/", NULL,
          200, "" },
        { "User-Agent: MicroMessenge", NULL, 200, "" },
        /* what the client says of itself counts */
        { "Civic-Channel: alipay", WECHAT_BROWSER, 200, "" },
        { "Civic-Channel: wechat", "User-Agent: AlipayClient/10.5", 403,
          "channel_wechat" },
        { "Civic-Channel: WeChat", NULL, 400, "channel_malformed" },
        { "Civic-Channel: 2web", NULL, 400, "channel_malformed" },
        { "Civic-Channel: _web", NULL, 400, "channel_malformed" },
        { "Civic-Channel: web app", NULL, 400, "channel_malformed" },
        { "Civic-Channel: "
          "a23456789012345678901234567890123", NULL, 400,
          "channel_malformed" },
        { "Civic-Channel: a2345678901234567890123456789012", NULL, 200, "" },
    };

    (void) state;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        made = captcha();
        rep = post(&(fake_request_t) {
            .body = body_with(NUMBER, PASSWORD, made.id, made.answer),
            .headers = { cases[i].first, cases[i].second }
        });

        if (rep->status != cases[i].status
            || strcmp(rep->code, cases[i].code) != 0
            || rep->undocumented != NULL)
        {
            fail_msg("%s: %s %s", cases[i].first, rep->body,
                     rep->undocumented);
        }

        if (rep->status == 200) {
            continue;
        }

        /* nothing was looked at, and the captcha is still good */
        assert_int_equal(rep->redis_calls, 0);
        assert_int_equal(post(&(fake_request_t) {
                             .body = body_with(NUMBER, PASSWORD, made.id,
                                               made.answer)
                         })->status, 200);
    }
}


/* The notice's own words, and what to do. */
static void
test_words(void **state)
{
    fake_reply_t  *rep;

    (void) state;

    rep = post(&(fake_request_t) {
        .body = body_of(NUMBER, PASSWORD), .headers = { WECHAT_BROWSER }
    });
    assert_string_equal(fake_text(rep, "title"),
                        "微信注册系统目前还无法使用");
    assert_string_equal(fake_text(rep, "detail"),
                        "微信注册系统目前还无法使用。请使用支付宝或电脑。");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_channels, reset),
        cmocka_unit_test_setup(test_words, reset),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
