/*
 * id_number.c - see id_number.h.
 *
 * A number is judged in the order in which a person can follow the answer:
 * its characters, its length, its place, its day of birth, and last its
 * check character, which tells nothing but "mistyped".
 */

#include <string.h>

#include "id_number.h"
#include "text.h"

#define YEAR_AT      6
#define SEQUENCE_AT  14
#define CHECK_AT     17

#define MASK_SHOWN   4

/* ISO 7064 MOD 11-2: the remainders of 0 to 10 as characters. */
static const char  check_characters[] = "10X98765432";


static char
check_character(const char *s)
{
    /* 2^(17-i) mod 11, GB 11643-1999 */
    static const int  weights[] = { 7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10,
                                    5, 8, 4, 2 };

    int     sum = 0;
    size_t  i;

    for (i = 0; i < CHECK_AT; i++) {
        sum += (s[i] - '0') * weights[i];
    }

    return check_characters[sum % 11];
}


static int
number_at(const char *s, size_t count)
{
    int  value = 0;

    while (count-- > 0) {
        value = value * 10 + (*s++ - '0');
    }

    return value;
}


static int
is_digit(char c)
{
    return c >= '0' && c <= '9';
}


static int
is_letter(char c)
{
    return c >= 'A' && c <= 'Z';
}


static int
all_digits(const char *s, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        if (!is_digit(s[i])) {
            return 0;
        }
    }

    return 1;
}


/*
 * Folds to upper-case ASCII.  Returns the number of characters, of which at
 * most room are written, or -1 for one that can be in no number.
 */
static int64_t
fold(const char *s, size_t len, char *out, size_t room)
{
    size_t   at, size;
    int32_t  code;
    int64_t  count = 0;

    for (at = 0; at < len; at += size) {
        code = civic_text_narrow(civic_text_code(s + at, len - at, &size));

        if (code >= 'a' && code <= 'z') {
            code -= 'a' - 'A';
        }

        if (code > 0x7f || (!is_digit((char) code) && !is_letter((char) code)))
        {
            return -1;
        }

        if ((size_t) count < room) {
            out[count] = (char) code;
        }

        count++;
    }

    return count;
}


/* 3 letters of the country and 12 digits. */
static int
is_old_card(const char *s, size_t len)
{
    return len == CIVIC_ID_OLD_CARD_LEN && is_letter(s[0]) && is_letter(s[1])
           && is_letter(s[2]) && all_digits(s + 3, len - 3);
}


/* Provinces by GB/T 2260, first two digits. */
static int
is_province(int code)
{
    return (code >= 11 && code <= 15) || (code >= 21 && code <= 23)
           || (code >= 31 && code <= 37) || (code >= 41 && code <= 46)
           || (code >= 50 && code <= 54) || (code >= 61 && code <= 65)
           || code == 71;
}


/* The kind by the address code.  0, or -1 for no such place. */
static int
find_kind(const char *s, civic_id_kind_t *kind)
{
    int  place = number_at(s, 2);

    if (s[0] == '9') {
        /* the place of application follows the 9 */
        *kind = CIVIC_ID_FOREIGN;
        return is_province(number_at(s + 1, 2)) ? 0 : -1;
    }

    if (place >= 81 && place <= 83) {
        *kind = (civic_id_kind_t) (CIVIC_ID_HONG_KONG + (place - 81));
        return 0;
    }

    *kind = CIVIC_ID_RESIDENT;

    return is_province(place) ? 0 : -1;
}


static civic_id_reason_t
judge_birth(civic_date_t birth, const civic_id_rules_t *rules)
{
    if (!civic_date_valid(birth) || birth.year < rules->minimum_year) {
        return CIVIC_ID_BIRTH_DATE;
    }

    if (civic_date_compare(birth, rules->today) > 0) {
        return CIVIC_ID_BIRTH_FUTURE;
    }

    return CIVIC_ID_OK;
}


/* 18 characters, folded. */
static civic_id_reason_t
judge(const char *s, const civic_id_rules_t *rules, civic_id_number_t *id)
{
    civic_id_kind_t    kind;
    civic_date_t       birth;
    civic_id_reason_t  reason;

    if (!all_digits(s, CHECK_AT)
        || (!is_digit(s[CHECK_AT]) && s[CHECK_AT] != 'X'))
    {
        return CIVIC_ID_CHARSET;
    }

    if (find_kind(s, &kind) != 0) {
        return CIVIC_ID_REGION;
    }

    birth.year = number_at(s + YEAR_AT, 4);
    birth.month = number_at(s + YEAR_AT + 4, 2);
    birth.day = number_at(s + YEAR_AT + 6, 2);

    reason = judge_birth(birth, rules);
    if (reason != CIVIC_ID_OK) {
        return reason;
    }

    if (check_character(s) != s[CHECK_AT]) {
        return CIVIC_ID_CHECKSUM;
    }

    memcpy(id->text, s, CIVIC_ID_NUMBER_LEN);
    id->text[CIVIC_ID_NUMBER_LEN] = '\0';
    id->len = CIVIC_ID_NUMBER_LEN;
    id->kind = kind;
    id->has_birth = 1;
    id->birth = birth;
    id->sex = number_at(s + SEQUENCE_AT, 3) % 2 == 1 ? 'M' : 'F';

    return CIVIC_ID_OK;
}


