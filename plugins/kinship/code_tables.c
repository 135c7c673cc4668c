/*
 * code_tables.c - fields of the routes that show codes.
 */

#include "kinship.h"
#include "kinship_tables.h"

const char *const  kinship_colours[] = { "red", "yellow", "green", NULL };

static const char *const  kinds[] = { "own", "kin", NULL };
static const char *const  pictures[] = { "png", "svg", NULL };

#define KIND                                                                  \
    { .name = "kind", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,     \
      .choices = kinds, .zh = "own 本人的一码通，kin 亲属码",                 \
      .en = "the own code, or a relative's" }

#define BINDING                                                               \
    MAYBE("binding_id", CIVIC_TYPE_STRING, "绑定编号（亲属码）",              \
          "the binding, of a relative's"),                                    \
    MAYBE("relation", CIVIC_TYPE_STRING, "绑定关系", "the relation"),         \
    MAYBE("provisional", CIVIC_TYPE_BOOLEAN,                                  \
          "仅凭承诺绑定：经人脸或窗口核实的监护人优先",                       \
          "bound by a pledge alone: a guardian who is proven comes before "   \
          "it"),                                                              \
    MAYBE("unbind_possible_at", CIVIC_TYPE_INSTANT, "何时起可解绑",           \
          "from when on it can be unbound")

/* flags: whether they are always there. */
#define COLOUR(always)                                                        \
    { .name = "name", .type = CIVIC_TYPE_STRING, .flags = always,             \
      .zh = "姓名（脱敏）", .en = "the name, masked" },                       \
    KINSHIP_COLOUR(always)


const civic_field_t  kinship_open_reply[] = {
    FIELD("opened_at", CIVIC_TYPE_INSTANT, "申领时间",
          "when the code was opened"),
    FIELD("created", CIVIC_TYPE_BOOLEAN, "本次申领；否则此前已申领",
          "it was now, and not before"),
    CIVIC_END
};

const civic_field_t  kinship_show_query[] = {
    { .name = "picture", .type = CIVIC_TYPE_STRING, .choices = pictures,
      .zh = "同时给出二维码图片（data URI）；没有则由前端绘制",
      .en = "asks for the QR code as a data URI, too; absent: the page draws "
            "it" },
    CIVIC_END
};

const civic_field_t  kinship_show_reply[] = {
    KIND,
    BINDING,
    FIELD("form", CIVIC_TYPE_STRING,
          "展示形式：card 一码通，sheet 亲属码（以规则为准）",
          "how it is drawn: card for the own one, sheet for a relative's (as "
          "the rules say)"),
    FIELD("label", CIVIC_TYPE_STRING, "名称：一码通、亲属码",
          "what it is called"),
    FIELD("band", CIVIC_TYPE_STRING,
          "色带：plain_ 实色，striped_ 条纹，后接颜色（以规则为准）",
          "its band: plain_ or striped_, and the colour (as the rules say)"),
    COLOUR(CIVIC_REQUIRED),
    { .name = "code", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .max = KINSHIP_TEXT, .zh = "二维码的内容",
      .en = "what the QR code holds" },
    FIELD("issued_at", CIVIC_TYPE_INSTANT, "此码自何时起",
          "from when on this code holds"),
    FIELD("expires_at", CIVIC_TYPE_INSTANT, "何时换码",
          "when the next one follows"),
    FIELD("refresh_in", CIVIC_TYPE_INTEGER, "多少秒后再取",
          "s until it should be asked for again"),
    FIELD("shown_at", CIVIC_TYPE_INSTANT, "出示时间，须醒目显示",
          "now; to be shown large, so that a screenshot ages visibly"),
    /* an SVG has 3,700 to 4,200, by chance; the whole answer 5 KB at most */
    { .name = "picture", .type = CIVIC_TYPE_STRING, .max = 4480,
      .zh = "二维码图片", .en = "the QR code as a data URI" },
    CIVIC_END
};

static const civic_field_t  listed_fields[] = {
    KIND,
    BINDING,
    FIELD("kept", CIVIC_TYPE_BOOLEAN,
          "健康码可用；否则同意已撤回，没有颜色",
          "there is a code; if not, the consent was withdrawn, and there is "
          "no colour"),
    COLOUR(0),
    CIVIC_END
};

static const civic_field_t  listed_item[] = {
    { .name = "code", .type = CIVIC_TYPE_OBJECT, .fields = listed_fields,
      .zh = "健康码", .en = "a code" },
    CIVIC_END
};

const civic_field_t  kinship_list_reply[] = {
    { .name = "codes", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .fields = listed_item,
      .zh = "本人的在前，然后是各亲属的，按绑定先后",
      .en = "the own one first, then relatives', as they were bound" },
    CIVIC_END
};


/* ---- problems of the routes -------------------------------------------- */

const char *const  kinship_open_problems[] = {
    "consent_required", "kinship_unproven", "kinship_own_age",
    "store_unavailable", "outcome_unknown", "overloaded", NULL
};
const char *const  kinship_own_problems[] = {
    "invalid_fields", "kinship_no_code", "consent_required",
    "store_unavailable", "overloaded", NULL
};
const char *const  kinship_relative_problems[] = {
    "invalid_fields", "kinship_no_binding", "kinship_binding_damaged",
    "kinship_code_ended", "kinship_aged", "kinship_pledge_over",
    "store_unavailable", "outcome_unknown", "overloaded", NULL
};
const char *const  kinship_all_problems[] = {
    "store_unavailable", "outcome_unknown", "overloaded", NULL
};
const char *const  kinship_looks_problems[] = {
    "invalid_fields", "kinship_no_binding", "kinship_binding_damaged",
    "kinship_code_ended", "kinship_aged", "kinship_pledge_over",
    "store_unavailable", "outcome_unknown", "overloaded", NULL
};
