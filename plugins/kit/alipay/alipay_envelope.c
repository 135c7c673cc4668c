/*
 * alipay_envelope.c - what code and sub_code mean for whoever called.
 *
 * The question is not whether it failed but whether it may have happened:
 * an account that is told "refused" pays again.  What is in doubt is UNKNOWN,
 * and so is every code that is not in the reference's table.
 */

#include <string.h>
#include <strings.h>

#include "alipay_private.h"

typedef struct {
    const char        *code;
    alipay_outcome_t   outcome;
    alipay_advice_t    advice;
    int                early;           /* before any business: also believed
                                           when nobody signed it */
} verdict_t;

static const verdict_t  verdicts[] = {
    { "10000", ALIPAY_DONE, ALIPAY_ADVICE_NONE, 0 },
    { "10003", ALIPAY_UNKNOWN, ALIPAY_ADVICE_ASK, 0 },
    { "20000", ALIPAY_UNKNOWN, ALIPAY_ADVICE_ASK, 0 },
    { "20001", ALIPAY_REFUSED, ALIPAY_ADVICE_AUTHORISE, 1 },
    { "40001", ALIPAY_REFUSED, ALIPAY_ADVICE_REPAIR, 1 },
    { "40002", ALIPAY_REFUSED, ALIPAY_ADVICE_REPAIR, 1 },
    { "40003", ALIPAY_REFUSED, ALIPAY_ADVICE_NONE, 0 },
    { "40004", ALIPAY_REFUSED, ALIPAY_ADVICE_NONE, 0 },
    { "40005", ALIPAY_REFUSED, ALIPAY_ADVICE_WAIT, 1 },
    { "40006", ALIPAY_REFUSED, ALIPAY_ADVICE_REPAIR, 1 },
};

/* Ends of sub_codes by which a provider says that it does not know itself;
   "unknow" is Alipay's spelling. */
static const char *const  doubtful[] = {
    "SYSTEM_ERROR", "UNKNOWN_ERROR", "UNKNOW_ERROR", "SYSTEM-ERROR",
    "UNKNOWN-ERROR", "UNKNOW-ERROR", NULL
};

static const struct {
    const char       *sub_code;
    alipay_advice_t   advice;
} advices[] = {
    { "isv.code-invalid", ALIPAY_ADVICE_AUTHORISE },
    { "aop.invalid-app-auth-token", ALIPAY_ADVICE_REPAIR },
    { "ACQ.TRADE_HAS_SUCCESS", ALIPAY_ADVICE_ASK },
};


static int
ends_with(const char *text, const char *end)
{
    size_t  len = strlen(text), end_len = strlen(end);

    return len >= end_len && strcasecmp(text + len - end_len, end) == 0;
}


/* Whether a failure of the business leaves open what happened. */
static int
is_doubtful(const char *sub_code, const alipay_dialect_t *dialect)
{
    const char *const  *one;

    /* isp.: the service's side, not the caller's */
    if (sub_code[0] == '\0' || strncmp(sub_code, "isp.", 4) == 0) {
        return 1;
    }

    for (one = doubtful; *one != NULL; one++) {
        if (ends_with(sub_code, *one)) {
            return 1;
        }
    }

    if (dialect == NULL || dialect->unknown_sub_codes == NULL) {
        return 0;
    }

    for (one = dialect->unknown_sub_codes; *one != NULL; one++) {
        if (strcmp(sub_code, *one) == 0) {
            return 1;
        }
    }

    return 0;
}


static const verdict_t *
verdict_of(const char *code)
{
    size_t  i;

    for (i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
        if (strcmp(verdicts[i].code, code) == 0) {
            return &verdicts[i];
        }
    }

    return NULL;
}


static alipay_advice_t
advice_of(const verdict_t *verdict, const char *sub_code)
{
    size_t  i;

    for (i = 0; i < sizeof(advices) / sizeof(advices[0]); i++) {
        if (strcmp(advices[i].sub_code, sub_code) == 0) {
            return advices[i].advice;
        }
    }

    return verdict->advice;
}


alipay_outcome_t
alipay_judge(const char *code, const char *sub_code, int good,
    const alipay_dialect_t *dialect, alipay_advice_t *advice)
{
    const verdict_t  *verdict = verdict_of(code);

    *advice = ALIPAY_ADVICE_ASK;

    if (verdict == NULL) {
        return ALIPAY_UNKNOWN;
    }

    if (verdict->outcome == ALIPAY_DONE && !good) {
        return ALIPAY_NOT_OURS;
    }

    if (verdict->outcome == ALIPAY_REFUSED && !verdict->early
        && (!good || is_doubtful(sub_code, dialect)))
    {
        return ALIPAY_UNKNOWN;
    }

    *advice = advice_of(verdict, sub_code);

    return verdict->outcome;
}


const char *
alipay_outcome_name(alipay_outcome_t outcome)
{
    switch (outcome) {
    case ALIPAY_DONE:
        return "done";
    case ALIPAY_REFUSED:
        return "refused";
    case ALIPAY_NOT_OURS:
        return "not_ours";
    case ALIPAY_UNKNOWN:
        break;
    }

    return "unknown";
}
