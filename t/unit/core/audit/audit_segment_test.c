/*
 * audit_segment_test.c - a writer's chain: claimed by one, continued after
 * whatever a crash leaves, ended, pruned, all or nothing.
 */

#define _GNU_SOURCE                     /* memmem() */

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "audit_fixture.h"


static void
fine(uint64_t entries)
{
    civic_audit_totals_t  totals;

    assert_int_equal(audit_verify("", NULL, 0, &totals), 0);
    assert_int_equal(audit_found[CIVIC_AUDIT_TORN], 0);
    assert_int_equal(totals.entries, entries);
}


static void
goes_on(void **state)
{
    char                  writer[CIVIC_AUDIT_NAME + 1], place[96];
    civic_audit_chain_t  *chain = audit_open(NOW);

    (void) state;

    strcpy(writer, civic_audit_chain_head(chain)->writer);
    assert_true(civic_audit_name_valid(writer));
    assert_int_equal(civic_audit_chain_head(chain)->seq, 0);
    (void) snprintf(place, sizeof(place), "here:%s", audit_path);
    assert_string_equal(civic_audit_chain_head(chain)->place, place);

    audit_append(chain, 3, 100, NOW);
    assert_int_equal(civic_audit_chain_head(chain)->seq, 3);
    assert_int_equal(civic_audit_chain_head(chain)->last_entry, 3);
    civic_audit_chain_close(chain);

    chain = audit_open(NOW + 1000);
    assert_string_equal(civic_audit_chain_head(chain)->writer, writer);
    assert_int_equal(civic_audit_chain_head(chain)->seq, 3);
    audit_append(chain, 1, 10000, NOW + 1000);
    civic_audit_chain_close(chain);

    fine(4);
}


/* Two at once have a chain each; a third takes over what is free. */
static void
has_one_owner(void **state)
{
    char                  first[CIVIC_AUDIT_NAME + 1];
    civic_audit_chain_t  *one = audit_open(NOW), *two = audit_open(NOW);

    (void) state;

    strcpy(first, civic_audit_chain_head(one)->writer);
    assert_string_not_equal(civic_audit_chain_head(two)->writer, first);
    assert_string_equal(civic_audit_chain_head(two)->folder,
                        civic_audit_chain_head(one)->folder);
    audit_append(one, 1, 10, NOW);
    audit_append(two, 1, 10, NOW);
    civic_audit_chain_close(one);

    one = audit_open(NOW);
    assert_string_equal(civic_audit_chain_head(one)->writer, first);
    civic_audit_chain_close(one);
    civic_audit_chain_close(two);

    fine(2);
}


static void
begins_segments(void **state)
{
    int                   i;
    civic_audit_chain_t  *chain;

    (void) state;

    audit_options.segment_size = 2000;
    chain = audit_open(NOW);

    for (i = 0; i < 10; i++) {
        audit_append(chain, 1, 1000, NOW);
    }

    assert_int_equal(civic_audit_chain_head(chain)->segment, 5);
    assert_int_equal(civic_audit_chain_ended(chain), 4);
    assert_int_equal(civic_audit_chain_head(chain)->seq, 14);

    /* a day later */
    audit_append(chain, 1, 10, NOW + DAY);
    assert_int_equal(civic_audit_chain_head(chain)->segment, 6);
    civic_audit_chain_close(chain);

    chain = audit_open(NOW + DAY);
    assert_int_equal(civic_audit_chain_head(chain)->segment, 6);
    audit_append(chain, 1, 10, NOW + DAY);
    civic_audit_chain_close(chain);

    fine(12);
}


/* A crash at each byte of the last lines: cut off, told, and gone on. */
static void
cuts_what_is_torn(void **state)
{
    char                  path[128], *text;
    size_t                len, cut;
    civic_audit_chain_t  *chain = audit_open(NOW);

    (void) state;

    audit_append(chain, 2, 40, NOW);
    audit_file(path, sizeof(path), civic_audit_chain_head(chain)->writer, 1);
    civic_audit_chain_close(chain);
    text = audit_slurp(path, &len);

    for (cut = 1; cut < 100; cut++) {
        audit_spill(path, text, len - cut);

        chain = audit_open(NOW);
        assert_int_equal(civic_audit_chain_head(chain)->seq, 2);
        audit_append(chain, 1, 40, NOW);
        civic_audit_chain_close(chain);

        fine(2);
    }

    free(text);
}


