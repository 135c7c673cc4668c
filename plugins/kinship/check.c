/*
 * check.c - verifying online: GET /places, POST /checks.
 *
 * Each scan is told to the audit trail; one that was genuine is a look at
 * that person's data.
 */

#include "caller.h"
#include "kinship.h"
#include "values.h"

#define CONTROL  "epidemic_control"


/* ---- places ------------------------------------------------------------ */

civic_result_t
kinship_places(civic_request_t *r)
{
    json_t          *answer;
    civic_result_t   rc;

    rc = civic_rule(r, "place_list",
                    json_pack("{s:s}", "language", shared_language(r)),
                    &answer);

    if (rc == CIVIC_OK) {
        civic_write_json(r, civic_reply(r, 200), "places",
                         json_object_get(answer, "places"));
    }

    return rc;
}


/* ---- the trail --------------------------------------------------------- */

static civic_result_t
note_refused(civic_request_t *r, const kinship_scan_t *scan,
    civic_str_t place, civic_str_t site)
{
    json_t          *details;
    civic_result_t   rc;

    details = json_pack("{s:s, s:s%, s:s%}", "verdict", scan->verdict,
                        "place", civic_text_or_empty(place), place.len,
                        "site", civic_text_or_empty(site), site.len);

    rc = civic_audit_note(r, &(civic_audit_entry_t) {
                                 .action = "kinship.check_refused",
                                 .subject = scan->pid, .details = details });
    json_decref(details);

    return rc;
}


civic_result_t
kinship_scan_note(civic_request_t *r, const kinship_scan_t *scan,
    const char *what, civic_str_t place, civic_str_t site)
{
    if (strcmp(scan->verdict, "genuine") != 0) {
        return note_refused(r, scan, place, site);
    }

    return kinship_look(r, &(kinship_look_t) {
                               .subject = scan->pid, .purpose = CONTROL,
                               .what = what, .place = place,
                               .site = site });
}


/* ---- the answer -------------------------------------------------------- */

static civic_result_t
write_person(civic_request_t *r, civic_writer_t *w,
    const kinship_scan_t *scan)
{
    json_t          *colour;
    int64_t          age;
    civic_result_t   rc;

    rc = kinship_age(r, &scan->identity, &age);

    if (rc == CIVIC_OK) {
        rc = kinship_colour(r, &scan->health, age, &colour);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    civic_write_str(r, w, "kind", civic_cstr(scan->kin ? "kin" : "own"));
    civic_write_str(r, w, "name", kinship_masked(r, &scan->identity));
    kinship_colour_write(r, w, colour);

    return CIVIC_OK;
}


static civic_result_t
reply(civic_request_t *r, const kinship_scan_t *scan)
{
    json_t          *words;
    civic_result_t   rc;
    civic_writer_t  *w;

    rc = civic_rule(r, "verdict",
                    json_pack("{s:s, s:b, s:I, s:s}", "verdict",
                              scan->verdict, "paper", scan->paper, "age",
                              (json_int_t) scan->age, "language",
                              shared_language(r)), &words);
    if (rc != CIVIC_OK) {
        return rc;
    }

    w = civic_reply(r, 200);
    civic_write_str(r, w, "verdict", civic_cstr(scan->verdict));
    civic_write_str(r, w, "label", shared_json_str(words, "label"));
    civic_write_str(r, w, "hint", shared_json_str(words, "hint"));
    civic_write_bool(r, w, "paper", scan->paper);
    civic_write_instant(r, w, "checked_at", civic_now(r));

    if (scan->age > 0) {
        civic_write_int(r, w, "age", scan->age);
    }

    return strcmp(scan->verdict, "genuine") == 0 ? write_person(r, w, scan)
                                                 : CIVIC_OK;
}


/* ---- the route --------------------------------------------------------- */

civic_result_t
kinship_check(civic_request_t *r)
{
    civic_str_t      place = civic_body_str(r, "place");
    civic_result_t   rc;
    kinship_scan_t  *scan = civic_alloc(r, sizeof(kinship_scan_t));

    rc = kinship_scan(r, civic_body_str(r, "code"), place, scan);

    if (rc == CIVIC_OK && !scan->place_known) {
        return civic_problem_with(r, &(civic_problem_t) {
            .code = "invalid_fields",
            .errors = &(civic_field_error_t) { "/place", "kinship_place",
                                               NULL },
            .nerrors = 1 });
    }

    if (rc == CIVIC_OK) {
        rc = kinship_scan_note(r, scan, "scan", place, CIVIC_STR(""));
    }

    return rc == CIVIC_OK ? reply(r, scan) : rc;
}
