/*
 * audit_fixture.h - a folder for an audit trail, and a keyring, for the tests
 * of the chains.
 */

#ifndef AUDIT_FIXTURE_H
#define AUDIT_FIXTURE_H

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit_entry.h"
#include "audit_segment.h"
#include "audit_verify.h"

#define NOW  1771400000000LL
#define DAY  (24LL * 3600 * 1000)

static const char  audit_ring[] =
    "{\"version\":1,\"person_key\":"
    "\"CQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\",\"keys\":[{\"id\":1,"
    "\"state\":\"active\",\"secret\":"
    "\"AQECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\"}]}";

static char                    audit_path[64];
static civic_keyring_t        *audit_keyring;
static civic_audit_options_t   audit_options;


static int __attribute__((unused))
audit_set_up(void **state)
{
    civic_failure_t  failure;

    (void) state;

    (void) snprintf(audit_path, sizeof(audit_path), "/tmp/audit.XXXXXX");
    assert_non_null(mkdtemp(audit_path));

    audit_keyring = civic_keyring_parse(audit_ring, strlen(audit_ring),
                                        &failure);
    assert_non_null(audit_keyring);

    memset(&audit_options, 0, sizeof(audit_options));
    audit_options.path = audit_path;
    audit_options.host = "here";
    audit_options.chain = civic_keyring_purpose(audit_keyring,
                                                CIVIC_AUDIT_CHAIN);

    return 0;
}


static int __attribute__((unused))
audit_tear_down(void **state)
{
    char  command[128];

    (void) state;
    (void) snprintf(command, sizeof(command), "rm -rf %s", audit_path);
    assert_int_equal(system(command), 0);
    civic_keyring_free(audit_keyring);

    return 0;
}


static civic_audit_chain_t * __attribute__((unused))
audit_open(civic_msec_t now)
{
    civic_failure_t       warning, failure = { "" };
    civic_audit_chain_t  *chain;

    chain = civic_audit_chain_open(&audit_options, now, &warning, &failure);

    if (chain == NULL) {
        fail_msg("%s", failure.text);
    }

    assert_string_equal(warning.text, "");

    return chain;
}


/* So many entries of so many bytes. */
static void __attribute__((unused))
audit_append(civic_audit_chain_t *chain, size_t count, size_t len,
    civic_msec_t now)
{
    char                *bytes = calloc(1, len + 1);
    size_t               i;
    civic_failure_t      failure = { "" };
    civic_audit_item_t  *items = calloc(count, sizeof(*items));

    memset(bytes, 'e', len);

    for (i = 0; i < count; i++) {
        items[i].kind = CIVIC_AUDIT_ENTRY;
        items[i].payload.data = bytes;
        items[i].payload.len = len;
    }

    if (civic_audit_chain_append(chain, items, count, now, &failure) != 0) {
        fail_msg("%s", failure.text);
    }

    free(items);
    free(bytes);
}


static void __attribute__((unused))
audit_file(char *out, size_t room, const char *writer, unsigned number)
{
    char  name[CIVIC_AUDIT_FILE];

    civic_audit_file_name(number, name);
    assert_true((size_t) snprintf(out, room, "%s/%s/%s", audit_path, writer,
                                  name) < room);
}


/* All of a file, with a NUL; the caller frees it. */
static char * __attribute__((unused))
audit_slurp(const char *path, size_t *len)
{
    char  *text = civic_audit_read(AT_FDCWD, path, len);

    assert_non_null(text);

    return text;
}


static void __attribute__((unused))
audit_spill(const char *path, const char *text, size_t len)
{
    FILE  *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}


/* What was found, by kind; notes too. */
static unsigned  audit_found[CIVIC_AUDIT_FINDINGS];

static void
audit_note_finding(void *data, civic_audit_finding_t what, const char *file,
    unsigned line, const char *detail)
{
    (void) data;
    audit_found[what]++;
    if (getenv("AUDIT_VERBOSE") != NULL) {
        print_message("    %s:%u: %d %s\n", file, line, (int) what, detail);
    }
}


/* How many findings but notes. */
static unsigned __attribute__((unused))
audit_verify(const char *place, const civic_audit_head_t *heads, size_t count,
    civic_audit_totals_t *totals)
{
    unsigned               i, findings = 0;
    civic_failure_t        failure = { "" };
    civic_audit_visitor_t  visitor = { audit_note_finding, NULL, NULL };

    memset(audit_found, 0, sizeof(audit_found));

    if (civic_audit_verify(audit_path, place, audit_options.chain, heads,
                           count, &visitor, totals, &failure)
        != 0)
    {
        fail_msg("%s", failure.text);
    }

    for (i = 0; i < CIVIC_AUDIT_FINDINGS; i++) {
        findings += civic_audit_is_note(i) ? 0 : audit_found[i];
    }

    return findings;
}

#endif