/* A crash while a segment is begun. */
static void
cuts_a_torn_beginning(void **state)
{
    char                  path[128], *text;
    size_t                len, cut;
    civic_audit_chain_t  *chain;

    (void) state;

    audit_options.segment_size = 100;
    chain = audit_open(NOW);
    audit_append(chain, 1, 100, NOW);
    audit_append(chain, 1, 100, NOW);
    audit_file(path, sizeof(path), civic_audit_chain_head(chain)->writer, 2);
    civic_audit_chain_close(chain);
    text = audit_slurp(path, &len);
    len = (size_t) (strchr(text, '\n') - text) + 1;

    for (cut = 0; cut <= len; cut++) {
        audit_spill(path, text, len - cut);

        chain = audit_open(NOW);
        audit_append(chain, 1, 10, NOW);
        assert_int_equal(civic_audit_chain_head(chain)->segment, 2);
        assert_int_equal(civic_audit_chain_head(chain)->seq, 3);
        civic_audit_chain_close(chain);

        fine(2);
    }

    free(text);
}


/* Damage is no crash: the chain stays as it is, and another begins. */
static void
leaves_damage_alone(void **state)
{
    char                  path[128], *text, damaged[CIVIC_AUDIT_NAME + 1];
    size_t                len;
    civic_failure_t       warning, failure = { "" };
    civic_audit_chain_t  *chain = audit_open(NOW);

    (void) state;

    strcpy(damaged, civic_audit_chain_head(chain)->writer);
    audit_append(chain, 2, 40, NOW);
    audit_file(path, sizeof(path), damaged, 1);
    civic_audit_chain_close(chain);

    text = audit_slurp(path, &len);
    text[len - 100] ^= 1;
    audit_spill(path, text, len);
    free(text);

    chain = civic_audit_chain_open(&audit_options, NOW, &warning, &failure);
    assert_non_null(chain);
    assert_non_null(strstr(warning.text, "damaged"));
    assert_string_not_equal(civic_audit_chain_head(chain)->writer, damaged);
    audit_append(chain, 1, 40, NOW);
    civic_audit_chain_close(chain);

    /* and the same with all of its files taken away */
    assert_int_equal(unlink(path), 0);
    chain = audit_open(NOW);
    assert_string_not_equal(civic_audit_chain_head(chain)->writer, damaged);
    civic_audit_chain_close(chain);
}


/* What does not fit on the disk is not there at all. */
static void
writes_all_or_nothing(void **state)
{
    char                  bytes[4000];
    struct rlimit         limit, before;
    civic_failure_t       failure = { "" };
    civic_audit_item_t    item = { CIVIC_AUDIT_ENTRY,
                                   { bytes, sizeof(bytes) } };
    civic_audit_chain_t  *chain = audit_open(NOW);

    (void) state;

    memset(bytes, 'x', sizeof(bytes));
    audit_append(chain, 1, 100, NOW);

    (void) signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    limit = before;
    limit.rlim_cur = 3000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);

    assert_int_equal(civic_audit_chain_append(chain, &item, 1, NOW,
                                              &failure), -1);
    assert_non_null(strstr(failure.text, "cannot write"));
    assert_false(civic_audit_chain_broken(chain));
    assert_int_equal(civic_audit_chain_head(chain)->seq, 1);
    fine(1);

    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(civic_audit_chain_append(chain, &item, 1, NOW,
                                              &failure), 0);
    civic_audit_chain_close(chain);
    fine(2);
}


/* Under the hands of the one who writes. */
static void
notices_a_thief(void **state)
{
    int                   i;
    char                  path[128];
    civic_failure_t       failure = { "" };
    civic_audit_item_t    item = { CIVIC_AUDIT_ENTRY, CIVIC_STR("x") };
    civic_audit_chain_t  *chain;

    (void) state;

    for (i = 0; i < 2; i++) {
        chain = audit_open(NOW);
        audit_append(chain, 2, 10, NOW);
        audit_file(path, sizeof(path), civic_audit_chain_head(chain)->writer,
                   1);
        assert_int_equal(i == 0 ? truncate(path, 30) : unlink(path), 0);

        assert_int_equal(civic_audit_chain_append(chain, &item, 1, NOW,
                                                  &failure), -1);
        assert_non_null(strstr(failure.text, "took it away"));
        assert_true(civic_audit_chain_broken(chain));
        civic_audit_chain_close(chain);
        (void) unlink(path);
    }
}


