/*
 * fields.c - bodies and answers of the plugin's routes.
 */

#include "fields.h"
#include "sampling.h"

/* Examples. */
#define BARCODE  "XA2603090001"
#define TIME     "2026-03-09 08:30"

static const char *const  states[] = { "open", "sealed", "told", NULL };
static const char *const  kinds[] = { "own", "kin", NULL };
static const char *const  results[] = {
    "negative", "positive", "invalid", NULL
};
static const char *const  told[] = {
    "negative", "positive", "recheck", "invalid", NULL
};
static const char *const  settled[] = {
    "proposed", "confirmed", "rejected", NULL
};


/* ---- tubes ------------------------------------------------------------- */

const civic_field_t  sampling_open_body[] = {
    { .name = "barcode", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED | CIVIC_TYPED, .max = SAMPLING_BARCODE,
      .pattern = SAMPLING_BARCODE_PATTERN, .example = BARCODE,
      .zh = "采样管条码", .en = "the tube's barcode" },
    { .name = "capacity", .type = CIVIC_TYPE_INTEGER,
      .flags = CIVIC_REQUIRED, .min = 1, .max = SAMPLING_PEOPLE,
      .zh = "几人一管（由规则规定，如1、5、10、20）",
      .en = "for how many people, by the rules (1, 5, 10, 20)" },
    { .name = "place", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .min = 1, .max = 100, .zh = "采样点", .en = "the sampling point" },
    CIVIC_END
};

#define TUBE_FIELDS                                                           \
    FIELD("barcode", CIVIC_TYPE_STRING, "条码", "its barcode"),               \
    { .name = "state", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,    \
      .choices = states,                                                      \
      .zh = "状态：open 采样中，sealed 已封管，told 已有结果",                \
      .en = "open, sealed, told: there is a result" },                        \
    FIELD("capacity", CIVIC_TYPE_INTEGER, "几人一管", "for how many"),        \
    FIELD("count", CIVIC_TYPE_INTEGER, "已采人数", "how many are in it"),     \
    FIELD("room", CIVIC_TYPE_INTEGER, "还可采人数",                           \
          "for how many there is room"),                                      \
    FIELD("place", CIVIC_TYPE_STRING, "采样点", "the sampling point"),        \
    FIELD("opened_at", CIVIC_TYPE_INSTANT, "打开时间", "when it was opened"), \
    MAYBE("sealed_at", CIVIC_TYPE_INSTANT, "封管时间", "when it was sealed")

const civic_field_t  sampling_tube_reply[] = { TUBE_FIELDS, CIVIC_END };

static const civic_field_t  each_tube[] = {
    { .name = "tube", .type = CIVIC_TYPE_OBJECT,
      .fields = sampling_tube_reply, .zh = "采样管", .en = "a tube" },
    CIVIC_END
};

static const civic_field_t  each_capacity[] = {
    { .name = "capacity", .type = CIVIC_TYPE_INTEGER, .zh = "几人一管",
      .en = "for how many" },
    CIVIC_END
};

const civic_field_t  sampling_list_reply[] = {
    { .name = "capacities", .type = CIVIC_TYPE_ARRAY,
      .flags = CIVIC_REQUIRED, .fields = each_capacity,
      .zh = "可以打开的管：几人一管", .en = "what tubes may be opened for" },
    { .name = "tubes", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .fields = each_tube, .zh = "自己打开、尚未封的管",
      .en = "the caller's open ones, the newest first" },
    CIVIC_END
};

static const civic_field_t  person[] = {
    FIELD("entry_id", CIVIC_TYPE_STRING, "编号，移出时使用",
          "for taking the wrong one out"),
    FIELD("seat", CIVIC_TYPE_INTEGER, "第几位", "the seat"),
    FIELD("name", CIVIC_TYPE_STRING, "姓名（部分隐藏）", "the masked name"),
    { .name = "kind", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = kinds, .zh = "码：own 本人，kin 亲属码",
      .en = "own, or a family code" },
    FIELD("at", CIVIC_TYPE_INSTANT, "扫码时间", "when it was scanned"),
    CIVIC_END
};

static const civic_field_t  each_person[] = {
    { .name = "person", .type = CIVIC_TYPE_OBJECT, .fields = person,
      .zh = "一人", .en = "somebody" },
    CIVIC_END
};

