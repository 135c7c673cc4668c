/*
 * staff_tables.c - fields of looks, and of the routes of staff: verifying, and
 * the office.
 */

#include "id_form.h"
#include "kinship.h"
#include "kinship_tables.h"

static const char *const  kinds[] = { "own", "kin", NULL };
static const char *const  codes[] = { "none", "own", "kin", NULL };
static const char *const  results[] = {
    "negative", "positive", "recheck", "invalid", NULL
};
static const char *const  outcomes[] = { "set", "same", "refused", NULL };
static const char *const  purposes[] = {
    "epidemic_control", "appeal", "correction", NULL
};
static const char *const  verdicts[] = {
    "genuine", "expired", "early", "forged", "other", "revoked", "not_here",
    NULL
};

#define REASON                                                                \
    { .name = "reason", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,   \
      .min = 1, .max = 100, .zh = "依据，记入审计；不得写姓名等个人信息",     \
      .en = "why, for the audit trail; nothing that names people" }

#define PERSON                                                                \
    { .name = "id_number", .type = CIVIC_TYPE_STRING,                         \
      .flags = CIVIC_REQUIRED | CIVIC_SECRET, .max = 64,                      \
      .example = SHARED_NUMBER_EXAMPLE, .zh = "身份证号",                     \
      .en = "the identity number" },                                          \
    { .name = "id_kind", .type = CIVIC_TYPE_STRING,                           \
      .choices = shared_id_kinds, .fallback = "\"resident\"",                 \
      .zh = "证件类型：旧版外国人永久居留证填 foreign_pr_old，其余省略",      \
      .en = "foreign_pr_old for the old foreign permanent resident's card; "  \
            "all others are told by their number" }


/* ---- who looked -------------------------------------------------------- */

const civic_field_t  kinship_looks_query[] = {
    { .name = "binding_id", .type = CIVIC_TYPE_STRING,
      SHARED_ID_FORMAT, .zh = "看亲属的；没有则看本人的",
      .en = "a relative's; absent: the caller's own" },
    { .name = "before", .type = CIVIC_TYPE_STRING, .max = 41,
      .pattern = "[0-9]{1,20}-[0-9]{1,20}", .example = "1773016200000-0",
      .zh = "上一页的 next", .en = "next of the page before" },
    CIVIC_END
};

static const civic_field_t  look_fields[] = {
    FIELD("at", CIVIC_TYPE_INSTANT, "时间", "when"),
    FIELD("role", CIVIC_TYPE_STRING, "谁：guardian 监护人，其他为工作人员角色",
          "guardian, or roles of staff"),
    FIELD("role_label", CIVIC_TYPE_STRING, "谁（文字）", "the same in words"),
    MAYBE("name", CIVIC_TYPE_STRING, "监护人姓名（脱敏）；* 为已注销",
          "a guardian's name, masked; *: gone since"),
    MAYBE("place", CIVIC_TYPE_STRING, "地点种类", "the kind of place"),
    MAYBE("place_label", CIVIC_TYPE_STRING, "地点种类（文字）",
          "the same in words"),
    MAYBE("site", CIVIC_TYPE_STRING, "地点名称", "what the place is called"),
    FIELD("purpose", CIVIC_TYPE_STRING, "目的", "what for"),
    FIELD("purpose_label", CIVIC_TYPE_STRING, "目的（文字）",
          "the same in words"),
    FIELD("what", CIVIC_TYPE_STRING, "看了什么", "what was looked at"),
    FIELD("what_label", CIVIC_TYPE_STRING, "看了什么（文字）",
          "the same in words"),
    CIVIC_END
};

static const civic_field_t  look_item[] = {
    { .name = "look", .type = CIVIC_TYPE_OBJECT, .fields = look_fields,
      .zh = "一次查看", .en = "a look" },
    CIVIC_END
};

const civic_field_t  kinship_looks_reply[] = {
    { .name = "looks", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .fields = look_item, .zh = "最近的在前", .en = "the newest first" },
    MAYBE("next", CIVIC_TYPE_STRING, "还有更早的：作为 before 再取",
          "there are older ones: before of the next page"),
    CIVIC_END
};


/* ---- verifying --------------------------------------------------------- */

static const civic_field_t  place_fields[] = {
    FIELD("code", CIVIC_TYPE_STRING, "代码", "its code"),
    FIELD("label", CIVIC_TYPE_STRING, "名称", "what it is called"),
    FIELD("kin", CIVIC_TYPE_BOOLEAN, "亲属码可用",
          "relatives' codes hold there"),
    CIVIC_END
};