static void
prunes_by_rule(void **state)
{
    int                   i;
    char                  path[128];
    civic_failure_t       failure = { "" };
    civic_audit_chain_t  *chain = audit_open(NOW);

    (void) state;

    for (i = 0; i < 10; i++) {
        audit_append(chain, 1, 10, NOW + i * DAY);
    }

    assert_int_equal(civic_audit_chain_head(chain)->segment, 10);
    assert_int_equal(civic_audit_chain_prune(chain, 20 * DAY, NOW + 10 * DAY,
                                             &failure), 0);

    /* what was written in the last 5 days and a segment's length stays */
    assert_int_equal(civic_audit_chain_prune(chain, 5 * DAY, NOW + 9 * DAY,
                                             &failure), 3);
    audit_file(path, sizeof(path), civic_audit_chain_head(chain)->writer, 3);
    assert_int_equal(access(path, F_OK), -1);
    fine(7);

    assert_int_equal(civic_audit_chain_prune(chain, 5 * DAY, NOW + 12 * DAY,
                                             &failure), 3);
    fine(4);
    civic_audit_chain_close(chain);

    chain = audit_open(NOW + 12 * DAY);
    audit_append(chain, 1, 10, NOW + 12 * DAY);
    civic_audit_chain_close(chain);
    fine(5);
}


static void
says_what_is_missing(void **state)
{
    civic_failure_t  warning, failure = { "" };

    (void) state;

    audit_options.path = "/nowhere/at/all";
    assert_null(civic_audit_chain_open(&audit_options, NOW, &warning,
                                       &failure));
    assert_non_null(strstr(failure.text, "No such file"));
}


static void
seals_entries(void **state)
{
    char                  longest[CIVIC_AUDIT_MAX], id[32];
    json_t               *entry, *again, *details;
    civic_str_t           sealed;
    civic_arena_t        *arena = civic_arena_create(4096, 1 << 20);
    civic_purpose_t      *purpose;
    civic_audit_facts_t   facts;

    (void) state;

    purpose = civic_keyring_purpose(audit_keyring, CIVIC_AUDIT_PURPOSE);
    memset(&facts, 0, sizeof(facts));
    details = json_pack("{s:s}", "roles", "office");
    facts.at = NOW;
    facts.actor = CIVIC_STR("pid");
    facts.roles = CIVIC_OFFICE | CIVIC_DOOR | CIVIC_VISITOR;
    facts.action = CIVIC_STR("staff.changed");
    facts.subject = CIVIC_STR("\xff\xfe");
    facts.details = details;

    sealed = civic_audit_seal(arena, purpose, &facts);
    assert_non_null(sealed.data);
    assert_null(memmem(sealed.data, sealed.len, "office", 6));

    entry = civic_audit_open(purpose, sealed);
    assert_non_null(entry);
    assert_int_equal(json_string_length(json_object_get(entry, "id")), 16);
    assert_int_equal(json_integer_value(json_object_get(entry, "at")), NOW);
    assert_string_equal(json_string_value(json_array_get(
                            json_object_get(entry, "roles"), 0)), "door");
    assert_string_equal(json_string_value(json_array_get(
                            json_object_get(entry, "roles"), 2)), "visitor");
    assert_string_equal(json_string_value(json_object_get(entry, "subject")),
                        "\xef\xbf\xbd\xef\xbf\xbd");
    assert_true(json_equal(json_object_get(entry, "details"), details));
    (void) snprintf(id, sizeof(id), "%s",
                    json_string_value(json_object_get(entry, "id")));

    /* the id is what is sealed, so a double has the same one */
    again = civic_audit_open(purpose, sealed);
    assert_true(json_equal(again, entry));
    json_decref(again);
    json_decref(entry);

    again = civic_audit_open(purpose, civic_audit_seal(arena, purpose,
                                                       &facts));
    assert_non_null(again);
    assert_string_not_equal(json_string_value(json_object_get(again, "id")),
                            id);
    json_decref(again);

    ((char *) (uintptr_t) sealed.data)[40] ^= 1;
    assert_null(civic_audit_open(purpose, sealed));

    memset(longest, 'a', sizeof(longest));
    facts.route = (civic_str_t) { longest, sizeof(longest) };
    assert_null(civic_audit_seal(arena, purpose, &facts).data);
    civic_arena_destroy(arena);
    json_decref(details);
}


