/*
 * checked.h - what each world of a plugin's tests does with answers: held
 * against the tables, and asked for as other plugins ask.
 */

#ifndef CHECKED_H
#define CHECKED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "fake_host.h"


/* Whatever is answered is what the tables say. */
static inline fake_reply_t *
checked(fake_reply_t *rep)
{
    if (rep->undocumented != NULL) {
        fail_msg("%s: %s", rep->undocumented, rep->body);
    }

    assert_true(rep->stack_used < 64 * 1024);

    return rep;
}


/* What the fixture asker.so gets from a call, "review.state": "result" and
   "out".  in is JSON. */
static inline json_t *
asked_by_text(fake_host_t *h, const char *call, const char *in)
{
    char           path[96];
    fake_reply_t  *rep;

    snprintf(path, sizeof(path), "/asker/calls/%s", call);
    rep = fake_request(h, CIVIC_POST, path, &(fake_request_t) {
                           .body = in });

    if (rep->status != 200) {
        fail_msg("%d %s", rep->status, rep->body);
    }

    return rep->json;
}


/* The same; takes over the reference to in. */
static inline json_t *
asked(fake_host_t *h, const char *plugin, const char *name, json_t *in)
{
    char    call[64], *text = json_dumps(in, 0);
    json_t  *answer;

    snprintf(call, sizeof(call), "%s.%s", plugin, name);
    answer = asked_by_text(h, call, text);
    json_decref(in);
    free(text);

    return answer;
}

#endif
