/*
 * look.c - that somebody looked at somebody else's data: a line that the
 * person can read, and an entry of the audit trail, in one script.
 *
 * A guardian's phone asks again and again while it shows a code: such looks
 * are one, for the time of the rule "look".  Staff's are noted each.
 */

#include "kinship.h"
#include "role.h"
#include "values.h"

#define DAY     86400000
#define SECOND  1000

typedef struct {
    int64_t  every;                     /* s */
    int64_t  days;
    int64_t  lines;
} terms_t;


/* ---- the rule ---------------------------------------------------------- */

static civic_result_t
ask_rule(civic_request_t *r, terms_t *terms)
{
    json_t          *answer;
    civic_result_t   rc;

    rc = civic_rule(r, "look", NULL, &answer);

    if (rc == CIVIC_OK) {
        terms->every = shared_rule_number(answer, "every", 600, 0, 86400);
        terms->days = shared_rule_number(answer, "days", 180, 1, 3650);
        terms->lines = shared_rule_number(answer, "lines", 500, 10, 5000);
    }

    return rc;
}


civic_str_t
kinship_look_field(civic_request_t *r, civic_str_t guardian, const char *what)
{
    return civic_print(r, "look:%s:%.*s", what, (int) guardian.len,
                       guardian.data);
}


int
kinship_look_due(civic_request_t *r, civic_str_t looked, int64_t every)
{
    int64_t  last = shared_number(looked, 0), now = civic_now(r);

    return last == 0 || last > now || now - last >= every * SECOND;
}


/* ---- what is noted ----------------------------------------------------- */

static civic_str_t
role_of(civic_request_t *r, const kinship_look_t *look)
{
    char    roles[CIVIC_ROLES_TEXT];
    size_t  len;

    if (look->by.len > 0) {
        return CIVIC_STR("guardian");
    }

    len = civic_roles_format(civic_principal(r)->roles & CIVIC_STAFF, roles);

    return shared_copy(r, (civic_str_t) { roles, len });
}


/* The line of the person's list, sealed. */
static civic_result_t
seal_line(civic_request_t *r, const kinship_look_t *look, civic_str_t role,
    civic_str_t *sealed)
{
    json_t  *line;

    line = json_pack("{s:I, s:s%, s:s%, s:s, s:s, s:s%, s:s%}",
                     "at", (json_int_t) civic_now(r),
                     "by", civic_text_or_empty(look->by), look->by.len,
                     "role", role.data, role.len, "purpose", look->purpose,
                     "what", look->what,
                     "place", civic_text_or_empty(look->place),
                     look->place.len,
                     "site", civic_text_or_empty(look->site),
                     look->site.len);

    return shared_json_seal(r, KINSHIP_SEALED,
                            shared_record_context(r, look->subject,
                                                  CIVIC_STR("looks")),
                            line, sealed);
}


static civic_result_t
audit_line(civic_request_t *r, const kinship_look_t *look, civic_str_t role,
    civic_str_t near, civic_str_t *outbox, civic_str_t *sealed)
{
    json_t          *details;
    civic_result_t   rc;

    details = json_pack("{s:s%, s:s, s:s, s:s%, s:s%}", "role", role.data,
                        role.len, "purpose", look->purpose,
                        "what", look->what,
                        "place", civic_text_or_empty(look->place),
                        look->place.len,
                        "site", civic_text_or_empty(look->site),
                        look->site.len);

    rc = civic_audit(r, &(civic_audit_entry_t) {
                            .action = "kinship.looked",
                            .subject = look->subject, .details = details },
                     near, outbox, sealed);
    json_decref(details);

    return rc;
}


civic_result_t
kinship_look(civic_request_t *r, const kinship_look_t *look)
{
    terms_t               terms;
    civic_str_t           role = role_of(r, look), keys[3], args[7];
    civic_msec_t          now = civic_now(r);
    civic_result_t        rc;
    const civic_value_t  *value;

    rc = ask_rule(r, &terms);
    if (rc != CIVIC_OK) {
        return rc;
    }

    keys[0] = civic_person_key(r, look->subject, KINSHIP_FAMILY_HEALTH);
    keys[1] = civic_person_key(r, look->subject, KINSHIP_FAMILY_LOOKS);
    args[0] = look->by.len == 0
              ? CIVIC_STR("") : kinship_look_field(r, look->by, look->what);
    args[1] = shared_decimal(r, now);
    args[2] = shared_decimal(r, terms.every * SECOND);
    args[3] = shared_decimal(r, now - terms.days * DAY);
    args[4] = shared_decimal(r, terms.lines);

    rc = seal_line(r, look, role, &args[5]);

    if (rc == CIVIC_OK) {
        rc = audit_line(r, look, role, keys[0], &keys[2], &args[6]);
    }

    if (rc == CIVIC_OK) {
        rc = civic_script(r, &(civic_script_t) {
                              .name = "kinship_look", .keys = keys,
                              .nkeys = 3, .args = args, .nargs = 7 },
                          &value);
    }

    if (rc == CIVIC_OK) {
        civic_count(r, KINSHIP_LOOKS, value->integer == 1);
    }

    return rc;
}
