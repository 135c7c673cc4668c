/*
 * applicants.c - applications of many people to an exam, without a request
 * for each.
 *
 *     applicants <keyring.json> <exam> <state> <positions> < id-numbers
 *
 * Reads canonical identity numbers, a line each, and writes for each what
 * Redis has of an application of that state ("draft", "submitted" or
 * "approved"): the record with its sealed form and past, as record.c of the
 * plugin "review" makes them, the exam's index, and of what is submitted the
 * queue.  The commands, as Redis speaks, go to stdout, for "redis-cli
 * --pipe".  Positions are called P00001 and so on.
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/rand.h>

#include "keyring.h"

#define MOST      2048
#define ID_BYTES  16
#define HOUR      3600000

static const char  answers[] =
    "{\\\"degree\\\":\\\"学士\\\",\\\"disabled\\\":\\\"no\\\","
    "\\\"education\\\":\\\"e3\\\",\\\"gender\\\":\\\"f\\\","
    "\\\"graduated\\\":\\\"2012-06-30\\\",\\\"phone\\\":\\\"13897460001\\\","
    "\\\"school\\\":\\\"青海大学\\\",\\\"years\\\":\\\"9\\\"}";

typedef struct {
    civic_keyring_t  *keyring;
    civic_purpose_t  *purpose;
    const char       *exam;
    const char       *state;
    char              pid[CIVIC_PID_LEN + 1];
    char              id[32];
    char              position[32];
    long              version;
    int64_t           now;
    int64_t           due;
} applicant_t;


static void
fail(const char *what)
{
    fprintf(stderr, "applicants: %s\n", what);
    exit(1);
}


/* An argument of a command. */
static void
give(const void *data, size_t len)
{
    printf("$%zu\r\n", len);
    fwrite(data, 1, len, stdout);
    fputs("\r\n", stdout);
}


static void
give_text(const char *format, ...)
{
    int      len;
    char     text[MOST];
    va_list  args;

    va_start(args, format);
    len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);

    if (len < 0 || (size_t) len >= sizeof(text)) {
        fail("a text is too long");
    }

    give(text, (size_t) len);
}


static void
command(int words, const char *name)
{
    printf("*%d\r\n", words);
    give_text("%s", name);
}


static void
give_sealed(const applicant_t *it, const char *name, const char *plain)
{
    char           context[256];
    int64_t        len;
    unsigned char  sealed[MOST + CIVIC_SEAL_OVERHEAD];

    snprintf(context, sizeof(context), "%s:%s:%s", it->pid, name, it->exam);
    len = civic_purpose_seal(it->purpose, civic_cstr(context),
                             civic_cstr(plain), sealed);

    if (len < 0) {
        fail("cannot seal");
    }

    give(sealed, (size_t) len);
}


/* What record.c seals of a form, and of a submission and its decision. */
static void
record(const applicant_t *it)
{
    char  form[MOST], past[MOST];
    int   approved = strcmp(it->state, "approved") == 0;
    int   draft = strcmp(it->state, "draft") == 0;

    command(draft ? 6 : 8, "HSET");
    give_text("civic:{p:%s}:review", it->pid);
    give_text("application:%s", it->exam);
    give_text("%s %ld %lld %s %s %lld %lld - %s", it->state, it->version,
              (long long) it->now, it->id, it->position,
              draft ? 0LL : (long long) it->now,
              draft ? 0LL : (long long) it->due, approved ? it->pid : "-");

    snprintf(form, sizeof(form),
             "{\"answers\":\"%s\",\"decided_at\":%lld%s%s%s}", answers,
             approved ? (long long) it->now : 0LL,
             approved ? ",\"decided_by\":\"" : "",
             approved ? it->pid : "", approved ? "\"" : "");
    give_text("form:%s", it->exam);
    give_sealed(it, "form", form);

    if (draft) {
        return;
    }

    snprintf(past, sizeof(past), "{\"past\":[{\"answers\":{\"degree\":\"学士\","
             "\"disabled\":\"no\",\"education\":\"e3\",\"gender\":\"f\","
             "\"graduated\":\"2012-06-30\",\"phone\":\"13897460001\","
             "\"school\":\"青海大学\",\"years\":\"9\"},\"at\":%lld,"
             "\"declaration\":true,\"position\":\"%s\",\"what\":\"submitted\"}"
             "%s]}", (long long) it->now, it->position,
             approved ? ",{\"at\":1773018000000,"
                        "\"by\":\"AAAAAAAAAAAAAAAAAAAAAA\","
                        "\"note\":\"\",\"what\":\"approved\"}" : "");
    give_text("past:%s", it->exam);
    give_sealed(it, "past", past);
}


/* As review_index.lua and staff_queue_put.lua write. */
static void
indexes(const applicant_t *it)
{
    command(4, "HSET");
    give_text("civic:{review:%s}:applications", it->exam);
    give_text("%s", it->pid);
    give_text("%ld %s %s 0 0", it->version, it->state, it->position);

    command(4, "HSET");
    give_text("civic:{review:%s}:ids", it->exam);
    give_text("%s", it->id);
    give_text("%s", it->pid);

    if (strcmp(it->state, "draft") == 0) {
        return;
    }

    command(4, "HINCRBY");
    give_text("civic:{review:%s}:counts", it->exam);
    give_text("%s", it->position);
    give_text("1");

    if (strcmp(it->state, "submitted") != 0) {
        return;
    }

    command(4, "HSET");
    give_text("civic:{reviews:%s}:owners", it->exam);
    give_text("%s", it->id);
    give_text("%s %ld", it->pid, it->version);

    command(4, "ZADD");
    give_text("civic:{reviews:%s}:waiting", it->exam);
    give_text("%lld", (long long) it->due);
    give_text("%s", it->id);
}


int
main(int argc, char **argv)
{
    char             line[64];
    long             n = 0, positions;
    applicant_t      it;
    unsigned char    bytes[ID_BYTES];
    civic_failure_t  failure = { "" };

    if (argc != 5) {
        fail("usage: applicants keyring exam state positions < numbers");
    }

    memset(&it, 0, sizeof(it));
    it.keyring = civic_keyring_load(argv[1], &failure);
    if (it.keyring == NULL) {
        fail(failure.text);
    }

    it.purpose = civic_keyring_purpose(it.keyring, "review");
    it.exam = argv[2];
    it.state = argv[3];
    it.version = strcmp(it.state, "draft") == 0 ? 1
                 : strcmp(it.state, "submitted") == 0 ? 2 : 3;
    positions = atol(argv[4]);

    if (it.purpose == NULL || positions <= 0) {
        fail("no purpose or no positions");
    }

    while (fgets(line, sizeof(line), stdin) != NULL) {
        line[strcspn(line, "\n")] = '\0';

        if (civic_keyring_person_id(it.keyring, civic_cstr(line), it.pid) != 0
            || RAND_bytes(bytes, sizeof(bytes)) != 1)
        {
            fail("cannot make a person's or an application's id");
        }

        it.id[civic_base64url_encode(bytes, sizeof(bytes), it.id)] = '\0';
        it.now = (int64_t) time(NULL) * 1000;
        it.due = it.now + 12 * HOUR + n;
        snprintf(it.position, sizeof(it.position), "P%05ld",
                 1 + n++ % positions);
        record(&it);
        indexes(&it);
    }

    civic_keyring_free(it.keyring);

    return fflush(stdout) == 0 ? 0 : 1;
}