static const civic_field_t  place_item[] = {
    { .name = "place", .type = CIVIC_TYPE_OBJECT, .fields = place_fields,
      .zh = "地点种类", .en = "a kind of place" },
    CIVIC_END
};

const civic_field_t  kinship_places_reply[] = {
    { .name = "places", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .fields = place_item, .zh = "核验设备可设置的地点种类",
      .en = "what a verifier can be set to" },
    CIVIC_END
};

const civic_field_t  kinship_check_body[] = {
    { .name = "code", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED | CIVIC_SECRET, .min = 1, .max = KINSHIP_TEXT,
      .zh = "扫描到的内容", .en = "what was scanned" },
    { .name = "place", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .min = 1, .max = 32, .zh = "本处的地点种类，见 GET /kinship/places",
      .en = "the kind of this place: GET /kinship/places" },
    CIVIC_END
};

const civic_field_t  kinship_check_reply[] = {
    { .name = "verdict", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = verdicts, .zh = "结论", .en = "what it is" },
    FIELD("label", CIVIC_TYPE_STRING, "结论的文字", "the same in words"),
    FIELD("hint", CIVIC_TYPE_STRING, "如何处理", "what to do"),
    FIELD("paper", CIVIC_TYPE_BOOLEAN, "是离线码", "it is a code on paper"),
    FIELD("checked_at", CIVIC_TYPE_INSTANT, "核验时间", "when"),
    MAYBE("age", CIVIC_TYPE_INTEGER, "过期的：出示于多少秒前；离线码为过期多少秒",
          "of one that is old: s since it was shown, or, on paper, expired"),
    { .name = "kind", .type = CIVIC_TYPE_STRING, .choices = kinds,
      .zh = "有效的：own 一码通，kin 亲属码",
      .en = "of a genuine one: the own code, or a relative's" },
    MAYBE("name", CIVIC_TYPE_STRING, "姓名（脱敏）", "the name, masked"),
    KINSHIP_COLOUR(0),
    CIVIC_END
};


/* ---- the office -------------------------------------------------------- */

const civic_field_t  kinship_facts_body[] = {
    PERSON,
    { .name = "purpose", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = purposes,
      .zh = "查询目的：epidemic_control 疫情防控，appeal 申诉，correction 更正",
      .en = "what for" },
    CIVIC_END
};

static const civic_field_t  test_fields[] = {
    FIELD("tube", CIVIC_TYPE_STRING, "试管编号", "the tube"),
    { .name = "result", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = results, .zh = "结果", .en = "its result" },
    FIELD("at", CIVIC_TYPE_INSTANT, "时间", "when"),
    CIVIC_END
};

static const civic_field_t  test_item[] = {
    { .name = "test", .type = CIVIC_TYPE_OBJECT, .fields = test_fields,
      .zh = "检测", .en = "a test" },
    CIVIC_END
};

static const civic_field_t  measure_fields[] = {
    FIELD("measure_id", CIVIC_TYPE_STRING, "措施编号", "its id"),
    FIELD("kind", CIVIC_TYPE_STRING, "种类", "its kind"),
    FIELD("since", CIVIC_TYPE_INSTANT, "开始", "its begin"),
    FIELD("until", CIVIC_TYPE_INSTANT, "截止", "its end"),
    CIVIC_END
};

static const civic_field_t  measure_item[] = {
    { .name = "measure", .type = CIVIC_TYPE_OBJECT, .fields = measure_fields,
      .zh = "措施", .en = "a measure" },
    CIVIC_END
};

static const civic_field_t  override_fields[] = {
    { .name = "colour", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = kinship_colours, .zh = "颜色", .en = "the colour" },
    FIELD("reason", CIVIC_TYPE_STRING, "依据", "why"),
    FIELD("until", CIVIC_TYPE_INSTANT, "截止", "until when"),
    CIVIC_END
};

const civic_field_t  kinship_facts_reply[] = {
    { .name = "kind", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = codes, .zh = "健康码：none 没有，own 一码通，kin 仅有亲属码",
      .en = "none, the own one, or a relative's alone" },
    FIELD("name", CIVIC_TYPE_STRING, "姓名（脱敏）；* 为不详",
          "the name, masked; *: nobody knows it"),
    KINSHIP_COLOUR(CIVIC_REQUIRED),
    { .name = "tests", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .fields = test_item, .max = 200, .zh = "检测", .en = "tests" },
    { .name = "measures", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .fields = measure_item, .zh = "措施", .en = "measures" },
    { .name = "override", .type = CIVIC_TYPE_OBJECT,
      .fields = override_fields, .zh = "人工核定", .en = "an override" },
    CIVIC_END
};

