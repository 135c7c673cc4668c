/*
 * card_setup.c - the options of the card's issuer, and what a worker reads
 * at its start.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "card.h"

#define SECRET_FILE  4096               /* bytes at most */


/* An option's text; NULL if it is empty. */
static const char *
given(json_t *value)
{
    const char  *text = json_string_value(value);

    return text == NULL || *text == '\0' ? NULL : text;
}


/* One line of a file, for free(); NULL with the failure. */
static char *
read_secret(const char *path, civic_failure_t *failure)
{
    char    *text = calloc(1, SECRET_FILE + 1);
    FILE    *file = fopen(path, "re");
    size_t   len = 0;

    if (text != NULL && file != NULL) {
        len = fread(text, 1, SECRET_FILE, file);
        text[strcspn(text, "\r\n")] = '\0';
    }

    if (len == 0 || *text == '\0') {
        snprintf(failure->text, sizeof(failure->text),
                 "card_client_secret \"%.150s\": %s", path,
                 file == NULL ? strerror(errno) : "is empty");
        free(text);
        text = NULL;
    }

    if (file != NULL) {
        (void) fclose(file);
    }

    return text;
}


/* Whether the settings fit together; needed by both, in nginx -t without
   the secret's text. */
static int
judge(const civic_oidc_client_t *client, civic_failure_t *failure)
{
    const char           *what;
    civic_oidc_client_t   lenient = *client;

    /* whether http is good enough is known with the first request */
    lenient.sandbox = 1;

    if (civic_oidc_client_check(&lenient, &what) == CIVIC_OIDC_OK) {
        return 0;
    }

    snprintf(failure->text, sizeof(failure->text),
             "the settings of the card's issuer do not fit: see card_%s",
             what);

    return -1;
}


int
login_card_check(json_t *options, civic_failure_t *failure)
{
    const char           *secret;
    civic_oidc_client_t   client;

    memset(&client, 0, sizeof(client));
    client.issuer = given(json_object_get(options, "card_issuer"));

    if (client.issuer == NULL) {
        return 0;
    }

    secret = given(json_object_get(options, "card_client_secret"));
    client.client_id = given(json_object_get(options, "card_client_id"));
    client.redirect_uri = given(json_object_get(options,
                                                "card_redirect_uri"));
    client.scope = given(json_object_get(options, "card_scope"));
    client.client_secret = secret;
    (void) civic_oidc_auth_parse(given(json_object_get(options,
                                                "card_client_auth")),
                                 &client.auth);

    if (secret != NULL && access(secret, R_OK) != 0) {
        snprintf(failure->text, sizeof(failure->text),
                 "card_client_secret \"%.150s\": %s", secret,
                 strerror(errno));
        return -1;
    }

    return judge(&client, failure);
}


int
login_card_start(civic_worker_t *w, login_card_t *card,
    civic_failure_t *failure)
{
    const char           *path;
    civic_oidc_client_t  *client = &card->client;

    client->issuer = given(civic_worker_option(w, "card_issuer"));

    if (client->issuer == NULL) {
        return 0;
    }

    client->client_id = given(civic_worker_option(w, "card_client_id"));
    client->redirect_uri = given(civic_worker_option(w,
                                                     "card_redirect_uri"));
    client->scope = given(civic_worker_option(w, "card_scope"));
    (void) civic_oidc_auth_parse(given(civic_worker_option(w,
                                                 "card_client_auth")),
                                 &client->auth);
    client->leeway = (unsigned)
        json_integer_value(civic_worker_option(w, "card_leeway"));

    card->upstream = given(civic_worker_option(w, "card_upstream"));
    card->map.id_number = given(civic_worker_option(w, "card_claim_number"));
    card->map.name = given(civic_worker_option(w, "card_claim_name"));
    card->map.level = given(civic_worker_option(w, "card_claim_level"));

    path = given(civic_worker_option(w, "card_client_secret"));

    if (path != NULL) {
        card->secret = read_secret(path, failure);

        if (card->secret == NULL) {
            return -1;
        }

        client->client_secret = card->secret;
    }

    return judge(client, failure);
}


void
login_card_stop(login_card_t *card)
{
    if (card->issuer != NULL) {
        login_issuer_leave(card->issuer);
        card->issuer = NULL;
    }

    if (card->secret != NULL) {
        explicit_bzero(card->secret, strlen(card->secret));
        free(card->secret);
        card->secret = NULL;
    }
}


civic_oidc_client_t
login_card_client(civic_request_t *r, const login_card_t *card)
{
    civic_oidc_client_t  client = card->client;

    client.sandbox = civic_sandbox(r);

    return client;
}
