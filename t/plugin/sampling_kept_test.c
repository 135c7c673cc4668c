/*
 * sampling_kept_test.c - what is kept with a person: under which consent, of
 * which tube, what it says of who is sampled next, and what is damaged.
 */

#include "sampling_world.h"


/* ---- what counts ---------------------------------------------------------- */

/* Whoever is positive comes alone until a single result says otherwise. */
static void
test_positive_stays(void **state)
{
    int  recheck;

    (void) state;
    filled(SINGLE, 1, 1, 1);
    fake_advance(h, MINUTE);
    filled(TUBE, 10, 1, 3);
    (void) sends(lab, SINGLE, "positive");
    (void) sends(lab, TUBE, "negative");
    spreads();
    assert_string_equal(newest(1, &recheck), "negative");
    assert_false(recheck);

    is_status(opens(ann, OTHER, 10), 201);
    shows(1, "genuine");
    is_problem(scans(ann, OTHER), 409, "sampling_single_only");
    (void) comes(2, OTHER);

    fake_advance(h, MINUTE);
    filled("XA20260004", 1, 1, 1);
    (void) sends(lab, "XA20260004", "negative");
    spreads();
    (void) comes(1, OTHER);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup(test_positive_stays, reset),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