const civic_field_t  kinship_measure_body[] = {
    PERSON,
    { .name = "kind", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .min = 1, .max = 32, .zh = "措施种类，见规则 measures",
      .en = "its kind, of the rules' measures" },
    { .name = "since", .type = CIVIC_TYPE_INSTANT,
      .example = "2026-03-09T08:30:00+08:00", .zh = "开始；没有则现在",
      .en = "its begin; absent: now" },
    { .name = "until", .type = CIVIC_TYPE_INSTANT,
      .example = "2026-03-16T08:30:00+08:00", .zh = "截止；没有则按规则的天数",
      .en = "its end; absent: as many days as the rules say" },
    REASON,
    CIVIC_END
};

const civic_field_t  kinship_measure_reply[] = {
    FIELD("measure_id", CIVIC_TYPE_STRING, "措施编号", "its id"),
    FIELD("since", CIVIC_TYPE_INSTANT, "开始", "its begin"),
    FIELD("until", CIVIC_TYPE_INSTANT, "截止", "its end"),
    FIELD("changed", CIVIC_TYPE_BOOLEAN, "有变化；否则此前已是如此",
          "something changed; if not, it was so before"),
    CIVIC_END
};

const civic_field_t  kinship_measure_end_body[] = {
    PERSON,
    { .name = "measure_id", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED, SHARED_ID_FORMAT,
      .zh = "措施编号", .en = "the measure" },
    MAYBE("mistake", CIVIC_TYPE_BOOLEAN,
          "录入有误：整项删除，结束后的黄码期也不再计算",
          "it should not have been: it goes, and nothing follows it"),
    REASON,
    CIVIC_END
};

const civic_field_t  kinship_override_body[] = {
    PERSON,
    { .name = "colour", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = kinship_colours, .zh = "核定的颜色", .en = "the colour" },
    { .name = "until", .type = CIVIC_TYPE_INSTANT, .flags = CIVIC_REQUIRED,
      .example = "2026-03-16T08:30:00+08:00", .zh = "截止",
      .en = "until when" },
    REASON,
    CIVIC_END
};

const civic_field_t  kinship_override_end_body[] = {
    PERSON,
    REASON,
    CIVIC_END
};

const civic_field_t  kinship_changed_reply[] = {
    FIELD("changed", CIVIC_TYPE_BOOLEAN, "有变化；否则此前已是如此",
          "something changed; if not, it was so before"),
    CIVIC_END
};

static const civic_field_t  line_fields[] = {
    FIELD("line", CIVIC_TYPE_INTEGER, "第几行", "the line, from 1"),
    { .name = "outcome", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = outcomes, .zh = "结果：set 已设，same 此前已是如此，refused 拒绝",
      .en = "set; same: it was so before; refused" },
    MAYBE("field", CIVIC_TYPE_STRING, "哪一列有误", "the column"),
    MAYBE("error", CIVIC_TYPE_STRING, "有什么误", "what is wrong with it"),
    CIVIC_END
};

static const civic_field_t  line_item[] = {
    { .name = "line", .type = CIVIC_TYPE_OBJECT, .fields = line_fields,
      .zh = "一行", .en = "a line" },
    CIVIC_END
};

const civic_field_t  kinship_file_reply[] = {
    { .name = "lines", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .fields = line_item, .max = 1000, .zh = "每行的结果",
      .en = "each line, answered for itself" },
    FIELD("set", CIVIC_TYPE_INTEGER, "已设几行", "lines that were set"),
    FIELD("same", CIVIC_TYPE_INTEGER, "几行此前已是如此",
          "lines that changed nothing"),
    FIELD("refused", CIVIC_TYPE_INTEGER, "拒绝几行", "lines refused"),
    CIVIC_END
};


/* ---- problems of the routes -------------------------------------------- */

const char *const  kinship_places_problems[] = { NULL };
const char *const  kinship_office_problems[] = {
    "invalid_fields", "store_unavailable", "outcome_unknown", "overloaded",
    NULL
};
const char *const  kinship_office_end_problems[] = {
    "invalid_fields", "not_found", "store_unavailable", "outcome_unknown",
    "overloaded", NULL
};
const char *const  kinship_file_problems[] = {
    "kinship_file_long", "store_unavailable", "outcome_unknown",
    "overloaded", NULL
};
