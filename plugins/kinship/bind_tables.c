/*
 * bind_tables.c - fields of bodies, replies and rules of bindings, and which
 * problems their routes answer.
 */

#include "bind.h"
#include "fields.h"
#include "id_form.h"

#define NAME                                                                  \
    { .name = "name", .type = CIVIC_TYPE_STRING,                              \
      .flags = CIVIC_REQUIRED | CIVIC_SECRET,                                 \
      .example = SHARED_CHILD_NAME_EXAMPLE,                                   \
      .zh = "亲属姓名", .en = "the relative's name" }

#define NUMBER(n, x, z, e)                                                    \
    { .name = n, .type = CIVIC_TYPE_STRING,                                   \
      .flags = CIVIC_REQUIRED | CIVIC_SECRET, .max = 64, .example = x,        \
      .zh = z, .en = e }

#define KIND(n)                                                               \
    { .name = n, .type = CIVIC_TYPE_STRING, .choices = shared_id_kinds,       \
      .fallback = "\"resident\"",                                             \
      .zh = "证件类型：旧版外国人永久居留证填 foreign_pr_old，其余省略",      \
      .en = "foreign_pr_old for the old foreign permanent resident's card; "  \
            "all others are told by their number" }

#define RELATION                                                              \
    { .name = "relation", .type = CIVIC_TYPE_STRING,                          \
      .flags = CIVIC_REQUIRED, .max = 32,                                     \
      .zh = "绑定关系：GET /kinship/relations 列出的代码",                    \
      .en = "what the relative is to the guardian: a code of "                \
            "GET /kinship/relations" }

#define ID(z, e)                                                              \
    { .name = "binding_id", .type = CIVIC_TYPE_STRING,                        \
      .flags = CIVIC_REQUIRED, SHARED_ID_FORMAT, .zh = z, .en = e }

static const char *const  proofs[] = { "face", "pledge", NULL };
static const char *const  hows[] = { "face", "pledge", "counter", NULL };
static const char *const  consents[] = { "health", "health_child", NULL };
static const char *const  agreements[] = { "kinship", NULL };

static const char *const  reasons[] = {
    "danger", "wrong_person", "custody", "deceased", "legal_order", "other",
    NULL
};

static const char *const  papers[] = {
    "household_register", "birth_certificate", "identity_card",
    "custody_decision", "other", NULL
};


/* ---- asking ------------------------------------------------------------ */

const civic_field_t  kinship_ask_body[] = {
    NAME, NUMBER("id_number", SHARED_CHILD_EXAMPLE, "亲属身份证号",
                 "the relative's identity number"),
    KIND("id_kind"), RELATION,
    CIVIC_END
};

#define PROOF(z, e)                                                           \
    { .name = "proof", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,    \
      .choices = proofs, .zh = z, .en = e }

const civic_field_t  kinship_ask_reply[] = {
    ID("绑定编号", "the binding to be"),
    FIELD("name", CIVIC_TYPE_STRING, "亲属姓名（脱敏）",
           "the relative's name, masked"),
    FIELD("relation", CIVIC_TYPE_STRING, "绑定关系", "the relation"),
    PROOF("认证方式：face 亲属本人人脸，pledge 亲属码信息认证承诺",
          "face: the relative's face; pledge: 亲属码信息认证承诺 instead"),
    { .name = "agreement", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED, .choices = agreements,
      .zh = "须同意的协议：GET /civic/consents/texts/{purpose}",
      .en = "the agreement: a text of GET /civic/consents/texts/{purpose}" },
    { .name = "health_consent", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED, .choices = consents,
      .zh = "亲属健康信息的同意书：health_child 由监护人代为同意",
      .en = "the text about the relative's health data; health_child is "
            "given by the guardian" },
    FIELD("renews", CIVIC_TYPE_BOOLEAN,
           "已绑定，只是重新作出亲属健康信息的同意；绑定编号不变",
           "it is bound already, and the consent about the relative's health "
           "data is given anew; binding_id is that of the binding"),
    FIELD("expires_at", CIVIC_TYPE_INSTANT, "须在此前完成",
           "it is to be finished before"),
    CIVIC_END
};


/* ---- agreeing ---------------------------------------------------------- */

static const civic_field_t  flag_fields[] = {
    MAYBE("health", CIVIC_TYPE_BOOLEAN, "医疗健康信息", "health"),
    MAYBE("minor", CIVIC_TYPE_BOOLEAN, "不满十四周岁未成年人的信息",
          "of a child under 14"),
    CIVIC_END
};