/* What comes back for a text in a field. */
static void
reads_back(civic_purpose_t *purpose, const char *text)
{
    json_t               *entry;
    civic_str_t           sealed;
    civic_arena_t        *arena = civic_arena_create(4096, 1 << 20);
    civic_audit_facts_t   facts;

    memset(&facts, 0, sizeof(facts));
    facts.at = NOW;
    facts.request_id = civic_cstr(text);
    facts.subject = civic_cstr(text);

    sealed = civic_audit_seal(arena, purpose, &facts);
    assert_non_null(sealed.data);

    entry = civic_audit_open(purpose, sealed);
    assert_non_null(entry);
    assert_string_equal(json_string_value(json_object_get(entry,
                                                          "request_id")),
                        text);
    assert_string_equal(json_string_value(json_object_get(entry, "subject")),
                        text);
    assert_int_equal(json_object_size(json_object_get(entry, "details")), 0);

    json_decref(entry);
    civic_arena_destroy(arena);
}


/* Pids and request ids are kept as bytes, and what only looks like them as
   it is. */
static void
packs_entries(void **state)
{
    char              longest[3000];
    civic_purpose_t  *purpose;

    (void) state;

    purpose = civic_keyring_purpose(audit_keyring, CIVIC_AUDIT_PURPOSE);

    reads_back(purpose, "");
    reads_back(purpose, "pid");
    reads_back(purpose, "AAAAAAAAAAAAAAAAAAAAAA");
    reads_back(purpose, "-_9zAAECAwQFBgcICQoLDA");
    reads_back(purpose, "-_9zAAECAwQFBgcICQoLDB");      /* not canonical */
    reads_back(purpose, "job:civic.audit+++++++");
    reads_back(purpose, "0123456789abcdef0123456789abcdef");
    reads_back(purpose, "0123456789ABCDEF0123456789abcdef");
    reads_back(purpose, "0123456789abcdefg123456789abcdef");

    memset(longest, 'a', sizeof(longest));
    longest[1900] = '\0';
    reads_back(purpose, longest);
    longest[31] = '\0';
    reads_back(purpose, longest);
}


/* With everything in it that a change of staff's has. */
static void
keeps_entries_short(void **state)
{
    json_t               *details;
    civic_str_t           sealed;
    civic_arena_t        *arena = civic_arena_create(4096, 1 << 20);
    civic_audit_facts_t   facts;

    (void) state;

    details = json_pack("{s:s}", "version", "2");
    memset(&facts, 0, sizeof(facts));
    facts.at = NOW;
    facts.request_id = CIVIC_STR("0123456789abcdef0123456789abcdef");
    facts.actor = CIVIC_STR("-_9zAAECAwQFBgcICQoLDA");
    facts.roles = CIVIC_ADMINISTRATOR;
    facts.plugin = CIVIC_STR("staff");
    facts.route = CIVIC_STR("/accounts/{id}");
    facts.action = CIVIC_STR("staff.changed");
    facts.subject = CIVIC_STR("AAAAAAAAAAAAAAAAAAAAAA");
    facts.details = details;

    sealed = civic_audit_seal(arena,
                              civic_keyring_purpose(audit_keyring,
                                                    CIVIC_AUDIT_PURPOSE),
                              &facts);
    assert_in_range(sealed.len, 100, 160);

    civic_arena_destroy(arena);
    json_decref(details);
}


#define TEST(name)                                                            \
    cmocka_unit_test_setup_teardown(name, audit_set_up, audit_tear_down)

int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(goes_on),
        TEST(has_one_owner),
        TEST(begins_segments),
        TEST(cuts_what_is_torn),
        TEST(cuts_a_torn_beginning),
        TEST(leaves_damage_alone),
        TEST(writes_all_or_nothing),
        TEST(notices_a_thief),
        TEST(prunes_by_rule),
        TEST(says_what_is_missing),
        TEST(seals_entries),
        TEST(packs_entries),
        TEST(keeps_entries_short)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
