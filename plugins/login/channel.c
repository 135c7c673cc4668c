/*
 * channel.c - whether the channel that somebody calls from is open to logins.
 *
 * What a channel is: channel.h.
 */

#include "channel.h"
#include "login.h"


civic_str_t
login_channel(civic_request_t *r)
{
    return shared_channel(r);
}


civic_result_t
login_channel_check(civic_request_t *r, const char *method, int *answered)
{
    json_t          *decision;
    civic_str_t      channel, told = civic_header(r, "civic-channel");
    civic_result_t   rc;

    if (told.len > 0 && !shared_is_channel(told)) {
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
