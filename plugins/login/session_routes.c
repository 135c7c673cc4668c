/*
 * session_routes.c - the session itself: how one begins, GET and DELETE
 * /login/session.
 */

#include "login.h"

#define LIFETIME_FALLBACK     43200         /* s: 12 h */
#define IDLE_FALLBACK         1800
#define REFRESH_FALLBACK      60
#define KEEP_FALLBACK         20
#define DEVICE_LIFE_FALLBACK  15552000      /* 180 days */
#define DEVICES_FALLBACK      10

#define DAY                   86400
#define YEAR                  (366 * DAY)


civic_result_t
login_session_rule(civic_request_t *r, const char *method,
    login_session_rule_t *rule)
{
    json_t          *answer;
    civic_result_t   rc;

    rc = civic_rule(r, "session", json_pack("{s:s}", "method", method),
                    &answer);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rule->lifetime = login_rule_number(answer, "lifetime", LIFETIME_FALLBACK,
                                       60, YEAR);
    rule->idle = login_rule_number(answer, "idle", IDLE_FALLBACK, 0, YEAR);
    rule->refresh = login_rule_number(answer, "refresh", REFRESH_FALLBACK, 1,
                                      DAY);
    rule->keep = (int) login_rule_number(answer, "keep", KEEP_FALLBACK, 1,
                                         100);
    rule->device_life = login_rule_number(answer, "device_life",
                                          DEVICE_LIFE_FALLBACK, 60, 2 * YEAR);
    rule->devices = login_rule_number(answer, "devices", DEVICES_FALLBACK, 1,
                                      50);

    return CIVIC_OK;
}


civic_result_t
login_session_start(civic_request_t *r, civic_str_t pid, unsigned roles,
    const char *method, civic_str_t device, const login_session_rule_t *rule,
    civic_str_t *token)
{
    return civic_session_begin(r, &(civic_session_spec_t) {
                                   .pid = pid,
                                   .roles = roles,
                                   .method = method,
                                   .device = device,
                                   .lifetime = rule->lifetime,
                                   .idle = rule->idle,
                                   .refresh = rule->refresh,
                                   .keep = rule->keep,
                               }, token);
}


void
login_session_write_roles(civic_request_t *r, civic_writer_t *w,
    unsigned roles)
{
    static const struct {
        unsigned     role;
        const char  *name;
    } names[] = {
        { CIVIC_CITIZEN, "citizen" },
        { CIVIC_REVIEWER, "reviewer" },
        { CIVIC_SAMPLER, "sampler" },
        { CIVIC_LABORATORY, "laboratory" },
        { CIVIC_DOOR, "door" },
        { CIVIC_COUNTER, "counter" },
        { CIVIC_OFFICE, "office" },
        { CIVIC_ADMINISTRATOR, "administrator" },
    };

    size_t  i;

    civic_write_array(r, w, "roles");

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (roles & names[i].role) {
            civic_write_str(r, w, NULL, civic_cstr(names[i].name));
        }
    }

    civic_write_end(r, w);
}


civic_result_t
login_session_show(civic_request_t *r)
{
    civic_writer_t           *w;
    const civic_principal_t  *who = civic_principal(r);

    w = civic_reply(r, 200);
    civic_write_str(r, w, "method", who->method);
    civic_write_instant(r, w, "created_at", who->created_at);
    civic_write_instant(r, w, "expires_at", who->expires_at);
    login_session_write_roles(r, w, who->roles);
    civic_write_bool(r, w, "must_set_password", who->must_set_password);

    return CIVIC_OK;
}


civic_result_t
login_session_delete(civic_request_t *r)
{
    const char             *name;
    civic_result_t          rc;
    civic_session_scope_t   scope = CIVIC_SESSION_THIS;

    name = json_string_value(json_object_get(civic_query(r), "scope"));

    if (name != NULL && strcmp(name, "others") == 0) {
        scope = CIVIC_SESSION_OTHERS;

    } else if (name != NULL && strcmp(name, "all") == 0) {
        scope = CIVIC_SESSION_ALL;
    }

    rc = civic_session_end(r, scope);
    if (rc != CIVIC_OK) {
        return rc;
    }

    return civic_reply_empty(r);
}
