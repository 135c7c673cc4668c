/*
 * scan.c - what a scanned text is: a code of a phone or of paper, of now, of
 * somebody who still has it, for this place.
 *
 * What counts is the person's record of this instant.  Whoever scans learns
 * nothing of whom it was unless it is genuine.
 */

#include "kinship.h"
#include "values.h"

#define SECOND    1000
#define COMMANDS  3

static int
is(const char *verdict, const char *name)
{
    return strcmp(verdict, name) == 0;
}


/* ---- the place --------------------------------------------------------- */

/* *kin: relatives' codes hold there.  *known 0: no kind of the rules'. */
static civic_result_t
ask_place(civic_request_t *r, civic_str_t place, int *known, int *kin,
    int64_t *grace)
{
    json_t          *answer;
    civic_result_t   rc;

    rc = civic_rule(r, "place",
                    place.len == 0 ? json_object()
                                   : json_pack("{s:s%}", "place", place.data,
                                               place.len), &answer);

    if (rc == CIVIC_OK) {
        *known = json_is_true(json_object_get(answer, "known"));
        *kin = json_is_true(json_object_get(answer, "kin"));
        *grace = SECOND * shared_rule_number(answer, "grace", 30, 0, 600);
    }

    return rc;
}


/* ---- what it says ------------------------------------------------------ */

static void
judge_time(civic_request_t *r, const kinship_live_t *live, int64_t grace,
    kinship_scan_t *scan)
{
    civic_msec_t  now = civic_now(r);

    if (live->from - now > grace) {
        civic_log(r, CIVIC_LOG_WARN, "a code was shown %lld ms from now: the "
                  "machines' clocks differ", (long long) (live->from - now));
        scan->verdict = "early";

    } else if (now - live->from - live->length >= grace) {
        scan->verdict = "expired";
        scan->age = (now - live->from) / SECOND;
    }
}


static civic_result_t
read_live(civic_request_t *r, civic_str_t text, int64_t grace,
    kinship_scan_t *scan)
{
    civic_result_t  rc;
    kinship_live_t  live;

    rc = kinship_live_read(r, text, &live);

    if (rc == CIVIC_INVALID || rc == CIVIC_NOT_FOUND) {
        scan->verdict = rc == CIVIC_INVALID ? "forged" : "other";
        return CIVIC_OK;
    }

    if (rc == CIVIC_OK) {
        scan->pid = live.pid;
        scan->binding = live.binding;
        scan->kin = live.binding.len > 0;
        judge_time(r, &live, grace, scan);
    }

    return rc;
}


static int
is_paper(civic_str_t text)
{
    return text.len >= sizeof(KINSHIP_PAPER) - 1
           && memcmp(text.data, KINSHIP_PAPER, sizeof(KINSHIP_PAPER) - 1)
              == 0;
}


/* It says of itself whether it stands: whoever is a guardian by now. */
static civic_result_t
read_paper(civic_request_t *r, civic_str_t text, kinship_scan_t *scan)
{
    civic_result_t   rc;
    kinship_paper_t  paper;

    rc = kinship_paper_read(r, text, &paper);
    if (rc != CIVIC_OK) {
        return rc;
    }

    scan->paper = 1;
    scan->kin = paper.kin;
    scan->verdict = paper.verdict;

    if (is(scan->verdict, "genuine")) {
        scan->pid = paper.pid;
    }

    if (is(scan->verdict, "expired")) {
        scan->age = (civic_business_now(r) - paper.expires) / SECOND;
    }

    return CIVIC_OK;
}


static civic_result_t
read_text(civic_request_t *r, civic_str_t text, int64_t grace,
    kinship_scan_t *scan)
{
    return is_paper(text) ? read_paper(r, text, scan)
                          : read_live(r, text, grace, scan);
}


/* ---- whether it still stands ------------------------------------------- */

/* NULL: not (any more). */
static const kinship_binding_t *
find_bound(civic_request_t *r, const kinship_scan_t *scan,
    const civic_value_t *value)
{
    size_t              i, count = 0;
    kinship_binding_t  *bindings;

    bindings = civic_alloc(r, KINSHIP_MOST * sizeof(kinship_binding_t));
    kinship_guardians_take(r, scan->pid, value, bindings, KINSHIP_MOST,
                           &count);

    for (i = 0; i < count; i++) {
        if (civic_str_eq(bindings[i].id, scan->binding)) {
            return &bindings[i];
        }
    }

    return NULL;
}


/* A code on paper stands by its own record, whoever is a guardian now.
   *binding: of a relative's on a phone. */
static int
stands(civic_request_t *r, const kinship_scan_t *scan,
    const civic_command_t *commands, const kinship_binding_t **binding)
{
    *binding = NULL;

    if (!scan->health.opened
        || !kinship_consent_holds(&scan->health, commands[1].value))
    {
        return 0;
    }

    if (scan->paper) {
        return 1;
    }

    if (!scan->kin) {
        return scan->health.own;
    }

    *binding = find_bound(r, scan, commands[2].value);

    return *binding != NULL;
}


/* Who it is; a binding that the rule "keep" has no more has ended. */
static civic_result_t
read_who(civic_request_t *r, kinship_scan_t *scan,
    const kinship_binding_t *binding)
{
    json_t          *refused = NULL;
    civic_result_t   rc;

    rc = kinship_health_identity(r, &scan->health, &scan->identity);

    if (rc == CIVIC_OK && binding != NULL) {
        rc = kinship_stays(r, binding, &scan->identity, &refused);
    }

    if (rc == CIVIC_OK && refused != NULL) {
        scan->verdict = "revoked";
    }

    return rc == CIVIC_NOT_FOUND ? CIVIC_INVALID : rc;
}


static civic_result_t
read_record(civic_request_t *r, kinship_scan_t *scan)
{
    civic_result_t            rc;
    civic_command_t           commands[COMMANDS];
    const kinship_binding_t  *binding;

    kinship_health_command(r, scan->pid, CIVIC_STR(""), &commands[0]);
    kinship_consent_command(r, scan->pid, &commands[1]);
    kinship_guardians_command(r, scan->pid, &commands[2]);

    rc = civic_pipeline(r, commands, COMMANDS);

    if (rc == CIVIC_OK) {
        rc = kinship_health_take(r, scan->pid, commands[0].value,
                                 &scan->health);
    }

    if (rc == CIVIC_OK && !stands(r, scan, commands, &binding)) {
        scan->verdict = "revoked";
    }

    return rc == CIVIC_OK && is(scan->verdict, "genuine")
           ? read_who(r, scan, binding) : rc;
}


/* ---- a scan ------------------------------------------------------------ */

civic_result_t
kinship_scan(civic_request_t *r, civic_str_t text, civic_str_t place,
    kinship_scan_t *scan)
{
    int             kin;
    int64_t         grace;
    civic_result_t  rc;

    memset(scan, 0, sizeof(kinship_scan_t));
    scan->verdict = "genuine";
    scan->pid = scan->binding = CIVIC_STR("");

    rc = ask_place(r, place, &scan->place_known, &kin, &grace);

    if (rc == CIVIC_OK) {
        rc = read_text(r, text, grace, scan);
    }

    if (rc == CIVIC_OK && is(scan->verdict, "genuine") && scan->kin && !kin) {
        scan->verdict = "not_here";
    }

    if (rc == CIVIC_OK && is(scan->verdict, "genuine")) {
        rc = read_record(r, scan);
    }

    if (rc == CIVIC_OK) {
        civic_count(r, is(scan->verdict, "genuine") ? KINSHIP_GENUINE
                                                    : KINSHIP_REFUSED, 1);
    }

    return rc;
}
