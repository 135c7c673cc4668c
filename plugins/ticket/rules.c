/*
 * rules.c - what lua/rules/ticket.lua is asked by all: bounds of drawing, and
 * whether it is the time to print.
 */

#include "ticket.h"
#include "values.h"

#define DAY  86400


civic_result_t
ticket_terms(civic_request_t *r, ticket_terms_t *terms)
{
    json_t          *answer;
    civic_result_t   rc;

    rc = civic_rule(r, "terms", NULL, &answer);
    if (rc != CIVIC_OK) {
        return rc;
    }

    terms->draws = shared_rule_number(answer, "draws", 4, 1, 64);
    terms->line = shared_rule_number(answer, "line", 64, 0, 1000);
    terms->timeout = shared_rule_number(answer, "timeout", 10000, 1000,
                                        20000);
    terms->retry = shared_rule_number(answer, "retry", 10, 1, 600);
    terms->link = shared_rule_number(answer, "link", 300, 10, 3600);
    terms->photo = shared_rule_number(answer, "photo", 120, 10, 300);
    terms->dpi = shared_rule_number(answer, "dpi", 110, 36, 300);
    terms->valid = shared_rule_number(answer, "valid", DAY, 0, 365 * DAY);
    terms->leeway = shared_rule_number(answer, "leeway", 300, 0, DAY);

    return CIVIC_OK;
}


civic_result_t
ticket_printing(civic_request_t *r, const ticket_exam_t *exam,
    ticket_printing_t *printing)
{
    json_t          *in;
    civic_result_t   rc;

    in = json_pack("{s:I, s:I, s:I}", "now",
                   (json_int_t) civic_business_now(r), "from",
                   (json_int_t) exam->from, "until",
                   (json_int_t) exam->until);

    rc = civic_rule(r, "printing", in, &printing->decision);

    if (rc == CIVIC_OK) {
        printing->allow = json_is_true(json_object_get(printing->decision,
                                                       "allow"));
        printing->show = json_is_true(json_object_get(printing->decision,
                                                      "show"));
    }

    return rc;
}
