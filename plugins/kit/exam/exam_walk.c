/*
 * exam_walk.c - the walk through an exam's tree, its faults and their words.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "china_time.h"
#include "civil_date.h"
#include "exam_private.h"
#include "text.h"

typedef struct {
    const char  *code;
    const char  *zh;
    const char  *en;
} fault_text_t;

static const fault_text_t  texts[] = {
    [EXAM_NOT_JSON] = { "not_json", "不是正确的 JSON", "is no correct JSON" },
    [EXAM_NO_MEMORY] = { "no_memory", "内存不足", "no memory" },
    [EXAM_TOO_LARGE] = { "too_large", "内容过大", "is too large" },
    [EXAM_EXPECTED_OBJECT] = { "expected_object", "应为对象 {...}",
        "must be an object {...}" },
    [EXAM_EXPECTED_ARRAY] = { "expected_array", "应为数组 [...]",
        "must be an array [...]" },
    [EXAM_EXPECTED_STRING] = { "expected_string", "应为文字（带引号）",
        "must be a text in quotes" },
    [EXAM_EXPECTED_INTEGER] = { "expected_integer", "应为整数（不带引号）",
        "must be a whole number without quotes" },
    [EXAM_EXPECTED_BOOLEAN] = { "expected_boolean", "应为 true 或 false",
        "must be true or false" },
    [EXAM_REQUIRED] = { "required", "缺少此项", "is missing" },
    [EXAM_UNKNOWN_MEMBER] = { "unknown_member", "没有这样的项目，请检查拼写",
        "is no member that is known: check its spelling" },
    [EXAM_EMPTY] = { "empty", "不能为空", "must not be empty" },
    [EXAM_TOO_LONG] = { "too_long", "文字过长", "is too long" },
    [EXAM_TOO_MANY] = { "too_many", "数量过多", "are too many" },
    [EXAM_BAD_TEXT] = { "bad_text", "含有控制字符",
        "has control characters" },
    [EXAM_OUT_OF_RANGE] = { "out_of_range", "超出允许的范围",
        "is not within what is allowed" },
    [EXAM_BAD_ID] = { "bad_id",
        "考试代号由 1 至 40 个小写字母、数字、- 组成，不以 - 开头",
        "an exam's id has 1 to 40 of a-z, 0-9 and -, and begins with no -" },
    [EXAM_BAD_NAME] = { "bad_name",
        "名称由 1 至 32 个小写字母、数字、_ 组成，以字母开头",
        "a name has 1 to 32 of a-z, 0-9 and _, and begins with a letter" },
    [EXAM_BAD_CODE] = { "bad_code", "代码由 1 至 20 个字母、数字、- 组成",
        "a code has 1 to 20 letters, digits and -" },
    [EXAM_BAD_SITE] = { "bad_site", "考点代码为两位数字，如 \"01\"",
        "a site's code are two digits, such as \"01\"" },
    [EXAM_BAD_ROOM] = { "bad_room", "考场代码为三位数字，如 \"001\"",
        "a room's code are three digits, such as \"001\"" },
    [EXAM_BAD_PREFIX] = { "bad_prefix", "准考证号前缀为 1 至 8 位数字",
        "the prefix of numbers are 1 to 8 digits" },
    [EXAM_BAD_INSTANT] = { "bad_instant",
        "应为带时区的时间，如 2026-03-09T09:00:00+08:00",
        "must be an instant with offset, such as 2026-03-09T09:00:00+08:00" },
    [EXAM_BAD_DATE] = { "bad_date", "应为日期，如 1991-03-09",
        "must be a date, such as 1991-03-09" },
    [EXAM_BAD_TYPE] = { "bad_type",
        "类型应为 text、choice、choices、date、number、phone、email 或 yes_no",
        "a type is text, choice, choices, date, number, phone, email or "
        "yes_no" },
    [EXAM_BAD_PATTERN] = { "bad_pattern", "不是正确的正则表达式（POSIX ERE）",
        "is no regular expression (POSIX ERE)" },
    [EXAM_BAD_EXAMPLE] = { "bad_example", "示例不符合该项自己的要求",
        "is refused by its own field" },
    [EXAM_BACKWARDS] = { "backwards", "结束不能早于开始，最大不能小于最小",
        "ends before it begins, or is a maximum below the minimum" },
    [EXAM_OUT_OF_ORDER] = { "out_of_order", "不能早于报名的相应时间",
        "must not be before that of the registration" },
    [EXAM_DUPLICATE] = { "duplicate", "重复", "is there twice" },
    [EXAM_NOT_FOR_TYPE] = { "not_for_type", "此类型的表单项没有这一设置",
        "is not for fields of this type" },
    [EXAM_UNKNOWN_FIELD] = { "unknown_field", "表单中没有这一项",
        "is no field of the form" },
    [EXAM_LATER_FIELD] = { "later_field", "只能取决于前面的表单项",
        "must be a field that comes before" },
    [EXAM_UNKNOWN_OPTION] = { "unknown_option", "不是该表单项的选项",
        "is no option of that field" },
    [EXAM_UNKNOWN_POSITION] = { "unknown_position", "没有这一职位",
        "is no position" },
    [EXAM_NO_TEST] = { "no_test", "须同时有 in、min 或 max",
        "wants in, min or max beside it" },
    [EXAM_BAD_HEADER] = { "bad_header",
        "第一行应为 code,name,unit,places,note",
        "its first line must be code,name,unit,places,note" },
    [EXAM_BAD_ROW] = { "bad_row",
        "每行应有 code,name,unit,places,note 五格（note 可省略），UTF-8 编码",
        "a line has code,name,unit,places and perhaps note, in UTF-8" },
};


/* ---- where it is ------------------------------------------------------- */