static const civic_field_t  correction[] = {
    FIELD("result", CIVIC_TYPE_STRING, "更正为", "the result proposed"),
    FIELD("at", CIVIC_TYPE_INSTANT, "检测时间", "when it was found"),
    FIELD("proposed_at", CIVIC_TYPE_INSTANT, "提出时间",
          "when it was proposed"),
    FIELD("own", CIVIC_TYPE_BOOLEAN, "由自己提出", "by the caller"),
    FIELD("why", CIVIC_TYPE_STRING, "理由", "why"),
    CIVIC_END
};

const civic_field_t  sampling_show_reply[] = {
    TUBE_FIELDS,
    FIELD("own", CIVIC_TYPE_BOOLEAN, "由自己打开", "the caller has opened it"),
    { .name = "people", .type = CIVIC_TYPE_ARRAY, .fields = each_person,
      .zh = "管内人员，只有打开它的采样员能看到",
      .en = "who is in it, for its sampler alone" },
    { .name = "result", .type = CIVIC_TYPE_STRING, .choices = results,
      .zh = "结果，只有实验室能看到", .en = "for the laboratory alone" },
    MAYBE("result_at", CIVIC_TYPE_INSTANT, "检测时间", "when it was found"),
    MAYBE("corrected", CIVIC_TYPE_BOOLEAN, "更正过", "it was corrected"),
    { .name = "correction", .type = CIVIC_TYPE_OBJECT, .fields = correction,
      .zh = "待另一人确认的更正", .en = "what waits for another one" },
    CIVIC_END
};


/* ---- people ------------------------------------------------------------ */

const civic_field_t  sampling_scan_body[] = {
    { .name = "code", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED | CIVIC_SECRET, .min = 1, .max = 2048,
      .zh = "扫描到的内容：本人码或亲属码，手机上的或打印的",
      .en = "what was scanned: an own or a family code, live or printed" },
    CIVIC_END
};

const civic_field_t  sampling_scan_reply[] = {
    FIELD("entry_id", CIVIC_TYPE_STRING, "编号，移出时使用",
          "for taking the wrong one out"),
    FIELD("name", CIVIC_TYPE_STRING, "姓名（部分隐藏），请读出核对",
          "the masked name, to be read out"),
    { .name = "kind", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = kinds, .zh = "码：own 本人，kin 亲属码",
      .en = "own, or a family code" },
    FIELD("seat", CIVIC_TYPE_INTEGER, "第几位", "the seat"),
    FIELD("count", CIVIC_TYPE_INTEGER, "已采人数", "how many are in it"),
    FIELD("capacity", CIVIC_TYPE_INTEGER, "几人一管", "for how many"),
    FIELD("room", CIVIC_TYPE_INTEGER, "还可采人数",
          "for how many there is room"),
    { .name = "state", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = states, .zh = "坐满后自动封管",
      .en = "sealed, if it was the last seat" },
    CIVIC_END
};


/* ---- results ----------------------------------------------------------- */

static const civic_field_t  result_fields[] = {
    { .name = "barcode", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED | CIVIC_TYPED,
      .max = 64, .example = BARCODE,
      .zh = "采样管条码", .en = "the tube's barcode" },
    { .name = "result", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .max = 32, .zh = "结果：negative、positive、invalid，或阴性、阳性、无效",
      .en = "negative, positive or invalid" },
    { .name = "at", .type = CIVIC_TYPE_STRING, .max = 40, .example = TIME,
      .zh = "检测时间；不填则为现在", .en = "when it was found; absent: now" },
    CIVIC_END
};

static const civic_field_t  each_result[] = {
    { .name = "result", .type = CIVIC_TYPE_OBJECT, .fields = result_fields,
      .zh = "一管", .en = "of a tube" },
    CIVIC_END
};

const civic_field_t  sampling_results_body[] = {
    { .name = "results", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .min = 1, .max = SAMPLING_LINES, .fields = each_result,
      .zh = "各管的结果，逐条答复", .en = "each is answered for itself" },
    CIVIC_END
};

static const civic_field_t  line_fields[] = {
    MAYBE("line", CIVIC_TYPE_INTEGER, "文件的第几行（表头为第1行）",
          "the line of the file; its header is the first"),
    MAYBE("barcode", CIVIC_TYPE_STRING, "条码（格式对的才返回）",
          "its barcode, if it is one"),
    { .name = "outcome", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = sampling_outcomes, .zh = "怎么样了", .en = "what came of it" },
    FIELD("label", CIVIC_TYPE_STRING, "文字", "the same in words"),
    CIVIC_END
};