#define FLAGS                                                                 \
    { .name = "flags", .type = CIVIC_TYPE_OBJECT, .fields = flag_fields,      \
      .zh = "逐项单独勾选的敏感个人信息（亲属健康信息同意书的 flags）",       \
      .en = "the kinds of sensitive data that were ticked one by one: the "   \
            "flags of the text about health data" }

const civic_field_t  kinship_agree_body[] = {
    { .name = "version", .type = CIVIC_TYPE_INTEGER, .flags = CIVIC_REQUIRED,
      .min = 1, .zh = "所见协议的版本",
      .en = "of the agreement that was shown" },
    { .name = "health_version", .type = CIVIC_TYPE_INTEGER,
      .flags = CIVIC_REQUIRED, .min = 1,
      .zh = "所见亲属健康信息同意书的版本",
      .en = "of the text about health data that was shown" },
    FLAGS,
    FIELD("agreed", CIVIC_TYPE_BOOLEAN, "同意协议并认证",
           "the button was pressed"),
    MAYBE("pledged", CIVIC_TYPE_BOOLEAN, "亲属码信息认证承诺（proof 为 pledge）",
          "the pledge was given, where proof is pledge"),
    CIVIC_END
};

const civic_field_t  kinship_agree_reply[] = {
    ID("绑定编号", "the binding to be"),
    PROOF("接下来的认证方式", "what comes next"),
    FIELD("expires_at", CIVIC_TYPE_INSTANT, "须在此前完成",
           "it is to be finished before"),
    CIVIC_END
};


/* ---- finishing, and what is bound -------------------------------------- */

const civic_field_t  kinship_finish_body[] = {
    { .name = "attempt_id", .type = CIVIC_TYPE_STRING,
      SHARED_ID_FORMAT,
      .zh = "人脸认证编号（proof 为 face）：/face-auth/attempts，purpose 为 "
            "kinship",
      .en = "where proof is face: an attempt of /face-auth/attempts with the "
            "purpose kinship that has passed" },
    CIVIC_END
};

#define BINDING                                                               \
    ID("绑定编号", "the binding"),                                            \
    FIELD("name", CIVIC_TYPE_STRING, "姓名（脱敏）", "the name, masked"),     \
    FIELD("relation", CIVIC_TYPE_STRING, "绑定关系", "the relation"),         \
    FIELD("bound_at", CIVIC_TYPE_INSTANT, "绑定时间", "since when"),          \
    { .name = "proof", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,    \
      .choices = hows, .zh = "凭什么：face 人脸，pledge 承诺，counter 窗口",  \
      .en = "by which proof" },                                               \
    FIELD("provisional", CIVIC_TYPE_BOOLEAN,                                  \
           "临时绑定：仅凭承诺，名额不足时会让位给已核实的监护人",            \
           "by a pledge alone: it gives way to a proven one when all places " \
           "are taken")

const civic_field_t  kinship_binding_reply[] = {
    BINDING,
    MAYBE("unbind_possible_at", CIVIC_TYPE_INSTANT, "此时起可以解绑",
          "from when on it can be ended"),
    MAYBE("ends_at", CIVIC_TYPE_INSTANT,
          "临时绑定未经核实的，此时自动解除",
          "when a provisional one ends unless it is proven"),
    CIVIC_END
};

const civic_field_t  kinship_proof_reply[] = {
    FIELD("created", CIVIC_TYPE_BOOLEAN, "是否为新绑定",
           "whether it was not there before"),
    BINDING,
    MAYBE("unbind_possible_at", CIVIC_TYPE_INSTANT, "此时起可以解绑",
          "from when on the guardian can end it"),
    MAYBE("ends_at", CIVIC_TYPE_INSTANT,
          "临时绑定未经核实的，此时自动解除",
          "when a provisional one ends unless it is proven"),
    CIVIC_END
};

const civic_field_t  kinship_ended_reply[] = {
    ID("绑定编号", "the binding"),
    FIELD("ended", CIVIC_TYPE_BOOLEAN, "已解除", "it has ended"),
    CIVIC_END
};

static const civic_field_t  relation_fields[] = {
    FIELD("code", CIVIC_TYPE_STRING, "代码", "its code"),
    FIELD("label", CIVIC_TYPE_STRING, "名称", "what it is called"),
    CIVIC_END
};

static const civic_field_t  relation_item[] = {
    { .name = "relation", .type = CIVIC_TYPE_OBJECT,
      .fields = relation_fields, .zh = "绑定关系", .en = "a relation" },
    CIVIC_END
};