/* RFC 6901: "~" and "/" in a name are escaped. */
size_t
exam_down(exam_walk_t *w, const char *name)
{
    size_t       mark = w->len;
    const char  *p;

    if (w->len + 2 * strlen(name) + 2 > sizeof(w->pointer)) {
        name = "...";
        if (w->len + 5 > sizeof(w->pointer)) {
            return mark;
        }
    }

    w->pointer[w->len++] = '/';

    for (p = name; *p != '\0'; p++) {
        if (*p == '~' || *p == '/') {
            w->pointer[w->len++] = '~';
            w->pointer[w->len++] = *p == '~' ? '0' : '1';
            continue;
        }

        w->pointer[w->len++] = *p;
    }

    w->pointer[w->len] = '\0';

    return mark;
}


size_t
exam_down_item(exam_walk_t *w, size_t index)
{
    char  text[24];

    (void) snprintf(text, sizeof(text), "%zu", index);

    return exam_down(w, text);
}


void
exam_up(exam_walk_t *w, size_t mark)
{
    w->len = mark;
    w->pointer[mark] = '\0';
}


/* Not cut within a character. */
static void
quote(char out[CIVIC_EXAM_DETAIL], const char *s)
{
    size_t  len = strlen(s);

    if (len >= CIVIC_EXAM_DETAIL) {
        len = CIVIC_EXAM_DETAIL - 1;

        while (len > 0 && (s[len] & 0xc0) == 0x80) {
            len--;
        }
    }

    memcpy(out, s, len);
    out[len] = '\0';
}


void
exam_fault(exam_walk_t *w, exam_fault_t number, const char *detail)
{
    civic_exam_fault_t   *fault;
    civic_exam_faults_t  *faults = w->faults;

    if (faults->count++ >= CIVIC_EXAM_FAULTS) {
        return;
    }

    fault = &faults->list[faults->count - 1];
    fault->code = texts[number].code;
    fault->zh = texts[number].zh;
    fault->en = texts[number].en;
    memcpy(fault->pointer, w->pointer, w->len + 1);
    quote(fault->detail, detail == NULL ? "" : detail);
}


void
exam_fault_at(exam_walk_t *w, const char *name, exam_fault_t fault,
    const char *detail)
{
    size_t  mark = exam_down(w, name);

    exam_fault(w, fault, detail);
    exam_up(w, mark);
}