/* GB 11643-1999, annex: the century after the address, then the check.
   Sequences 996 to 999 were kept for people born in the century before. */
static void
upgrade(const char *s, char *out)
{
    int  sequence = number_at(s + 12, 3);

    memcpy(out, s, YEAR_AT);
    memcpy(out + YEAR_AT, sequence >= 996 ? "18" : "19", 2);
    memcpy(out + YEAR_AT + 2, s + YEAR_AT, CIVIC_ID_OLD_CARD_LEN - YEAR_AT);
    out[CHECK_AT] = check_character(out);
}


static civic_id_reason_t
take_old_card(const char *s, size_t len, civic_id_number_t *id)
{
    if (len != CIVIC_ID_OLD_CARD_LEN) {
        return CIVIC_ID_LENGTH;
    }

    if (!is_old_card(s, len)) {
        return CIVIC_ID_CHARSET;
    }

    memset(id, 0, sizeof(civic_id_number_t));
    memcpy(id->text, s, len);
    id->len = len;
    id->kind = CIVIC_ID_FOREIGN_OLD;

    return CIVIC_ID_OK;
}


/* 15 characters where 18 were asked for. */
static civic_id_reason_t
judge_short(const char *s, const civic_id_rules_t *rules,
    civic_id_number_t *id)
{
    char  longer[CIVIC_ID_NUMBER_LEN];

    if (is_old_card(s, CIVIC_ID_OLD_CARD_LEN)) {
        return CIVIC_ID_LEGACY_PR_15;
    }

    if (!all_digits(s, CIVIC_ID_OLD_CARD_LEN)) {
        return CIVIC_ID_CHARSET;
    }

    if (!(rules->flags & CIVIC_ID_UPGRADE_15)) {
        return CIVIC_ID_LEGACY_15;
    }

    upgrade(s, longer);

    return judge(longer, rules, id);
}


/* Characters that make a length not worth telling: a letter that is no X, or
   an X that is not at the end. */
static int
has_stray_letter(const char *s, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        if (!is_digit(s[i]) && (s[i] != 'X' || i + 1 < len)) {
            return 1;
        }
    }

    return 0;
}


civic_id_reason_t
civic_id_number_parse(const char *s, size_t len,
    const civic_id_rules_t *rules, civic_id_number_t *id)
{
    char     folded[CIVIC_ID_NUMBER_LEN];
    int64_t  count;

    if (rules->flags & CIVIC_ID_TRIM) {
        civic_text_trim(&s, &len);
    }

    count = fold(s, len, folded, sizeof(folded));

    if (count < 0) {
        return CIVIC_ID_CHARSET;
    }

    if (rules->flags & CIVIC_ID_OLD_CARD) {
        return take_old_card(folded, (size_t) count, id);
    }

    if (count == CIVIC_ID_OLD_CARD_LEN) {
        return judge_short(folded, rules, id);
    }

    if (count == CIVIC_ID_NUMBER_LEN) {
        return judge(folded, rules, id);
    }

    if (count < CIVIC_ID_NUMBER_LEN
        && has_stray_letter(folded, (size_t) count))
    {
        return CIVIC_ID_CHARSET;
    }

    return CIVIC_ID_LENGTH;
}


const char *
civic_id_reason_name(civic_id_reason_t reason)
{
    static const char *const  names[] = {
        "ok", "charset", "length", "legacy_15", "legacy_pr_15", "region",
        "birth_date", "birth_future", "checksum"
    };

    return names[reason];
}


static const char *const  kind_names[] = {
    "resident", "hk_residence_permit", "mo_residence_permit",
    "tw_residence_permit", "foreign_pr_2023", "foreign_pr_old"
};


const char *
civic_id_kind_name(civic_id_kind_t kind)
{
    return kind_names[kind];
}


int
civic_id_kind_parse(const char *name, civic_id_kind_t *kind)
{
    size_t  i;

    for (i = 0; i < sizeof(kind_names) / sizeof(kind_names[0]); i++) {
        if (strcmp(name, kind_names[i]) == 0) {
            *kind = (civic_id_kind_t) i;
            return 0;
        }
    }

    return -1;
}


size_t
civic_id_number_mask(const char *s, size_t len, char out[CIVIC_ID_TEXT])
{
    size_t  i;

    if (len > CIVIC_ID_NUMBER_LEN) {
        len = CIVIC_ID_NUMBER_LEN;
    }

    memset(out, '*', len);
    out[len] = '\0';

    if (len != CIVIC_ID_NUMBER_LEN && len != CIVIC_ID_OLD_CARD_LEN) {
        return len;
    }

    for (i = 0; i < MASK_SHOWN; i++) {
        out[i] = s[i];
        out[len - 1 - i] = s[len - 1 - i];
    }

    return len;
}
