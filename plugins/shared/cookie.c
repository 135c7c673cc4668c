/*
 * cookie.c - see cookie.h.
 */

#include "cookie.h"


int
shared_cookie_wanted(civic_request_t *r)
{
    return civic_str_eq(civic_header(r, "civic-session"),
                        CIVIC_STR("cookie"));
}


civic_str_t
shared_cookie_read(civic_request_t *r, const char *name)
{
    size_t       at, end, len = strlen(name);
    civic_str_t  none = { "", 0 }, header = civic_header(r, "cookie");

    for (at = 0; at < header.len; at = end + 1) {
        while (at < header.len && header.data[at] == ' ') {
            at++;
        }

        for (end = at; end < header.len && header.data[end] != ';'; end++) {
            /* to the end of this pair */
        }

        if (end - at > len && header.data[at + len] == '='
            && memcmp(header.data + at, name, len) == 0)
        {
            return (civic_str_t) { header.data + at + len + 1,
                                   end - at - len - 1 };
        }
    }

    return none;
}


civic_result_t
shared_cookie_set(civic_request_t *r, const char *name, civic_str_t value,
    int64_t life)
{
    return civic_reply_header(r, "Set-Cookie",
        civic_print(r, "%s=%.*s; Path=/; Max-Age=%lld; Secure; HttpOnly; "
                    "SameSite=Strict", name, (int) value.len, value.data,
                    (long long) life));
}