static const civic_field_t  each_line[] = {
    { .name = "line", .type = CIVIC_TYPE_OBJECT, .fields = line_fields,
      .zh = "一条", .en = "one of them" },
    CIVIC_END
};

const civic_field_t  sampling_results_reply[] = {
    FIELD("accepted", CIVIC_TYPE_INTEGER, "已登记的条数（含此前已登记的）",
          "how many stand now, also those that did before"),
    FIELD("refused", CIVIC_TYPE_INTEGER, "没有登记的条数",
          "how many were refused"),
    { .name = "results", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .max = SAMPLING_LINES, .fields = each_line, .zh = "逐条",
      .en = "one after the other" },
    CIVIC_END
};

const civic_field_t  sampling_correction_body[] = {
    { .name = "result", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = results, .zh = "更正为", .en = "what it is to be" },
    { .name = "at", .type = CIVIC_TYPE_STRING, .max = 40, .example = TIME,
      .zh = "检测时间；不填则为现在", .en = "when it was found; absent: now" },
    { .name = "why", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .min = 1, .max = 200, .zh = "理由，给确认的人看，请勿写个人信息",
      .en = "why, for who confirms it; nothing of a person" },
    CIVIC_END
};

const civic_field_t  sampling_settle_body[] = {
    { .name = "result", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = results, .zh = "看到的更正结果",
      .en = "the proposed result that was seen" },
    CIVIC_END
};

const civic_field_t  sampling_settled_reply[] = {
    FIELD("barcode", CIVIC_TYPE_STRING, "条码", "the tube's barcode"),
    { .name = "outcome", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = settled, .zh = "结果", .en = "what came of it" },
    CIVIC_END
};


/* ---- a citizen's ------------------------------------------------------- */

static const civic_field_t  test_fields[] = {
    { .name = "result", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = told, .zh = "结果，recheck 待复核",
      .en = "the result; recheck: to be sampled again" },
    FIELD("label", CIVIC_TYPE_STRING, "结果的文字", "the same in words"),
    FIELD("hint", CIVIC_TYPE_STRING, "该怎么做", "what to do"),
    FIELD("sampled_at", CIVIC_TYPE_INSTANT, "采样时间",
          "when the sample was taken"),
    FIELD("at", CIVIC_TYPE_INSTANT, "检测时间", "when it was found"),
    MAYBE("place", CIVIC_TYPE_STRING, "采样点", "the sampling point"),
    FIELD("mixed", CIVIC_TYPE_BOOLEAN, "混采", "others were in the tube"),
    FIELD("corrected", CIVIC_TYPE_BOOLEAN, "实验室更正过",
          "the laboratory has corrected it"),
    CIVIC_END
};

static const civic_field_t  each_test[] = {
    { .name = "test", .type = CIVIC_TYPE_OBJECT, .fields = test_fields,
      .zh = "一次检测", .en = "a result" },
    CIVIC_END
};

#define TESTS_FIELDS                                                          \
    FIELD("recheck", CIVIC_TYPE_BOOLEAN, "待复核，需要单独采样",              \
          "to be sampled again, alone"),                                      \
    MAYBE("recheck_since", CIVIC_TYPE_INSTANT, "因哪次采样",                  \
          "the sampling that led to it"),                                     \
    { .name = "tests", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,     \
      .fields = each_test, .zh = "检测结果，从新到旧",                        \
      .en = "results, the newest first" }

static const civic_field_t  own_fields[] = { TESTS_FIELDS, CIVIC_END };

static const civic_field_t  relative_fields[] = {
    FIELD("binding_id", CIVIC_TYPE_STRING, "绑定编号", "the binding"),
    FIELD("name", CIVIC_TYPE_STRING, "姓名（部分隐藏）", "the masked name"),
    FIELD("relation", CIVIC_TYPE_STRING, "关系", "what they are to the caller"),
    TESTS_FIELDS,
    CIVIC_END
};

static const civic_field_t  each_relative[] = {
    { .name = "relative", .type = CIVIC_TYPE_OBJECT,
      .fields = relative_fields, .zh = "一位亲属", .en = "a relative" },
    CIVIC_END
};

const civic_field_t  sampling_query_reply[] = {
    { .name = "own", .type = CIVIC_TYPE_OBJECT, .flags = CIVIC_REQUIRED,
      .fields = own_fields, .zh = "本人", .en = "of the caller" },
    { .name = "relatives", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .fields = each_relative, .zh = "各亲属", .en = "of each relative" },
    CIVIC_END
};
