/*
 * register.c - whose number it is, and what they are called: the register's
 * side of the upstream that compares a relative's name and number.
 *
 * Known are the people of the sandbox and those of the option "register",
 * who have no phone: children, elders.  Of everybody else nothing is known,
 * and any name is theirs, so that a test can make up whom it needs.
 *
 * No such interface is public; docs/sandbox.md describes ours.
 */

#include <stdlib.h>
#include <strings.h>

#include "name.h"
#include "sandbox.h"

#define WHAT  "identity-match"

static const char *const  id_kinds[] = {
    "resident", "hk_residence_permit", "mo_residence_permit",
    "tw_residence_permit", "foreign_pr_2023", "foreign_pr_old", NULL
};

static const char *const  faults[] = {
    "timeout", "slow", "http_500", "malformed", NULL
};

const civic_field_t  sandbox_match_body[] = {
    { .name = "name", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .min = 1, .max = 64, .zh = "姓名", .en = "a name" },
    { .name = "id_number", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED, .min = 1, .max = 32,
      .zh = "证件号码", .en = "an identity number" },
    { .name = "id_kind", .type = CIVIC_TYPE_STRING, .choices = id_kinds,
      .fallback = "\"resident\"",
      .zh = "证件种类", .en = "the kind of document" },
    CIVIC_END
};

const civic_field_t  sandbox_match_reply[] = {
    { .name = "match", .type = CIVIC_TYPE_BOOLEAN, .flags = CIVIC_REQUIRED,
      .zh = "姓名与号码是否一致", .en = "whether they are one person's" },
    CIVIC_END
};

const civic_field_t  sandbox_match_fault_body[] = {
    { .name = "fault", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = faults, .zh = "故障", .en = "what goes wrong" },
    { .name = "count", .type = CIVIC_TYPE_INTEGER, .max = SANDBOX_FAULTS,
      .zh = "次数；0表示取消", .fallback = "1",
      .en = "how many requests see it; 0: forget what was planned" },
    { .name = "delay_ms", .type = CIVIC_TYPE_INTEGER, .max = SANDBOX_DELAY,
      .zh = "等待毫秒数", .en = "for timeout and slow" },
    CIVIC_END
};


/* ---- who there is ------------------------------------------------------ */

int
sandbox_load_register(civic_worker_t *w, sandbox_state_t *state,
    civic_failure_t *failure)
{
    size_t       i;
    json_t      *each;
    const char  *path = json_string_value(civic_worker_option(w, "register"));

    if (*path == '\0') {
        return 0;
    }

    state->others = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);

    if (!json_is_array(state->others)) {
        snprintf(failure->text, sizeof(failure->text),
                 "register \"%.150s\" is no JSON array", path);
        return -1;
    }

    json_array_foreach(state->others, i, each) {
        if (*sandbox_text(each, "name") == '\0'
            || *sandbox_text(each, "id_number") == '\0')
        {
            snprintf(failure->text, sizeof(failure->text),
                     "register \"%.100s\": element %zu lacks name or "
                     "id_number", path, i);
            return -1;
        }
    }

    return 0;
}


static json_t *
find(json_t *people, const char *number)
{
    size_t   i;
    json_t  *each;

    json_array_foreach(people, i, each) {
        if (strcasecmp(sandbox_text(each, "id_number"), number) == 0) {
            return each;
        }
    }

    return NULL;
}


/* However the separator of a name was typed. */
static int
is_same(const char *known, const char *name)
{
    if (strcmp(known, name) == 0) {
        return 1;
    }

    return civic_name_check(known, strlen(known)) == CIVIC_NAME_OK
           && civic_name_check(name, strlen(name)) == CIVIC_NAME_OK
           && civic_name_same(known, strlen(known), name, strlen(name));
}


int
sandbox_other_name(civic_request_t *r, const char *name, const char *number)
{
    json_t           *person;
    sandbox_state_t  *state = civic_state(r);

    person = find(state->people, number);

    if (person == NULL) {
        person = find(state->others, number);
    }

    if (person == NULL) {
        return 0;
    }

    return !is_same(sandbox_text(person, "name"), name);
}


/* ---- the routes -------------------------------------------------------- */

static civic_result_t
answer(civic_request_t *r, int match, const sandbox_fault_t *fault)
{
    return civic_reply_bytes(r, 200, "application/json",
                             sandbox_fault_cut(r, fault->kind, match
                                               ? CIVIC_STR("{\"match\":true}")
                                               : CIVIC_STR("{\"match\":false}"
                                                           )));
}


civic_result_t
sandbox_match(civic_request_t *r)
{
    json_t           *body = civic_body(r);
    civic_result_t    rc;
    sandbox_fault_t   fault;

    rc = sandbox_fault_next(r, WHAT, &fault);

    if (rc == CIVIC_OK) {
        rc = sandbox_delay(r, fault.delay);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (fault.kind == SANDBOX_TIMEOUT || fault.kind == SANDBOX_HTTP_500) {
        return sandbox_fault_page(r, fault.kind);
    }

    return answer(r, !sandbox_other_name(r, sandbox_text(body, "name"),
                                         sandbox_text(body, "id_number")),
                  &fault);
}


civic_result_t
sandbox_match_fault(civic_request_t *r)
{
    return sandbox_fault_plan(r, WHAT);
}
