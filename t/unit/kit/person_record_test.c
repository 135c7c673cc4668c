/*
 * person_record_test.c - what is written is read, and nothing else is.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "person_record.h"


static void
fill(civic_person_identity_t *identity, const char *id, const char *name,
    unsigned flags)
{
    civic_id_rules_t  rules = { { 2026, 1, 1 }, 1900, flags };

    assert_int_equal(civic_id_number_parse(id, strlen(id), &rules,
                                           &identity->id), CIVIC_ID_OK);
    strcpy(identity->name, name);
    identity->name_len = strlen(name);
}


static void
round_trip(void **state)
{
    char                     text[CIVIC_IDENTITY_TEXT];
    int64_t                  len;
    civic_person_identity_t  in, out;

    (void) state;

    fill(&in, "81000019750315999X", "O'Brien·张", 0);
    len = civic_person_identity_encode(&in, text);
    assert_int_equal(len, strlen(text));
    assert_int_equal(civic_person_identity_decode(text, (size_t) len, &out),
                     0);
    assert_string_equal(out.id.text, "81000019750315999X");
    assert_int_equal(out.id.kind, CIVIC_ID_HONG_KONG);
    assert_int_equal(out.id.sex, 'M');
    assert_int_equal(out.id.birth.year, 1975);
    assert_string_equal(out.name, "O'Brien·张");

    fill(&in, "chn110115199001", "John Smith", CIVIC_ID_OLD_CARD);
    len = civic_person_identity_encode(&in, text);
    assert_int_equal(civic_person_identity_decode(text, (size_t) len, &out),
                     0);
    assert_string_equal(out.id.text, "CHN110115199001");
    assert_false(out.id.has_birth);
}


static void
longest(void **state)
{
    char                     text[CIVIC_IDENTITY_TEXT], name[201] = "";
    int                      i;
    int64_t                  len;
    civic_person_identity_t  in, out;

    (void) state;

    for (i = 0; i < 50; i++) {
        strcat(name, "𠮷");
    }

    fill(&in, "630102199001019990", name, 0);
    len = civic_person_identity_encode(&in, text);
    assert_true(len > 0);
    assert_int_equal(civic_person_identity_decode(text, (size_t) len, &out),
                     0);
    assert_string_equal(out.name, name);
}


static void
refused(void **state)
{
    char                     text[CIVIC_IDENTITY_TEXT];
    size_t                   i;
    civic_person_identity_t  in, out;
    const char              *wrong[] = {
        "", "1", "1\tresident", "1\tresident\t630102199001019990",
        "2\tresident\t630102199001019990\ta",
        "1\tresident\t630102199001019991\ta",
        "1\tforeign_pr_2023\t630102199001019990\ta",
        "1\tresident\t630102199001019990\ta\tb",
        "1\tnobody\t630102199001019990\ta",
    };

    (void) state;

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(civic_person_identity_decode(wrong[i],
                             strlen(wrong[i]), &out), -1);
    }

    fill(&in, "630102199001019990", "a\tb", 0);
    assert_int_equal(civic_person_identity_encode(&in, text), -1);
}


static void
parameters(void **state)
{
    size_t          i;
    civic_argon2_t  found;
    const char     *text = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA";
    const char     *wrong[] = {
        "", "$argon2id$", "$argon2i$v=19$m=1,t=2,p=1$a$b",
        "$argon2id$v=19$m=,t=2,p=1$a$b", "$argon2id$v=19$m=1,t=2,p=1",
        "$argon2id$v=19$m=99999999999,t=2,p=1$a$b",
    };

    (void) state;

    assert_int_equal(civic_argon2_parameters(text, strlen(text), &found), 0);
    assert_int_equal(found.memory, 19456);
    assert_int_equal(found.passes, 2);
    assert_int_equal(found.lanes, 1);

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(civic_argon2_parameters(wrong[i], strlen(wrong[i]),
                                                 &found), -1);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(round_trip),
        cmocka_unit_test(longest),
        cmocka_unit_test(refused),
        cmocka_unit_test(parameters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
