/*
 * certificate.c - keys that get another certificate while others read them.
 *
 * In certificate mode Alipay may sign with a certificate that is new to us.
 * It is downloaded; nobody signed that answer, so it must chain to our roots.
 * Threads read the keys without locks, so keys are never changed: a copy that
 * has the certificate takes the place of the old one, which is freed when the
 * last of its users lets it go.  Copying and replacing does not suspend, so
 * two fibers cannot lose each other's.
 *
 * A serial is asked for once a minute, and no more than APP_ATTEMPTS of them:
 * whoever posts notifications chooses what stands there.
 */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "app.h"

#define DOWNLOAD  "alipay.open.app.alipaycert.download"
#define PAUSE     60000                 /* ms between two attempts */


/* ---- who uses which ---------------------------------------------------- */

app_keys_t *
app_keys_new(alipay_keys_t *keys)
{
    app_keys_t  *made = malloc(sizeof(*made));

    if (made == NULL) {
        alipay_keys_free(keys);
        return NULL;
    }

    *made = (app_keys_t) { .keys = keys, .users = 1 };

    return made;
}


app_keys_t *
app_keys_hold(app_state_t *state)
{
    state->keys->users++;

    return state->keys;
}


void
app_keys_let_go(app_keys_t *keys)
{
    if (keys == NULL || --keys->users > 0) {
        return;
    }

    alipay_keys_free(keys->keys);
    free(keys);
}


/* The newest in the place of what a fiber holds. */
static void
hold_newest(app_state_t *state, app_keys_t **held)
{
    app_keys_t  *old = *held;

    *held = app_keys_hold(state);
    app_keys_let_go(old);
}


/* ---- attempts ---------------------------------------------------------- */

/* The attempt at a serial, or the place for one; NULL: too many. */
static app_attempt_t *
find_attempt(app_attempts_t *attempts, const char *serial, civic_msec_t now)
{
    size_t          i;
    app_attempt_t  *one, *place = NULL;

    for (i = 0; i < APP_ATTEMPTS; i++) {
        one = &attempts->items[i];

        if (strcmp(one->serial, serial) == 0) {
            return one;
        }

        if (!one->pending
            && (one->serial[0] == '\0' || now - one->at >= PAUSE))
        {
            place = one;
        }
    }

    return place;
}


/* ---- downloading ------------------------------------------------------- */

/* Does not suspend. */
static int
take(app_state_t *state, const civic_http_reply_t *reply, const char *serial,
    int64_t now, alipay_failure_t *failure)
{
    app_keys_t     *made;
    alipay_keys_t  *copy = alipay_keys_copy(state->keys->keys);

    if (copy == NULL) {
        snprintf(failure->text, sizeof(failure->text), "no memory");
        return -1;
    }

    if (alipay_keys_add_certificate(copy, reply->body.data, reply->body.len,
                                    serial, now, failure) != 0)
    {
        alipay_keys_free(copy);
        return -1;
    }

    made = app_keys_new(copy);

    if (made == NULL) {
        snprintf(failure->text, sizeof(failure->text), "no memory");
        return -1;
    }

    app_keys_let_go(state->keys);
    state->keys = made;

    return 0;
}


static app_cert_t
finish(civic_request_t *r, const char *serial, const char *why)
{
    if (why == NULL) {
        civic_count(r, APP_CERTIFICATES, 1);
        civic_log(r, CIVIC_LOG_INFO, "alipay signs with certificate %s, which "
                  "was downloaded and chains to the roots", serial);
        return APP_CERT_NEW;
    }

    civic_count(r, APP_CERTIFICATES_FAILED, 1);
    civic_log(r, CIVIC_LOG_ERROR, "alipay signs with certificate %s, which "
              "cannot be had: %s", serial, why);

    return APP_CERT_NONE;
}


static app_cert_t
download(civic_request_t *r, const char *serial, const alipay_keys_t *keys)
{
    json_t            *business;
    app_state_t       *state = civic_state(r);
    app_input_t        input = { .timeout = APP_TIMEOUT, .safe = 1 };
    civic_result_t     rc;
    app_exchange_t     x = { .keys = keys, .input = &input };
    alipay_failure_t   failure = { "" };

    business = json_pack("{s:s}", "alipay_cert_sn", serial);
    input.business = business;
    input.request.method = DOWNLOAD;
    input.request.now = civic_now(r) / 1000;

    rc = app_exchange(r, &x);

    alipay_sent_free(&x.sent);
    json_decref(business);

    if (rc == CIVIC_ABORTED) {
        return APP_CERT_ABORTED;
    }

    if (rc != CIVIC_OK) {
        return finish(r, serial, "the gateway did not answer");
    }

    return finish(r, serial, take(state, x.reply, serial,
                                  input.request.now, &failure) == 0
                             ? NULL : failure.text);
}


app_cert_t
app_certificate_get(civic_request_t *r, app_attempts_t *attempts,
    const char *serial, app_keys_t **held)
{
    app_cert_t      got;
    app_state_t    *state = civic_state(r);
    civic_msec_t    now = civic_now(r);
    app_attempt_t  *attempt;

    if (*held != state->keys) {
        /* others have got one meanwhile; it is most likely this */
        hold_newest(state, held);
        return APP_CERT_NEW;
    }

    attempt = find_attempt(attempts, serial, now);

    if (attempt == NULL) {
        return APP_CERT_NONE;
    }

    if (attempt->pending) {
        return APP_CERT_PENDING;
    }

    if (strcmp(attempt->serial, serial) == 0 && now - attempt->at < PAUSE) {
        return APP_CERT_NONE;
    }

    strcpy(attempt->serial, serial);
    attempt->at = now;
    attempt->pending = 1;

    got = download(r, serial, (*held)->keys);

    attempt->pending = 0;
    hold_newest(state, held);

    return got;
}


/* ---- the end of one ---------------------------------------------------- */

size_t
app_certificate_ends(int64_t at, int64_t now, char *out, size_t size)
{
    int        len;
    char       day[ALIPAY_TIME_TEXT];
    long long  days = (at - now) / APP_DAY;

    if (at == INT64_MAX || days >= APP_CERT_DAYS
        || alipay_time(at, day) != 0)
    {
        return 0;
    }

    if (at <= now) {
        len = snprintf(out, size, "a certificate has ended on %s: get a new "
                       "one in Alipay's console", day);
    } else {
        len = snprintf(out, size, "a certificate ends on %s, in %lld days: "
                       "get a new one in Alipay's console", day, days);
    }

    return len < 0 ? 0 : (size_t) len;
}


void
app_certificate_watch(civic_request_t *r, const app_keys_t *keys)
{
    char          line[256];
    int64_t       at, now = civic_now(r) / 1000;
    app_state_t  *state = civic_state(r);

    if (now - state->ending_told < APP_DAY) {
        return;
    }

    state->ending_told = now;
    at = alipay_keys_expire_at(keys->keys);

    if (app_certificate_ends(at, now, line, sizeof(line)) != 0) {
        civic_count(r, APP_CERTIFICATE_ENDING, 1);
        civic_log(r, at <= now ? CIVIC_LOG_ERROR : CIVIC_LOG_WARN, "%s",
                  line);
    }
}
