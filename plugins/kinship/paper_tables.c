/*
 * paper_tables.c - fields and problems of the routes about codes on paper.
 */

#include "id_form.h"
#include "kinship_tables.h"
#include "paper.h"


/* ---- sheets ------------------------------------------------------------- */

static const civic_field_t  binding_item[] = {
    { .name = "binding_id", .type = CIVIC_TYPE_STRING,
      SHARED_ID_FORMAT, .zh = "绑定编号", .en = "a binding" },
    CIVIC_END
};

const civic_field_t  kinship_sheet_body[] = {
    { .name = "bindings", .type = CIVIC_TYPE_ARRAY, .max = 8,
      .fields = binding_item, .zh = "为哪些亲属生成",
      .en = "relatives, by the ids of their bindings" },
    MAYBE("own", CIVIC_TYPE_BOOLEAN, "同时生成本人的一码通",
          "the own code, too"),
    CIVIC_END
};

static const civic_field_t  code_fields[] = {
    MAYBE("binding_id", CIVIC_TYPE_STRING, "绑定编号；本人的没有",
          "the binding; absent: the own code"),
    FIELD("kind", CIVIC_TYPE_STRING, "own 一码通；kin 亲属码",
          "own, or kin: a relative's"),
    FIELD("name", CIVIC_TYPE_STRING, "姓名（部分隐藏）", "masked"),
    FIELD("issued", CIVIC_TYPE_BOOLEAN,
          "已生成；否则该亲属已解绑或码已注销",
          "false: the binding or the code has ended meanwhile"),
    CIVIC_END
};

static const civic_field_t  code_item[] = {
    { .name = "code", .type = CIVIC_TYPE_OBJECT, .fields = code_fields,
      .zh = "离线码", .en = "a code" },
    CIVIC_END
};

#define LINK_FIELDS                                                           \
    FIELD("link", CIVIC_TYPE_STRING,                                          \
          "不带登录信息也能打开的短期链接，用于 /kinship/links/",             \
          "opens it for some minutes without a session, at "                  \
          "/kinship/links/"),                                                 \
    FIELD("link_expires_at", CIVIC_TYPE_INSTANT, "链接失效时间",              \
          "when the link is over")

const civic_field_t  kinship_sheet_reply[] = {
    FIELD("sheet_id", CIVIC_TYPE_STRING, "编号", "the sheet"),
    FIELD("issued_at", CIVIC_TYPE_INSTANT, "生成时间", "when it was made"),
    FIELD("expires_at", CIVIC_TYPE_INSTANT, "失效时间",
          "when its codes end, by the rule \"paper\""),
    { .name = "codes", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .fields = code_item, .zh = "离线码", .en = "its codes" },
    LINK_FIELDS,
    CIVIC_END
};

const civic_field_t  kinship_link_reply[] = {
    LINK_FIELDS,
    CIVIC_END
};


/* ---- without a network -------------------------------------------------- */

static const civic_field_t  limits_fields[] = {
    FIELD("leeway", CIVIC_TYPE_INTEGER, "签发方时钟可快多少秒",
          "s by which the signing clock may be ahead"),
    FIELD("list_warn", CIVIC_TYPE_INTEGER, "名单超过多少秒应更新",
          "s: an older list is to be fetched anew"),
    FIELD("list_most", CIVIC_TYPE_INTEGER, "名单超过多少秒不可采信",
          "s: an older list tells nothing any more"),
    CIVIC_END
};

const civic_field_t  kinship_paper_keys_reply[] = {
    SHARED_PAPER_KEYS_FIELDS,
    { .name = "limits", .type = CIVIC_TYPE_OBJECT, .flags = CIVIC_REQUIRED,
      .fields = limits_fields, .zh = "核验时的界限",
      .en = "bounds for who verifies" },
    CIVIC_END
};

const civic_field_t  kinship_revocations_reply[] = {
    FIELD("format", CIVIC_TYPE_STRING, "格式", "civic-revocations-1"),
    FIELD("issuer", CIVIC_TYPE_STRING, "签发单位", "who made it"),
    FIELD("made_at", CIVIC_TYPE_INTEGER, "生成时间（秒）",
          "s since 1970: when it was made"),
    FIELD("expires_at", CIVIC_TYPE_INTEGER, "失效时间（秒）",
          "s since 1970: it tells nothing from then on"),
    FIELD("count", CIVIC_TYPE_INTEGER, "条数", "how many entries"),
    FIELD("key_id", CIVIC_TYPE_STRING, "签名密钥编号", "which key signed it"),
    FIELD("signature", CIVIC_TYPE_STRING, "签名（base64url）",
          "ES256, base64url; docs/kinship.md says over which bytes"),
    FIELD("entries", CIVIC_TYPE_STRING,
          "每条8字节：码编号的SHA-256前8字节，已排序（base64url）",
          "8 bytes each, sorted, base64url: the begin of the SHA-256 of a "
          "code's id"),
    CIVIC_END
};


/* ---- a lost sheet ------------------------------------------------------- */

const civic_field_t  kinship_lost_body[] = {
    { .name = "id_number", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED | CIVIC_SECRET, .min = 1, .max = 64,
      .example = SHARED_CHILD_EXAMPLE,
      .zh = "码上之人的证件号码", .en = "the identity number of whose code it "
      "is" },
    { .name = "id_kind", .type = CIVIC_TYPE_STRING,
      .choices = shared_id_kinds, .fallback = "\"resident\"",
      .zh = "证件类型", .en = "the kind of document" },
    { .name = "reason", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .min = 1, .max = 200, .zh = "原因，记入审计",
      .en = "why, for the audit trail: no personal data" },
    CIVIC_END
};

const civic_field_t  kinship_lost_reply[] = {
    FIELD("revoked", CIVIC_TYPE_INTEGER, "作废了几张",
          "how many codes were revoked"),
    CIVIC_END
};


/* ---- problems ----------------------------------------------------------- */

const char *const  kinship_sheet_problems[] = {
    "invalid_fields", "kinship_paper_off", "kinship_paper_too_many",
    "store_unavailable", "outcome_unknown", "overloaded", NULL
};
const char *const  kinship_draw_problems[] = {
    "not_found", "kinship_sheet_over", "kinship_drawing_down",
    "store_unavailable", "overloaded", NULL
};
const char *const  kinship_link_problems[] = {
    "not_found", "kinship_link_over", "kinship_sheet_over",
    "kinship_drawing_down", "store_unavailable", "overloaded", NULL
};
const char *const  kinship_revocations_problems[] = {
    "kinship_list_missing", "store_unavailable", NULL
};
const char *const  kinship_lost_problems[] = {
    "invalid_fields", "store_unavailable", "outcome_unknown", "overloaded",
    NULL
};
const char *const  kinship_no_problems[] = { NULL };
