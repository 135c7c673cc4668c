/*
 * channel.c - from where somebody calls: the Alipay app, WeChat, a browser;
 * and whether that channel is open to logins.
 *
 * A client tells its channel in the header Civic-Channel.  One that does not
 * is told by what WeChat's browser and mini-programs send of themselves.
 * Nothing is protected by it: who calls from a channel that is closed is told
 * so, in the notice's words, and where to go instead.
 */

#include <strings.h>

#include "login.h"

#define CHANNEL_MOST    32
#define WECHAT          "wechat"
#define WECHAT_AGENT    "MicroMessenger"
#define WECHAT_REFERER  "https://servicewechat.com/"


/* Small letters, digits and "_", as the channel of a consent. */
static int
is_name(civic_str_t text)
{
    size_t  i;
    char    c;

    if (text.len == 0 || text.len > CHANNEL_MOST) {
        return 0;
    }

    for (i = 0; i < text.len; i++) {
        c = text.data[i];

        if (!(c >= 'a' && c <= 'z')
            && !(i > 0 && ((c >= '0' && c <= '9') || c == '_')))
        {
            return 0;
        }
    }

    return 1;
}


/* Letters of either case. */
static int
contains(civic_str_t text, const char *word)
{
    size_t  i, len = strlen(word);

    for (i = 0; i + len <= text.len; i++) {
        if (strncasecmp(text.data + i, word, len) == 0) {
            return 1;
        }
    }

    return 0;
}


static int
begins(civic_str_t text, const char *word)
{
    size_t  len = strlen(word);

    return text.len >= len && strncasecmp(text.data, word, len) == 0;
}


civic_str_t
login_channel(civic_request_t *r)
{
    civic_str_t  told = civic_header(r, "civic-channel");

    if (is_name(told)) {
        return told;
    }

    if (contains(civic_header(r, "user-agent"), WECHAT_AGENT)
        || begins(civic_header(r, "referer"), WECHAT_REFERER))
    {
        return CIVIC_STR(WECHAT);
    }

    return CIVIC_STR("web");
}


civic_result_t
login_channel_check(civic_request_t *r, const char *method, int *answered)
{
    json_t          *decision;
    civic_str_t      channel, told = civic_header(r, "civic-channel");
    civic_result_t   rc;

    if (told.len > 0 && !is_name(told)) {
        *answered = 1;
        return civic_problem(r, "channel_malformed");
    }

    channel = login_channel(r);

    rc = civic_rule(r, "channel",
                    json_pack("{s:s%,s:s}", "channel", channel.data,
                              channel.len, "method", method), &decision);
    if (rc != CIVIC_OK || json_is_true(json_object_get(decision, "allow"))) {
        return rc;
    }

    *answered = 1;

    return civic_refuse(r, decision);
}


/* ---- for the tables ---------------------------------------------------- */

const civic_field_t  login_channel_input[] = {
    { .name = "channel", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "渠道：alipay、wechat、web 等",
      .en = "from where: alipay, wechat, web ..." },
    { .name = "method", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "登录方式", .en = "how somebody wants to come in" },
    CIVIC_END
};