static const civic_field_t  terms_fields[] = {
    FIELD("relatives", CIVIC_TYPE_INTEGER, "一个用户最多绑定几位亲属",
           "relatives of a user at most"),
    FIELD("guardians", CIVIC_TYPE_INTEGER, "一位亲属最多由几个用户绑定",
           "who may hold a relative's code at most"),
    FIELD("young_until", CIVIC_TYPE_INTEGER, "可绑定到几周岁（含）",
           "up to which age children are bound"),
    FIELD("old_from", CIVIC_TYPE_INTEGER, "或从几周岁起（含）",
           "and elders from which age on"),
    FIELD("pledge_until", CIVIC_TYPE_INTEGER,
           "几周岁以下（含）凭承诺、不用人脸；-1为没有",
           "up to which age a pledge stands in for the face; -1: never"),
    FIELD("unbind_after", CIVIC_TYPE_INTEGER, "绑定多少秒后可以解绑",
           "s after a binding until it can be ended"),
    FIELD("paper_valid", CIVIC_TYPE_INTEGER, "离线码有效多少秒",
           "s that a code on paper holds"),
    CIVIC_END
};

const civic_field_t  kinship_relations_reply[] = {
    { .name = "relations", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .fields = relation_item, .zh = "可选的绑定关系",
      .en = "what can be chosen" },
    { .name = "terms", .type = CIVIC_TYPE_OBJECT, .flags = CIVIC_REQUIRED,
      .fields = terms_fields, .zh = "规则中的数字，供页面文字使用",
      .en = "numbers of the rules, for texts of pages" },
    CIVIC_END
};


/* ---- guardians --------------------------------------------------------- */

static const civic_field_t  holder_fields[] = {
    BINDING,
    CIVIC_END
};

static const civic_field_t  holder_item[] = {
    { .name = "guardian", .type = CIVIC_TYPE_OBJECT, .fields = holder_fields,
      .zh = "监护人", .en = "a guardian" },
    CIVIC_END
};

#define HOLDERS                                                               \
    { .name = "guardians", .type = CIVIC_TYPE_ARRAY,                          \
      .flags = CIVIC_REQUIRED, .fields = holder_item,                         \
      .zh = "绑定了亲属码的人", .en = "who holds the code" }

const civic_field_t  kinship_holders_reply[] = {
    HOLDERS,
    CIVIC_END
};

const civic_field_t  kinship_look_up_body[] = {
    NUMBER("id_number", SHARED_CHILD_EXAMPLE, "亲属身份证号",
           "the relative's identity number"),
    KIND("id_kind"),
    CIVIC_END
};

const civic_field_t  kinship_look_up_reply[] = {
    FIELD("name", CIVIC_TYPE_STRING, "亲属姓名（脱敏）；没有登记则为空",
           "the relative's name, masked; empty: nobody is known by that "
           "number"),
    HOLDERS,
    CIVIC_END
};

const civic_field_t  kinship_unbinding_body[] = {
    NUMBER("id_number", SHARED_CHILD_EXAMPLE, "亲属身份证号",
           "the relative's identity number"),
    KIND("id_kind"), ID("绑定编号", "the binding"),
    { .name = "reason", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = reasons,
      .zh = "原因：危及亲属、冒名绑定、监护关系变更、已去世、法律文书、其他",
      .en = "why it ends at once" },
    CIVIC_END
};

const civic_field_t  kinship_proof_body[] = {
    NAME, NUMBER("id_number", SHARED_CHILD_EXAMPLE, "亲属身份证号",
                 "the relative's identity number"),
    KIND("id_kind"), RELATION,
    NUMBER("guardian_id_number", SHARED_NUMBER_EXAMPLE, "绑定人身份证号",
           "the guardian's identity number"),
    KIND("guardian_id_kind"),
    { .name = "papers", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = papers,
      .zh = "核对的材料：户口簿、出生医学证明、身份证、监护判决、其他",
      .en = "what was shown" },
    FLAGS,
    CIVIC_END
};


/* ---- rules ------------------------------------------------------------- */

const civic_field_t  kinship_channel_input[] = {
    FIELD("channel", CIVIC_TYPE_STRING, "渠道：alipay、wechat、web 等",
           "from where: alipay, wechat, web ..."),
    FIELD("method", CIVIC_TYPE_STRING, "登录方式：alipay、password 等",
           "how the session began: alipay, alipay_qr, password, card ..."),
    CIVIC_END
};

const civic_field_t  kinship_proof_input[] = {
    MAYBE("age", CIVIC_TYPE_INTEGER, "周岁；证件号码看不出则没有",
          "years of age; absent if the number does not say"),
    CIVIC_END
};

