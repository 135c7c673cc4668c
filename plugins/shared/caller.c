/*
 * caller.c - see caller.h.
 */

#include <arpa/inet.h>

#include "caller.h"
#include "language.h"


civic_str_t
shared_address_class(civic_request_t *r, civic_str_t address)
{
    char             text[INET6_ADDRSTRLEN];
    civic_str_t      none = { "", 0 };
    unsigned char    b[16];

    if (address.len >= sizeof(text)) {
        return none;
    }

    memcpy(text, address.data, address.len);
    text[address.len] = '\0';

    if (inet_pton(AF_INET, text, b) == 1) {
        return civic_print(r, "%d.%d.%d.0/24", b[0], b[1], b[2]);
    }

    if (inet_pton(AF_INET6, text, b) != 1) {
        return none;                            /* a unix socket */
    }

    if (memcmp(b, "\0\0\0\0\0\0\0\0\0\0\xff\xff", 12) == 0) {
        return civic_print(r, "%d.%d.%d.0/24", b[12], b[13], b[14]);
    }

    return civic_print(r, "%x:%x:%x::/48", b[0] << 8 | b[1], b[2] << 8 | b[3],
                       b[4] << 8 | b[5]);
}


civic_str_t
shared_session_text(civic_request_t *r)
{
    const civic_principal_t  *who = civic_principal(r);

    return civic_print(r, "%.*s %.*s %.*s %lld", (int) who->pid.len,
                       who->pid.data, (int) who->method.len,
                       who->method.data, (int) who->device.len,
                       who->device.data, (long long) who->created_at);
}


int
shared_reads_english(civic_request_t *r)
{
    civic_str_t  header = civic_header(r, "accept-language");

    return civic_prefers_english(header.data, header.len);
}


const char *
shared_language(civic_request_t *r)
{
    return shared_reads_english(r) ? "en" : "zh";
}