/* ---- members ----------------------------------------------------------- */

static json_t *
member(exam_walk_t *w, json_t *object, const char *name, int required)
{
    json_t  *value = json_object_get(object, name);

    if (value == NULL && required) {
        exam_fault_at(w, name, EXAM_REQUIRED, NULL);
    }

    return value;
}


json_t *
exam_array(exam_walk_t *w, json_t *object, const char *name, size_t min,
    size_t max)
{
    char     limit[CIVIC_EXAM_DETAIL];
    json_t  *value = member(w, object, name, 1);

    if (value == NULL) {
        return NULL;
    }

    if (!json_is_array(value)) {
        exam_fault_at(w, name, EXAM_EXPECTED_ARRAY, NULL);
        return NULL;
    }

    if (json_array_size(value) < min) {
        exam_fault_at(w, name, EXAM_EMPTY, NULL);
    }

    if (json_array_size(value) > max) {
        (void) snprintf(limit, sizeof(limit), "%zu > %zu",
                        json_array_size(value), max);
        exam_fault_at(w, name, EXAM_TOO_MANY, limit);
        return NULL;
    }

    return value;
}


json_t *
exam_object(exam_walk_t *w, json_t *object, const char *name, int required)
{
    json_t  *value = member(w, object, name, required);

    if (value != NULL && !json_is_object(value)) {
        exam_fault_at(w, name, EXAM_EXPECTED_OBJECT, NULL);
        return NULL;
    }

    return value;
}


/* Line breaks are for people, other control characters for nobody. */
static int
has_control(const char *s)
{
    for ( /* void */ ; *s != '\0'; s++) {
        if (((unsigned char) *s < 0x20 && *s != '\n') || *s == 0x7f) {
            return 1;
        }
    }

    return 0;
}


static int
text_is_good(exam_walk_t *w, const char *name, const char *text, size_t max)
{
    char     limit[CIVIC_EXAM_DETAIL];
    int64_t  length = civic_text_length(text, strlen(text));

    if (text[strspn(text, " \n")] == '\0') {
        exam_fault_at(w, name, EXAM_EMPTY, NULL);
        return 0;
    }

    if (length > (int64_t) max) {
        (void) snprintf(limit, sizeof(limit), "%lld > %zu",
                        (long long) length, max);
        exam_fault_at(w, name, EXAM_TOO_LONG, limit);
        return 0;
    }

    if (length < 0 || has_control(text)) {
        exam_fault_at(w, name, EXAM_BAD_TEXT, NULL);
        return 0;
    }

    return 1;
}


const char *
exam_string(exam_walk_t *w, json_t *object, const char *name, size_t max,
    int required)
{
    json_t  *value = member(w, object, name, required);

    if (value == NULL) {
        return NULL;
    }

    if (!json_is_string(value)) {
        exam_fault_at(w, name, EXAM_EXPECTED_STRING, NULL);
        return NULL;
    }

    return text_is_good(w, name, json_string_value(value), max)
           ? json_string_value(value) : NULL;
}


int
exam_is_object(exam_walk_t *w, json_t *value)
{
    if (!json_is_object(value)) {
        exam_fault(w, EXAM_EXPECTED_OBJECT, NULL);
        return 0;
    }

    return 1;
}


void
exam_only(exam_walk_t *w, json_t *object, const char *const *names)
{
    size_t       i;
    json_t      *value;
    const char  *name;

    json_object_foreach(object, name, value) {
        for (i = 0; names[i] != NULL && strcmp(names[i], name) != 0; i++) {
            /* void */
        }

        if (names[i] == NULL) {
            exam_fault_at(w, name, EXAM_UNKNOWN_MEMBER, NULL);
        }
    }
}


void
exam_pair_here(exam_walk_t *w, json_t *value, size_t max)
{
    static const char *const  names[] = { "zh", "en", NULL };

    if (!exam_is_object(w, value)) {
        return;
    }

    exam_only(w, value, names);
    (void) exam_string(w, value, "zh", max, 1);
    (void) exam_string(w, value, "en", 4 * max, 0);
}


