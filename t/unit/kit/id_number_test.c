/*
 * id_number_test.c - every number of t/vectors/id-numbers.json, and what the
 * vectors leave out: folding, masks as input, the old foreign card.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "id_number.h"
#include "vectors.h"

/* The vectors' own day: later than every valid birth in them. */
static const civic_id_rules_t  strict = { { 2026, 12, 31 }, 1880, 0 };


static civic_id_reason_t
parse(const char *text, civic_id_number_t *id)
{
    return civic_id_number_parse(text, strlen(text), &strict, id);
}


static const char *
text_of(json_t *vector, const char *name)
{
    return json_string_value(json_object_get(vector, name));
}


static void
check_valid(json_t *vector, const civic_id_number_t *id)
{
    char  text[CIVIC_ID_TEXT], day[CIVIC_DATE_TEXT];

    assert_string_equal(id->text, text_of(vector, "canonical"));
    assert_string_equal(civic_id_kind_name(id->kind), text_of(vector, "type"));
    assert_true(id->has_birth);

    civic_date_format(id->birth, day);
    assert_string_equal(day, text_of(vector, "birth"));
    assert_int_equal(id->sex, text_of(vector, "sex")[0]);

    assert_int_equal(civic_id_number_mask(id->text, id->len, text), id->len);
    assert_string_equal(text, text_of(vector, "masked"));
    assert_int_equal(parse(text, &(civic_id_number_t) { .len = 0 }),
                     CIVIC_ID_CHARSET);
}


static void
check_invalid(json_t *vector, civic_id_reason_t reason)
{
    const char  *expected = text_of(vector, "reason");

    assert_int_not_equal(reason, CIVIC_ID_OK);

    /* a changed digit may hit a field before the check character */
    if (strcmp(expected, "checksum_or_field") != 0) {
        assert_string_equal(civic_id_reason_name(reason), expected);
    }
}


static void
vectors(void **state)
{
    size_t             i, valid = 0, invalid = 0;
    json_t            *root, *vector, *input;
    civic_id_number_t  id;
    civic_id_reason_t  reason;

    (void) state;
    root = test_vectors("id-numbers.json");

    json_array_foreach(json_object_get(root, "vectors"), i, vector) {
        input = json_object_get(vector, "input");
        reason = civic_id_number_parse(json_string_value(input),
                                       json_string_length(input), &strict,
                                       &id);
        if (json_is_true(json_object_get(vector, "valid"))) {
            assert_int_equal(reason, CIVIC_ID_OK);
            check_valid(vector, &id);
            valid++;

        } else {
            check_invalid(vector, reason);
            invalid++;
        }
    }

    assert_int_equal(valid, 19);
    assert_int_equal(invalid, 22);
    json_decref(root);
}


/* What the vectors call lenient, each behind its own flag. */
static void
edges_and_upgrade(void **state)
{
    civic_id_rules_t   rules = strict;
    civic_id_number_t  id;
    const char        *edged = " 630102199001019990\xe3\x80\x80\r\n";

    (void) state;

    assert_int_equal(parse(edged, &id), CIVIC_ID_CHARSET);
    rules.flags = CIVIC_ID_TRIM;
    assert_int_equal(civic_id_number_parse(edged, strlen(edged), &rules, &id),
                     CIVIC_ID_OK);
    assert_string_equal(id.text, "630102199001019990");
    assert_int_equal(civic_id_number_parse("6301021990 01019990", 19, &rules,
                                           &id), CIVIC_ID_CHARSET);
    assert_int_equal(civic_id_number_parse("   ", 3, &rules, &id),
                     CIVIC_ID_LENGTH);

    rules.flags = CIVIC_ID_UPGRADE_15;
    assert_int_equal(civic_id_number_parse("340524800101001", 15, &rules,
                                           &id), CIVIC_ID_OK);
    assert_string_equal(id.text, "34052419800101001X");
    assert_int_equal(civic_id_number_parse("340524800230001", 15, &rules,
                                           &id), CIVIC_ID_BIRTH_DATE);
    assert_int_equal(civic_id_number_parse("440524800101999", 15, &rules,
                                           &id), CIVIC_ID_OK);
    assert_int_equal(id.birth.year, 1880);
}


