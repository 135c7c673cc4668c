/*
 * fake_wait.c - waiting for others, between requests of one test.
 *
 * A notification reaches the requests that watch its topic at that moment.
 * A request that waits goes on at its next step: with CIVIC_OK if it was
 * notified or woken, else its time has run out.
 */

#include <stdio.h>
#include <stdlib.h>

#include "fake_internal.h"


void
fake_lose_notifications(fake_host_t *h, unsigned n)
{
    h->lose = n;
}


void
fake_wake_waiters(fake_host_t *h)
{
    fake_run_t  *run;

    for (run = h->waiters; run != NULL; run = run->next_waiter) {
        run->hinted = 1;
    }
}


void
fake_quit(fake_host_t *h)
{
    h->quitting = 1;
}


unsigned
fake_notifications(fake_host_t *h, const char *topic)
{
    size_t    i;
    unsigned  count = 0;

    for (i = 0; i < h->nnotified; i++) {
        count += strcmp(h->notified[i], topic) == 0;
    }

    return count;
}


void
fake_wait_forget(fake_host_t *h)
{
    while (h->nnotified > 0) {
        free(h->notified[--h->nnotified]);
    }

    free(h->notified);
    h->notified = NULL;
    h->lose = 0;
    h->quitting = 0;
}


/* ---- watching ------------------------------------------------------------ */

static int
fake_topic_fits(civic_str_t topic)
{
    return topic.len > 0 && topic.len <= CIVIC_TOPIC_LEN;
}


static int
fake_watches(fake_run_t *run, civic_str_t topic)
{
    unsigned  i;

    for (i = 0; i < run->ntopics; i++) {
        if (civic_str_eq(run->topics[i], topic)) {
            return 1;
        }
    }

    return 0;
}


civic_result_t
fake_watch(civic_request_t *r, civic_str_t topic)
{
    fake_run_t  *run = fake_run(r);

    if (fake_enter(run) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    if (run->route->route.cost != CIVIC_COST_WAIT) {
        return fake_misuse(run, "civic_watch() in a route that is not of "
                           "CIVIC_COST_WAIT");
    }

    if (!fake_topic_fits(topic)) {
        return fake_misuse(run, "civic_watch(): the topic has %zu bytes",
                           topic.len);
    }

    if (fake_watches(run, topic)) {
        return CIVIC_OK;
    }

    if (run->ntopics == CIVIC_WATCHES) {
        return fake_misuse(run, "civic_watch(): over %d topics",
                           CIVIC_WATCHES);
    }

    if (run->input.no_place) {
        return CIVIC_BUSY;
    }

    if (run->ntopics == 0) {
        run->next_waiter = run->host->waiters;
        run->host->waiters = run;
    }

    run->topics[run->ntopics++] = civic_arena_copy(run->spare, topic);

    return CIVIC_OK;
}


void
fake_unwatch(fake_run_t *run)
{
    fake_run_t  **link;

    for (link = &run->host->waiters; *link != NULL;
         link = &(*link)->next_waiter)
    {
        if (*link == run) {
            *link = run->next_waiter;
            return;
        }
    }
}


/* ---- waiting ------------------------------------------------------------- */

/* The route's deadline does not count the time. */
static civic_result_t
fake_sleep(fake_run_t *run)
{
    civic_msec_t    slept = fake_now(run->host), deadline = run->deadline;
    civic_result_t  rc;

    run->deadline = INT64_MAX;
    rc = fake_suspend(run);
    run->deadline = deadline + fake_now(run->host) - slept;

    return rc;
}


/* What is left of the time; it is over, too, for who has nobody to tell. */
static int64_t
fake_wait_left(fake_run_t *run, unsigned timeout)
{
    if (run->host->quitting || run->gone) {
        return 0;
    }

    return run->wait_began + (int64_t) timeout - fake_now(run->host);
}


static int
fake_take_hint(fake_run_t *run)
{
    int  hinted = run->hinted;

    run->hinted = 0;

    return hinted;
}


civic_result_t
fake_wait(civic_request_t *r, unsigned timeout)
{
    int64_t      left;
    fake_run_t  *run = fake_run(r);

    if (fake_settle(run) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    if (run->ntopics == 0) {
        return fake_misuse(run, "civic_wait() without civic_watch()");
    }

    if (!run->waited) {
        run->waited = 1;
        run->wait_began = fake_now(run->host);
    }

    if (fake_wait_left(run, timeout) <= 0) {
        return CIVIC_TIMEOUT;
    }

    if (fake_take_hint(run)) {
        return CIVIC_OK;
    }

    if (fake_sleep(run) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    left = fake_wait_left(run, timeout);

    if (fake_take_hint(run) && left > 0) {
        return CIVIC_OK;
    }

    if (left > 0) {
        fake_advance(run->host, left);
        run->deadline += left;
    }

    return CIVIC_TIMEOUT;
}


/* ---- notifying ----------------------------------------------------------- */

static void
fake_deliver(fake_host_t *h, civic_str_t topic)
{
    fake_run_t  *run;

    h->notified = fake_grow(h->notified, h->nnotified, sizeof(*h->notified));
    h->notified[h->nnotified++] = strndup(topic.data, topic.len);

    if (h->lose > 0) {
        h->lose--;
        return;
    }

    for (run = h->waiters; run != NULL; run = run->next_waiter) {
        if (fake_watches(run, topic)) {
            run->hinted = 1;
        }
    }
}


civic_result_t
fake_notify(civic_request_t *r, civic_str_t topic)
{
    fake_run_t           *run = fake_run(r);
    civic_result_t        rc;
    const civic_value_t  *value;

    if (fake_settle(run) != CIVIC_OK) {
        return CIVIC_ABORTED;
    }

    if (!fake_topic_fits(topic)) {
        return fake_misuse(run, "civic_notify(): the topic has %zu bytes",
                           topic.len);
    }

    rc = fake_redis_fault(run, 0, &value);

    if (rc == CIVIC_OK) {
        fake_deliver(run->host, topic);
    }

    return fake_suspend(run) == CIVIC_OK ? rc : CIVIC_ABORTED;
}