void
exam_pair(exam_walk_t *w, json_t *object, const char *name, size_t max,
    int required)
{
    size_t   mark;
    json_t  *value = exam_object(w, object, name, required);

    if (value == NULL) {
        return;
    }

    mark = exam_down(w, name);
    exam_pair_here(w, value, max);
    exam_up(w, mark);
}


int
exam_integer(exam_walk_t *w, json_t *object, const char *name, int64_t min,
    int64_t max, int required, int64_t *number)
{
    char     limits[CIVIC_EXAM_DETAIL];
    json_t  *value = member(w, object, name, required);

    if (value == NULL) {
        return 0;
    }

    if (!json_is_integer(value)) {
        exam_fault_at(w, name, EXAM_EXPECTED_INTEGER, NULL);
        return 0;
    }

    *number = json_integer_value(value);

    if (*number < min || *number > max) {
        (void) snprintf(limits, sizeof(limits), "%lld: %lld - %lld",
                        (long long) *number, (long long) min,
                        (long long) max);
        exam_fault_at(w, name, EXAM_OUT_OF_RANGE, limits);
        return 0;
    }

    return 1;
}


int
exam_boolean(exam_walk_t *w, json_t *object, const char *name)
{
    json_t  *value = member(w, object, name, 0);

    if (value != NULL && !json_is_boolean(value)) {
        exam_fault_at(w, name, EXAM_EXPECTED_BOOLEAN, NULL);
    }

    return json_is_true(value);
}


int
exam_date(exam_walk_t *w, json_t *object, const char *name, int64_t *days)
{
    const char    *text = exam_string(w, object, name, 64, 0);
    civic_date_t   date;

    if (text == NULL) {
        return 0;
    }

    if (civic_date_parse(text, strlen(text), &date) != 0) {
        exam_fault_at(w, name, EXAM_BAD_DATE, text);
        return 0;
    }

    *days = civic_date_to_days(date);

    return 1;
}


static int
instant(exam_walk_t *w, json_t *object, const char *name, int64_t *at)
{
    const char  *text = exam_string(w, object, name, 64, 1);

    if (text == NULL) {
        return 0;
    }

    if (civic_instant_read(text, strlen(text), at) != 0 || *at <= 0) {
        exam_fault_at(w, name, EXAM_BAD_INSTANT, text);
        return 0;
    }

    return 1;
}


void
exam_span(exam_walk_t *w, json_t *object, civic_exam_window_t *span)
{
    int  from = instant(w, object, "from", &span->from);
    int  until = instant(w, object, "until", &span->until);

    if (from && until && span->until <= span->from) {
        exam_fault_at(w, "until", EXAM_BACKWARDS, NULL);
    }
}


/* ---- what must differ -------------------------------------------------- */

typedef struct {
    const char  *text;
    size_t       index;
} named_t;


static int
compare(const void *a, const void *b)
{
    const named_t  *one = a, *two = b;
    int             order = strcmp(one->text, two->text);

    return order != 0 ? order : one->index < two->index ? -1 : 1;
}


void
exam_unique(exam_walk_t *w, json_t *array, const char *name)
{
    size_t    i, mark, n = 0;
    json_t   *value, *text;
    named_t  *all = malloc((json_array_size(array) + 1) * sizeof(named_t));

    if (all == NULL) {
        exam_fault(w, EXAM_NO_MEMORY, NULL);
        return;
    }

    json_array_foreach(array, i, value) {
        text = name == NULL ? value : json_object_get(value, name);
        if (json_is_string(text)) {
            all[n++] = (named_t) { json_string_value(text), i };
        }
    }

    qsort(all, n, sizeof(named_t), compare);

    for (i = 1; i < n; i++) {
        if (strcmp(all[i - 1].text, all[i].text) == 0) {
            mark = exam_down_item(w, all[i].index);
            if (name != NULL) {
                (void) exam_down(w, name);
            }
            exam_fault(w, EXAM_DUPLICATE, all[i].text);
            exam_up(w, mark);
        }
    }

    free(all);
}