static void
folding(void **state)
{
    civic_id_number_t  id;

    (void) state;

    assert_int_equal(parse("63010319911201999x", &id), CIVIC_ID_OK);
    assert_string_equal(id.text, "63010319911201999X");

    assert_int_equal(parse("６３０１０３１９９１１２０１９９９Ｘ", &id),
                     CIVIC_ID_OK);
    assert_string_equal(id.text, "63010319911201999X");
    assert_int_equal(parse("63010319911201999ｘ", &id), CIVIC_ID_OK);

    /* Cyrillic, Greek, multiplication sign, an X that is not at the end */
    assert_int_equal(parse("63010319911201999Х", &id), CIVIC_ID_CHARSET);
    assert_int_equal(parse("63010319911201999Χ", &id), CIVIC_ID_CHARSET);
    assert_int_equal(parse("63010319911201999×", &id), CIVIC_ID_CHARSET);
    assert_int_equal(parse("63010319911201X99X", &id), CIVIC_ID_CHARSET);
    assert_int_equal(parse("63010319911201999\xff", &id), CIVIC_ID_CHARSET);
}


/* Every one-character slip is found, and every swap of neighbours. */
static void
slips(void **state)
{
    char               text[] = "630102199001019990";
    char               kept, digit;
    size_t             i;
    civic_id_number_t  id;

    (void) state;

    for (i = 0; i < 18; i++) {
        kept = text[i];

        for (digit = '0'; digit <= '9'; digit++) {
            text[i] = digit;
            assert_int_equal(parse(text, &id) == CIVIC_ID_OK, digit == kept);
        }

        text[i] = kept;
    }

    for (i = 0; i < 17; i++) {
        kept = text[i];
        text[i] = text[i + 1];
        text[i + 1] = kept;
        assert_int_equal(parse(text, &id) == CIVIC_ID_OK,
                         text[i] == text[i + 1]);
        text[i + 1] = text[i];
        text[i] = kept;
    }
}


static void
births(void **state)
{
    civic_id_rules_t   rules = { { 2021, 12, 30 }, 1900, 0 };
    civic_id_number_t  id;

    (void) state;

    assert_int_equal(civic_id_number_parse("610113202112319996", 18, &rules,
                                           &id), CIVIC_ID_BIRTH_FUTURE);
    rules.today.day = 31;
    assert_int_equal(civic_id_number_parse("610113202112319996", 18, &rules,
                                           &id), CIVIC_ID_OK);
    assert_int_equal(civic_id_number_parse("440524188001010014", 18, &rules,
                                           &id), CIVIC_ID_BIRTH_DATE);
}


static void
old_card(void **state)
{
    char               mask[CIVIC_ID_TEXT];
    civic_id_rules_t   rules = strict;
    civic_id_number_t  id;

    (void) state;

    assert_int_equal(parse("chn110115199001", &id), CIVIC_ID_LEGACY_PR_15);
    assert_int_equal(parse("CH1110115199001", &id), CIVIC_ID_CHARSET);

    rules.flags = CIVIC_ID_OLD_CARD;
    assert_int_equal(civic_id_number_parse("chn110115199001", 15, &rules,
                                           &id), CIVIC_ID_OK);
    assert_string_equal(id.text, "CHN110115199001");
    assert_int_equal(id.kind, CIVIC_ID_FOREIGN_OLD);
    assert_false(id.has_birth);

    assert_int_equal(civic_id_number_mask(id.text, id.len, mask), 15);
    assert_string_equal(mask, "CHN1*******9001");

    assert_int_equal(civic_id_number_parse("630102199001019990", 18, &rules,
                                           &id), CIVIC_ID_LENGTH);
    assert_int_equal(civic_id_number_parse("1HN110115199001", 15, &rules,
                                           &id), CIVIC_ID_CHARSET);
}


static void
names_of_kinds(void **state)
{
    civic_id_kind_t  kind;

    (void) state;

    assert_int_equal(civic_id_kind_parse("mo_residence_permit", &kind), 0);
    assert_int_equal(kind, CIVIC_ID_MACAO);
    assert_int_equal(civic_id_kind_parse("passport", &kind), -1);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(vectors),
        cmocka_unit_test(edges_and_upgrade),
        cmocka_unit_test(folding),
        cmocka_unit_test(slips),
        cmocka_unit_test(births),
        cmocka_unit_test(old_card),
        cmocka_unit_test(names_of_kinds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
