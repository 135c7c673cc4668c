/*
 * alipay_envelope_test.c - each code of the reference's table, signed and
 * not, and the sub_codes after which nobody knows what happened.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "alipay.h"

static const struct {
    const char        *code;
    const char        *sub_code;
    alipay_outcome_t   outcome;
    alipay_advice_t    advice;
    alipay_outcome_t   unsigned_outcome;
} table[] = {
    { "10000", "", ALIPAY_DONE, ALIPAY_ADVICE_NONE, ALIPAY_NOT_OURS },
    { "10003", "", ALIPAY_UNKNOWN, ALIPAY_ADVICE_ASK, ALIPAY_UNKNOWN },
    { "20000", "isp.unknow-error", ALIPAY_UNKNOWN, ALIPAY_ADVICE_ASK,
      ALIPAY_UNKNOWN },
    { "20000", "aop.unknow-error", ALIPAY_UNKNOWN, ALIPAY_ADVICE_ASK,
      ALIPAY_UNKNOWN },
    { "20001", "aop.auth-token-time-out", ALIPAY_REFUSED,
      ALIPAY_ADVICE_AUTHORISE, ALIPAY_REFUSED },
    { "20001", "aop.invalid-app-auth-token", ALIPAY_REFUSED,
      ALIPAY_ADVICE_REPAIR, ALIPAY_REFUSED },
    { "40001", "isv.missing-method", ALIPAY_REFUSED, ALIPAY_ADVICE_REPAIR,
      ALIPAY_REFUSED },
    { "40002", "isv.invalid-signature", ALIPAY_REFUSED, ALIPAY_ADVICE_REPAIR,
      ALIPAY_REFUSED },
    { "40002", "isv.code-invalid", ALIPAY_REFUSED, ALIPAY_ADVICE_AUTHORISE,
      ALIPAY_REFUSED },
    { "40003", "x", ALIPAY_REFUSED, ALIPAY_ADVICE_NONE, ALIPAY_UNKNOWN },
    { "40004", "ACQ.TRADE_NOT_EXIST", ALIPAY_REFUSED, ALIPAY_ADVICE_NONE,
      ALIPAY_UNKNOWN },
    { "40004", "ACQ.TRADE_HAS_SUCCESS", ALIPAY_REFUSED, ALIPAY_ADVICE_ASK,
      ALIPAY_UNKNOWN },
    { "40004", "ACQ.SYSTEM_ERROR", ALIPAY_UNKNOWN, ALIPAY_ADVICE_ASK,
      ALIPAY_UNKNOWN },
    { "40004", "aop.ACQ.SYSTEM_ERROR", ALIPAY_UNKNOWN, ALIPAY_ADVICE_ASK,
      ALIPAY_UNKNOWN },
    { "40004", "SYSTEM_ERROR", ALIPAY_UNKNOWN, ALIPAY_ADVICE_ASK,
      ALIPAY_UNKNOWN },
    { "40004", "UNKNOWN_ERROR", ALIPAY_UNKNOWN, ALIPAY_ADVICE_ASK,
      ALIPAY_UNKNOWN },
    { "40004", "isp.anything", ALIPAY_UNKNOWN, ALIPAY_ADVICE_ASK,
      ALIPAY_UNKNOWN },
    { "40004", "", ALIPAY_UNKNOWN, ALIPAY_ADVICE_ASK, ALIPAY_UNKNOWN },
    { "40004", "OPEN_CERTIFY_BILL_NOT_EXIST", ALIPAY_REFUSED,
      ALIPAY_ADVICE_NONE, ALIPAY_UNKNOWN },
    { "40005", "", ALIPAY_REFUSED, ALIPAY_ADVICE_WAIT, ALIPAY_REFUSED },
    { "40005", "isv.app-call-limited", ALIPAY_REFUSED, ALIPAY_ADVICE_WAIT,
      ALIPAY_REFUSED },
    { "40006", "isv.insufficient-isv-permissions", ALIPAY_REFUSED,
      ALIPAY_ADVICE_REPAIR, ALIPAY_REFUSED },
    { "40004 ", "ACQ.TRADE_NOT_EXIST", ALIPAY_UNKNOWN, ALIPAY_ADVICE_ASK,
      ALIPAY_UNKNOWN },
    { "1000", "", ALIPAY_UNKNOWN, ALIPAY_ADVICE_ASK, ALIPAY_UNKNOWN },
    { "100000", "", ALIPAY_UNKNOWN, ALIPAY_ADVICE_ASK, ALIPAY_UNKNOWN },
    { "", "", ALIPAY_UNKNOWN, ALIPAY_ADVICE_ASK, ALIPAY_UNKNOWN },
    { "59999", "x", ALIPAY_UNKNOWN, ALIPAY_ADVICE_ASK, ALIPAY_UNKNOWN },
};


static void
every_code(void **state)
{
    size_t           i;
    alipay_advice_t  advice;

    (void) state;

    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (alipay_judge(table[i].code, table[i].sub_code, 1, NULL, &advice)
            != table[i].outcome || advice != table[i].advice
            || alipay_judge(table[i].code, table[i].sub_code, 0, NULL,
                            &advice) != table[i].unsigned_outcome)
        {
            fail_msg("\"%s\", \"%s\"", table[i].code, table[i].sub_code);
        }
    }
}


static void
further_doubts(void **state)
{
    alipay_advice_t   advice;
    const char       *doubts[] = { "ACQ.CHANNEL_BUSY", NULL };
    alipay_dialect_t  dialect = { .unknown_sub_codes = doubts };

    (void) state;
    assert_int_equal(alipay_judge("40004", "ACQ.CHANNEL_BUSY", 1, NULL,
                                  &advice), ALIPAY_REFUSED);
    assert_int_equal(alipay_judge("40004", "ACQ.CHANNEL_BUSY", 1, &dialect,
                                  &advice), ALIPAY_UNKNOWN);
    assert_int_equal(advice, ALIPAY_ADVICE_ASK);
    assert_int_equal(alipay_judge("40004", "ACQ.CHANNEL_BUSY2", 1, &dialect,
                                  &advice), ALIPAY_REFUSED);
}


static void
names(void **state)
{
    (void) state;
    assert_string_equal(alipay_outcome_name(ALIPAY_DONE), "done");
    assert_string_equal(alipay_outcome_name(ALIPAY_REFUSED), "refused");
    assert_string_equal(alipay_outcome_name(ALIPAY_UNKNOWN), "unknown");
    assert_string_equal(alipay_outcome_name(ALIPAY_NOT_OURS), "not_ours");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(every_code),
        cmocka_unit_test(further_doubts),
        cmocka_unit_test(names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