const civic_field_t  kinship_match_input[] = {
    FIELD("tries", CIVIC_TYPE_INTEGER, "已核对次数", "how often before"),
    MAYBE("since_first", CIVIC_TYPE_INTEGER, "距第一次的秒数",
          "s since the first"),
    MAYBE("since_last", CIVIC_TYPE_INTEGER, "距上一次的秒数",
          "s since the last"),
    CIVIC_END
};

const civic_field_t  kinship_unbind_input[] = {
    FIELD("since", CIVIC_TYPE_INTEGER, "绑定时间（毫秒）", "bound at, ms"),
    FIELD("now", CIVIC_TYPE_INTEGER, "现在（毫秒）", "now, ms"),
    CIVIC_END
};

const civic_field_t  kinship_keep_input[] = {
    MAYBE("age", CIVIC_TYPE_INTEGER, "周岁；不详则没有",
          "years of age; absent if not known"),
    FIELD("since", CIVIC_TYPE_INTEGER, "绑定时间（毫秒）", "bound at, ms"),
    FIELD("now", CIVIC_TYPE_INTEGER, "现在（毫秒）", "now, ms"),
    MAYBE("how", CIVIC_TYPE_STRING, "凭什么绑定：face、counter、pledge",
          "by which proof"),
    CIVIC_END
};

const civic_field_t  kinship_message_input[] = {
    FIELD("what", CIVIC_TYPE_STRING,
           "bound、proven、displaced、ended、objected、staff、aged、withdrawn、"
           "lost、ending、unproven", "what happened"),
    FIELD("to", CIVIC_TYPE_STRING, "告诉谁：guardian、other、relative",
           "who is told: its guardian, another one, the relative"),
    FIELD("relative", CIVIC_TYPE_STRING, "亲属姓名（脱敏）",
           "the relative's name, masked"),
    FIELD("guardian", CIVIC_TYPE_STRING, "绑定人姓名（脱敏）",
           "the guardian's, masked"),
    FIELD("how", CIVIC_TYPE_STRING, "凭什么绑定", "by which proof"),
    CIVIC_END
};


/* ---- problems ---------------------------------------------------------- */

const char *const  kinship_ask_problems[] = {
    "kinship_own_code_first", "kinship_channel", "invalid_fields",
    "kinship_relatives_full", "kinship_match_wait", "kinship_match_limit",
    "kinship_no_match", "kinship_match_unavailable", "conflict",
    "overloaded", "store_unavailable", "outcome_unknown", NULL
};

const char *const  kinship_agree_problems[] = {
    "invalid_fields", "kinship_asked_over", "kinship_agreement_changed",
    "kinship_pledge_limit", "in_progress", "conflict", "overloaded",
    "store_unavailable", "outcome_unknown", NULL
};

const char *const  kinship_finish_problems[] = {
    "kinship_asked_over", "kinship_agree_first", "kinship_face_needed",
    "kinship_face_not_passed", "kinship_health_agreement",
    "kinship_own_code_first", "kinship_relatives_full",
    "kinship_guardians_full", "kinship_bound_before", "in_progress",
    "conflict", "plugin_unavailable", "overloaded", "store_unavailable",
    "outcome_unknown", NULL
};

const char *const  kinship_withdraw_problems[] = {
    "kinship_asked_over", "kinship_bound_before", "conflict", "overloaded",
    "store_unavailable", "outcome_unknown", NULL
};

const char *const  kinship_delete_problems[] = {
    "kinship_no_binding", "kinship_binding_damaged", "kinship_unbind_early",
    "overloaded", "store_unavailable", "outcome_unknown", NULL
};

const char *const  kinship_store_problems[] = { "store_unavailable", NULL };

const char *const  kinship_objection_problems[] = {
    "kinship_no_binding", "overloaded", "store_unavailable",
    "outcome_unknown", NULL
};

const char *const  kinship_look_up_problems[] = {
    "invalid_fields", "overloaded", "store_unavailable", "outcome_unknown",
    NULL
};

const char *const  kinship_unbinding_problems[] = {
    "invalid_fields", "kinship_no_binding", "overloaded",
    "store_unavailable", "outcome_unknown", NULL
};

const char *const  kinship_proof_problems[] = {
    "invalid_fields", "kinship_guardian_no_code",
    "kinship_guardian_not_agreed", "kinship_relatives_full",
    "kinship_guardians_full", "in_progress", "conflict", "overloaded",
    "store_unavailable", "outcome_unknown", NULL
};
