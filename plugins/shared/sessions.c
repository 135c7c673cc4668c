/*
 * sessions.c - see sessions.h.
 */

#include "role.h"
#include "sessions.h"
#include "values.h"

#define LIFETIME_FALLBACK     43200         /* s: 12 h */
#define IDLE_FALLBACK         1800
#define REFRESH_FALLBACK      60
#define KEEP_FALLBACK         20
#define DEVICE_LIFE_FALLBACK  15552000      /* 180 days */
#define DEVICES_FALLBACK      10

#define DAY                   86400
#define YEAR                  (366 * DAY)

/* Ending sessions is the same once or twice. */
#define END_ROUNDS            3

/* The kit's bits are the contract's. */
_Static_assert(CIVIC_ROLE_CITIZEN == CIVIC_CITIZEN, "roles");
_Static_assert(CIVIC_ROLE_ADMINISTRATOR == CIVIC_ADMINISTRATOR, "roles");
_Static_assert(CIVIC_ROLE_STAFF == CIVIC_STAFF, "roles");
_Static_assert(CIVIC_ROLE_VISITOR == CIVIC_VISITOR, "roles");


civic_result_t
shared_session_rule(civic_request_t *r, json_t *in,
    shared_session_rule_t *rule)
{
    json_t          *answer;
    civic_result_t   rc;

    rc = civic_rule(r, "session", in, &answer);
    if (rc != CIVIC_OK) {
        return rc;
    }

    rule->lifetime = shared_rule_number(answer, "lifetime",
                                        LIFETIME_FALLBACK, 60, YEAR);
    rule->idle = shared_rule_number(answer, "idle", IDLE_FALLBACK, 0, YEAR);
    rule->refresh = shared_rule_number(answer, "refresh", REFRESH_FALLBACK,
                                       1, DAY);
    rule->keep = (int) shared_rule_number(answer, "keep", KEEP_FALLBACK, 1,
                                          100);
    rule->device_life = shared_rule_number(answer, "device_life",
                                           DEVICE_LIFE_FALLBACK, 60,
                                           2 * YEAR);
    rule->devices = shared_rule_number(answer, "devices", DEVICES_FALLBACK,
                                       1, 50);

    return CIVIC_OK;
}


civic_result_t
shared_session_start(civic_request_t *r, civic_str_t pid, unsigned roles,
    const char *method, civic_str_t device, int must_set_password,
    const shared_session_rule_t *rule, civic_str_t *token)
{
    return civic_session_begin(r, &(civic_session_spec_t) {
                                   .pid = pid,
                                   .roles = roles,
                                   .method = method,
                                   .device = device,
                                   .lifetime = rule->lifetime,
                                   .idle = rule->idle,
                                   .refresh = rule->refresh,
                                   .must_set_password = must_set_password,
                                   .keep = rule->keep,
                               }, token);
}


civic_result_t
shared_session_end(civic_request_t *r, civic_session_scope_t scope)
{
    int             i;
    civic_result_t  rc = CIVIC_OK;

    for (i = 0; i < END_ROUNDS; i++) {
        rc = civic_session_end(r, scope);

        if (rc != CIVIC_NOT_SENT && rc != CIVIC_UNKNOWN) {
            return rc;
        }
    }

    civic_log(r, CIVIC_LOG_ERROR, "a password was set, but the other sessions "
              "could not be ended");

    return rc;
}


civic_result_t
shared_session_delete(civic_request_t *r)
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


void
shared_roles_write(civic_request_t *r, civic_writer_t *w, unsigned roles)
{
    size_t       i;
    unsigned     role;
    const char  *name;

    civic_write_array(r, w, "roles");

    for (i = 0; (name = civic_role_at(i, &role)) != NULL; i++) {
        if (roles & role) {
            civic_write_str(r, w, NULL, civic_cstr(name));
        }
    }

    civic_write_end(r, w);
}


/* ---- for tables -------------------------------------------------------- */

static const char *const  scopes[] = { "this", "others", "all", NULL };

const civic_field_t  shared_session_query[] = {
    { .name = "scope", .type = CIVIC_TYPE_STRING, .choices = scopes,
      .fallback = "\"this\"",
      .zh = "退出范围：本次、其他设备、全部",
      .en = "which sessions end: this one, all others, all" },
    CIVIC_END
};

const civic_field_t  shared_role_item[] = {
    { .name = "role", .type = CIVIC_TYPE_STRING, .zh = "角色", .en = "a role" },
    CIVIC_END
};
