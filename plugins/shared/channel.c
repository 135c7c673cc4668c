/*
 * channel.c - see channel.h.
 */

#include <strings.h>

#include "channel.h"

#define CHANNEL_MOST    32
#define WECHAT          "wechat"
#define WECHAT_AGENT    "MicroMessenger"
#define WECHAT_REFERER  "https://servicewechat.com/"


int
shared_is_channel(civic_str_t text)
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
shared_channel(civic_request_t *r)
{
    civic_str_t  told = civic_header(r, "civic-channel");

    if (shared_is_channel(told)) {
        return told;
    }

    if (contains(civic_header(r, "user-agent"), WECHAT_AGENT)
        || begins(civic_header(r, "referer"), WECHAT_REFERER))
    {
        return CIVIC_STR(WECHAT);
    }

    return CIVIC_STR("web");
}


