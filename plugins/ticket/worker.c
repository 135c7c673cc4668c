/*
 * worker.c - the keys of codes: read by nginx -t, and by each worker at its
 * start as its own user.
 *
 * One key signs; what it signed before its time is believed by the public
 * keys beside it, so that a key follows another without a day of its own.
 */

#include <stdio.h>
#include <stdlib.h>

#include "text_file.h"
#include "ticket.h"

#define PEM_END  "-----END PUBLIC KEY-----"


static const char *
text_of(json_t *options, const char *name)
{
    const char  *text = json_string_value(json_object_get(options, name));

    return text == NULL ? "" : text;
}


/* ---- keys -------------------------------------------------------------- */

static int
add_key(ticket_worker_t *worker, const char *option, const char *path,
    const char *pem, size_t len, civic_failure_t *failure)
{
    char              why[CIVIC_CWT_WHY];
    civic_cwt_key_t  *key;

    if (worker->nkeys == TICKET_KEYS) {
        return shared_text_file_wrong(failure, option, path, "more keys than "
                                      "there may be: 8 with the one that "
                                      "signs");
    }

    key = civic_cwt_key_read(pem, len, why);
    if (key == NULL) {
        return shared_text_file_wrong(failure, option, path, why);
    }

    worker->keys[worker->nkeys++] = key;

    return 0;
}


static int
read_signing(ticket_worker_t *worker, const char *path,
    civic_failure_t *failure)
{
    int    rc;
    char  *text = shared_text_file("signing_key", path, failure);

    if (text == NULL) {
        return -1;
    }

    rc = add_key(worker, "signing_key", path, text, strlen(text), failure);
    shared_text_file_end(text);

    if (rc == 0 && !civic_cwt_key_signs(worker->keys[0])) {
        return shared_text_file_wrong(failure, "signing_key", path, "it is a "
                                      "public key; what signs is a private "
                                      "one");
    }

    return rc;
}


/* One or more public keys, one behind the other. */
static int
read_believed(ticket_worker_t *worker, const char *path,
    civic_failure_t *failure)
{
    int    rc = 0;
    char  *text, *at, *end;

    text = shared_text_file("old_keys", path, failure);
    if (text == NULL) {
        return -1;
    }

    at = text;

    do {
        end = strstr(at, PEM_END);
        end = end == NULL ? at + strlen(at) : end + sizeof(PEM_END) - 1;
        rc = add_key(worker, "old_keys", path, at, (size_t) (end - at),
                     failure);
        at = end + strspn(end, " \t\r\n");
    } while (rc == 0 && *at != '\0');

    shared_text_file_end(text);

    return rc;
}


static void
forget(ticket_worker_t *worker)
{
    size_t  i;

    for (i = 0; i < worker->nkeys; i++) {
        civic_cwt_key_free(worker->keys[i]);
    }

    free(worker);
}


static ticket_worker_t *
read_keys(json_t *options, civic_failure_t *failure)
{
    const char       *old = text_of(options, "old_keys");
    ticket_worker_t  *worker = calloc(1, sizeof(ticket_worker_t));

    if (worker == NULL) {
        snprintf(failure->text, sizeof(failure->text), "no memory");
        return NULL;
    }

    snprintf(worker->issuer, sizeof(worker->issuer), "%s",
             text_of(options, "issuer"));

    if (read_signing(worker, text_of(options, "signing_key"), failure) == 0
        && (*old == '\0' || read_believed(worker, old, failure) == 0))
    {
        return worker;
    }

    forget(worker);

    return NULL;
}


/* ---- what the tables name ---------------------------------------------- */

civic_result_t
ticket_options(json_t *options, civic_failure_t *failure)
{
    ticket_worker_t  *worker;

    if (strlen(text_of(options, "issuer")) > CIVIC_CWT_TEXT) {
        snprintf(failure->text, sizeof(failure->text), "issuer: at most %d "
                 "bytes of UTF-8, for it stands in each code",
                 CIVIC_CWT_TEXT);
        return CIVIC_ERROR;
    }

    worker = read_keys(options, failure);
    if (worker == NULL) {
        return CIVIC_ERROR;
    }

    forget(worker);

    return CIVIC_OK;
}


civic_result_t
ticket_init_worker(civic_worker_t *w, void **state, civic_failure_t *failure)
{
    size_t            i;
    json_t           *options = json_object();
    ticket_worker_t  *worker;

    static const char *const  names[] = { "signing_key", "old_keys",
                                          "issuer" };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        (void) json_object_set(options, names[i],
                               civic_worker_option(w, names[i]));
    }

    worker = read_keys(options, failure);
    json_decref(options);
    *state = worker;

    return worker == NULL ? CIVIC_ERROR : CIVIC_OK;
}


void
ticket_exit_worker(void *state)
{
    if (state != NULL) {
        forget(state);
    }
}
