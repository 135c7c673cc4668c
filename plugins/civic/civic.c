/*
 * civic.c - the tables of the plugin "civic": what every citizen's service
 * has, whatever it serves: an inbox, consents, files by ticket, and the jobs
 * behind them.
 *
 * No code: whoever wants to know what the plugin does to the outside reads
 * this file.
 */

#include "civic.h"
#include "outbox_run.h"


/* ---- options ----------------------------------------------------------- */

static const civic_option_t  options[] = {
    { .name = "push_upstream", .type = CIVIC_TYPE_STRING, .max = 64,
      .pattern = "[a-z0-9_-]*", .fallback = "\"\"",
      .zh = "消息服务的 upstream 名称；空：不推送",
      .en = "the upstream of a message service; empty: no pushes" },
    { .name = "push_path", .type = CIVIC_TYPE_STRING, .max = 256,
      .pattern = "/[A-Za-z0-9._~/?=&%-]*", .fallback = "\"/messages\"",
      .zh = "推送消息的路径",
      .en = "the path that messages are posted to" },
};


/* ---- messages ---------------------------------------------------------- */

static const civic_field_t  inbox_query[] = {
    { .name = "unread", .type = CIVIC_TYPE_BOOLEAN, .fallback = "false",
      .zh = "只返回未读消息", .en = "only those that are unread" },
    { .name = "before", .type = CIVIC_TYPE_STRING,
      SHARED_ID_FORMAT,
      .zh = "只返回比该消息更早的（上一页的 next）",
      .en = "only those older than this one: next of the page before" },
    { .name = "limit", .type = CIVIC_TYPE_INTEGER, .min = 1, .max = 50,
      .fallback = "20",
      .zh = "至多返回几条", .en = "how many at most" },
    CIVIC_END
};

static const civic_field_t  message_object[] = {
    { .name = "message_id", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED,
      .zh = "消息编号", .en = "the message's id" },
    { .name = "kind", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "种类，如 review.approved",
      .en = "what kind of message, such as review.approved" },
    { .name = "title", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "标题", .en = "the title" },
    { .name = "text", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .max = 2000,
      .zh = "正文", .en = "the text" },
    { .name = "sent_at", .type = CIVIC_TYPE_INSTANT, .flags = CIVIC_REQUIRED,
      .zh = "发送时间", .en = "when it was sent" },
    { .name = "read", .type = CIVIC_TYPE_BOOLEAN, .flags = CIVIC_REQUIRED,
      .zh = "是否已读", .en = "whether it was read" },
    CIVIC_END
};

static const civic_field_t  message_item[] = {
    { .name = "message", .type = CIVIC_TYPE_OBJECT, .fields = message_object,
      .zh = "消息", .en = "a message" },
    CIVIC_END
};

static const civic_field_t  inbox_reply[] = {
    { .name = "unread_count", .type = CIVIC_TYPE_INTEGER,
      .flags = CIVIC_REQUIRED,
      .zh = "未读消息总数", .en = "how many are unread in all" },
    { .name = "messages", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .fields = message_item,
      .zh = "消息，新的在前", .en = "messages, the newest first" },
    { .name = "next", .type = CIVIC_TYPE_STRING, .flags = CIVIC_NULLABLE,
      .zh = "还有更早的：作为 before 再次查询",
      .en = "there are older ones: ask again with this as before" },
    CIVIC_END
};

static const civic_field_t  read_all_body[] = {
    { .name = "newest", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      SHARED_ID_FORMAT,
      .zh = "读者看到的最新一条；之后到达的仍为未读",
      .en = "the newest that the reader has seen: what came later stays "
            "unread" },
    CIVIC_END
};

static const char *const  inbox_problems[] = {
    "invalid_fields", "store_unavailable", NULL
};

static const char *const  read_problems[] = {
    "not_found", "store_unavailable", "outcome_unknown", NULL
};

static const char *const  read_all_problems[] = {
    "invalid_fields", "not_found", "store_unavailable", "outcome_unknown",
    NULL
};


/* ---- consents ---------------------------------------------------------- */

static const char *const  languages[] = { "zh", "en", NULL };
static const char *const  methods[] = { "tick_and_button", NULL };
static const char *const  statuses[] = {
    "active", "outdated", "withdrawn", "replaced", CIVIC_RETENTION_OVER, NULL
};

#define PURPOSE_FIELD                                                         \
    { .name = "purpose", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,  \
      .max = CIVIC_PURPOSE_MAX, .pattern = "[a-z][a-z0-9_]*",                 \
      .example = "face", .zh = "目的", .en = "the purpose, such as face" }

#define VERSION_FIELD                                                         \
    { .name = "version", .type = CIVIC_TYPE_INTEGER,                          \
      .flags = CIVIC_REQUIRED, .min = 1, .max = 1000000000,                   \
      .zh = "同意书版本", .en = "the text's version" }

#define DIGEST_FIELD                                                          \
    { .name = "digest", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,   \
      .pattern = "[0-9a-f]{64}",                                              \
      .example = "66c7f0f462eeedd9d1f2d46bdc10e4e2"                           \
                 "4167c4875cf2f7a2297da02b8f4ba8e0",                          \
      .zh = "所示文本（text 的 UTF-8 字节）的 SM3，十六进制",                 \
      .en = "SM3 of the text that is shown (the bytes of text, UTF-8), in "   \
            "hexadecimal" }

#define LANGUAGE_FIELD                                                        \
    { .name = "language", .type = CIVIC_TYPE_STRING,                          \
      .flags = CIVIC_REQUIRED, .choices = languages,                          \
      .zh = "所示文本的语言", .en = "the language of the text" }

#define HANDLER_FIELDS                                                        \
    { .name = "handler", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,  \
      .zh = "个人信息处理者", .en = "who handles the data" },                 \
    { .name = "contact", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,  \
      .zh = "联系方式", .en = "how to reach them" },                          \
    { .name = "alternative", .type = CIVIC_TYPE_STRING,                       \
      .flags = CIVIC_REQUIRED, .max = 1000,                                   \
      .zh = "不同意时的其他办理方式",                                         \
      .en = "how to go on without it" }

/* What the law calls sensitive (PIPL 28). */
#define FLAG(flag, chinese, english)                                          \
    { .name = flag, .type = CIVIC_TYPE_BOOLEAN, .zh = chinese, .en = english }

static const civic_field_t  flag_fields[] = {
    FLAG("face", "生物识别信息（人脸）", "biometrics, such as a face"),
    FLAG("health", "医疗健康信息", "health"),
    FLAG("minor", "不满十四周岁未成年人的信息", "of a child under 14"),
    FLAG("finance", "金融账户信息", "bank accounts"),
    FLAG("location", "行踪轨迹", "whereabouts"),
    FLAG("identity", "特定身份", "particular identities"),
    FLAG("religion", "宗教信仰", "beliefs"),
    CIVIC_END
};

static const civic_field_t  flag_item[] = {
    { .name = "flag", .type = CIVIC_TYPE_STRING,
      .zh = "一项敏感个人信息", .en = "a kind of sensitive data" },
    CIVIC_END
};

static const civic_field_t  text_reply[] = {
    PURPOSE_FIELD, VERSION_FIELD, LANGUAGE_FIELD,
    { .name = "title", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "标题", .en = "its title" },
    { .name = "text", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .max = 20000,
      .zh = "须完整显示的文本", .en = "the text, to be shown as a whole" },
    DIGEST_FIELD,
    { .name = "flags", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .fields = flag_item,
      .zh = "须逐项单独勾选的敏感个人信息",
      .en = "the kinds of sensitive data that are ticked one by one" },
    { .name = "retention_days", .type = CIVIC_TYPE_INTEGER,
      .flags = CIVIC_REQUIRED, .min = 1,
      .zh = "保存天数", .en = "for how many days data is kept" },
    HANDLER_FIELDS,
    CIVIC_END
};

static const civic_field_t  give_body[] = {
    PURPOSE_FIELD, VERSION_FIELD, DIGEST_FIELD, LANGUAGE_FIELD,
    { .name = "flags", .type = CIVIC_TYPE_OBJECT, .flags = CIVIC_REQUIRED,
      .fields = flag_fields,
      .zh = "每一项的勾选结果，不得预先勾选",
      .en = "what was ticked, each by itself; nothing is ticked "
            "beforehand" },
    { .name = "method", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = methods,
      .zh = "同意的方式：勾选并点按钮",
      .en = "how it was given: ticked, and a button pressed" },
    { .name = "channel", .type = CIVIC_TYPE_STRING, .max = 32,
      .pattern = "[a-z][a-z0-9_]*", .example = "alipay",
      .zh = "渠道，如 alipay、web", .en = "the channel: alipay, web" },
    { .name = "app_version", .type = CIVIC_TYPE_STRING, .max = 32,
      .pattern = "[A-Za-z0-9._+-]+", .example = "1.4.2",
      .zh = "应用版本", .en = "the version of the application" },
    CIVIC_END
};

static const civic_field_t  giver_object[] = {
    { .name = "name", .type = CIVIC_TYPE_STRING,
      .zh = "姓名（脱敏）", .en = "the name, masked" },
    { .name = "evidence", .type = CIVIC_TYPE_STRING,
      .zh = "凭什么：face 本人人脸、pledge 承诺、counter 窗口",
      .en = "by what: face (of the person), pledge, counter" },
    CIVIC_END
};

static const civic_field_t  consent_object[] = {
    { .name = "consent_id", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED,
      .zh = "同意编号", .en = "the consent's id" },
    PURPOSE_FIELD,
    { .name = "relation", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "谁作出的：self 本人；其他为与本人的关系",
      .en = "who gave it: self, or what the one who did is to the person" },
    { .name = "given_by", .type = CIVIC_TYPE_OBJECT,
      .fields = giver_object, .zh = "代为作出的人；本人作出的没有",
      .en = "who gave it for the person; absent if the person did" },
    VERSION_FIELD, LANGUAGE_FIELD, DIGEST_FIELD,
    { .name = "flags", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .fields = flag_item,
      .zh = "已勾选的敏感个人信息",
      .en = "the kinds of sensitive data that were ticked" },
    { .name = "given_at", .type = CIVIC_TYPE_INSTANT,
      .flags = CIVIC_REQUIRED,
      .zh = "同意时间", .en = "when it was given" },
    { .name = "retention_until", .type = CIVIC_TYPE_INSTANT,
      .flags = CIVIC_REQUIRED,
      .zh = "保存至", .en = "until when data may be kept" },
    HANDLER_FIELDS,
    { .name = "status", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = statuses,
      .zh = "有效、同意书已更新须重新同意、已撤回、已被新版取代、保存期限已满",
      .en = "whether it holds, is one to an older text and has to be given "
            "anew, was withdrawn, replaced by a newer one, or its time is "
            "over" },
    { .name = "ended_at", .type = CIVIC_TYPE_INSTANT,
      .flags = CIVIC_NULLABLE,
      .zh = "撤回、取代或期满的时间", .en = "when it ended" },
    { .name = "erased_at", .type = CIVIC_TYPE_INSTANT,
      .flags = CIVIC_NULLABLE,
      .zh = "依此保存的信息全部删除的时间",
      .en = "when all that was kept under it was erased" },
    { .name = "erased_items", .type = CIVIC_TYPE_INTEGER,
      .flags = CIVIC_NULLABLE,
      .zh = "删除了几项", .en = "how many things were erased" },
    CIVIC_END
};

static const civic_field_t  consent_item[] = {
    { .name = "consent", .type = CIVIC_TYPE_OBJECT, .fields = consent_object,
      .zh = "同意", .en = "a consent" },
    CIVIC_END
};

static const civic_field_t  consents_reply[] = {
    { .name = "consents", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .max = CIVIC_CONSENTS_MOST + 50, .fields = consent_item,
      .zh = "同意，新的在前", .en = "consents, the newest first" },
    CIVIC_END
};

static const civic_field_t  withdraw_reply[] = {
    PURPOSE_FIELD,
    { .name = "withdrawn_at", .type = CIVIC_TYPE_INSTANT,
      .flags = CIVIC_REQUIRED,
      .zh = "撤回时间", .en = "when it was withdrawn" },
    { .name = "erased", .type = CIVIC_TYPE_BOOLEAN, .flags = CIVIC_REQUIRED,
      .zh = "依此保存的信息是否已删除；否则系统随后删除",
      .en = "whether what was kept under it is erased; if not, it will be "
            "soon, by itself" },
    CIVIC_END
};

static const char *const  text_problems[] = { "not_found", NULL };

static const char *const  consents_problems[] = { "store_unavailable", NULL };

static const char *const  give_problems[] = {
    "invalid_fields", "consent_text_changed", "consent_erasing",
    "store_unavailable", "outcome_unknown", NULL
};

static const char *const  withdraw_problems[] = {
    "consent_not_given", "conflict", "store_unavailable", "outcome_unknown",
    NULL
};

static const char *const  blob_problems[] = {
    "not_found", "store_unavailable", NULL
};


/* ---- routes ------------------------------------------------------------ */

/* Who has an inbox and consents: a visitor, too.  授权 comes before the
   password, and withdrawing is as easy as giving. */
#define CIVIC_OWNERS  (CIVIC_CITIZEN | CIVIC_VISITOR)

static const civic_route_t  routes[] = {
    { .method = CIVIC_GET, .path = "/messages",
      .handler = civic_inbox_list, .roles = CIVIC_OWNERS | CIVIC_STAFF,
      .cost = CIVIC_COST_READ, .purpose = "own messages",
      .query = inbox_query, .reply = inbox_reply, .problems = inbox_problems,
      .zh = "我的消息", .en = "the caller's messages" },
    { .method = CIVIC_PUT, .path = "/messages/{message_id}/read",
      .handler = civic_inbox_read_one, .roles = CIVIC_OWNERS | CIVIC_STAFF,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE,
      .purpose = "own messages", .status = 204, .problems = read_problems,
      .zh = "标记一条消息为已读", .en = "marks a message as read" },
    { .method = CIVIC_PUT, .path = "/messages/read",
      .handler = civic_inbox_read_all, .roles = CIVIC_OWNERS | CIVIC_STAFF,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE,
      .purpose = "own messages", .body = read_all_body, .status = 204,
      .problems = read_all_problems,
      .zh = "标记某条及更早的全部消息为已读",
      .en = "marks a message and all older ones as read" },
    { .method = CIVIC_GET, .path = "/consents/texts/{purpose}",
      .handler = civic_consent_text_show, .roles = CIVIC_ANYONE,
      .cost = CIVIC_COST_READ, .reply = text_reply,
      .problems = text_problems,
      .zh = "某一目的的同意书", .en = "what one consents to" },
    { .method = CIVIC_GET, .path = "/consents",
      .handler = civic_consents_list, .roles = CIVIC_OWNERS,
      .flags = CIVIC_BEFORE_PASSWORD,
      .cost = CIVIC_COST_READ, .purpose = "own consents",
      .reply = consents_reply, .problems = consents_problems,
      .zh = "我的同意：有效的、已撤回的",
      .en = "the caller's consents, those that ended too" },
    { .method = CIVIC_POST, .path = "/consents",
      .handler = civic_consents_give, .roles = CIVIC_OWNERS,
      .flags = CIVIC_CHANGES | CIVIC_CREATES | CIVIC_BEFORE_PASSWORD,
      .cost = CIVIC_COST_WRITE,
      .purpose = "own consents", .body = give_body, .reply = consent_object,
      .status = 201, .problems = give_problems, .deadline = 5000,
      .zh = "同意；对同一文本再次同意，返回原有的一份",
      .en = "consents; to the same text again: answers with the consent "
            "that holds already" },
    { .method = CIVIC_DELETE, .path = "/consents/{purpose}",
      .handler = civic_consents_withdraw, .roles = CIVIC_OWNERS,
      .flags = CIVIC_CHANGES | CIVIC_BEFORE_PASSWORD,
      .cost = CIVIC_COST_WRITE,
      .purpose = "own consents", .reply = withdraw_reply,
      .problems = withdraw_problems, .deadline = 5000,
      .zh = "撤回同意，并删除依此保存的信息",
      .en = "withdraws a consent and erases what was kept under it" },
    { .method = CIVIC_GET, .path = "/blobs/{ticket}",
      .handler = civic_blob_show, .roles = CIVIC_ANYONE,
      .cost = CIVIC_COST_READ, .problems = blob_problems,
      .zh = "凭短时链接取得文件", .en = "a file by a link of short life" },
};


/* ---- problems ---------------------------------------------------------- */

static const civic_problem_def_t  problems[] = {
    { "consent_text_changed", 409,
      "同意书已更新。请阅读最新的同意书，再决定是否同意。",
      "The text has changed. Read the one of now, then decide whether you "
      "consent." },
    { "consent_erasing", 409,
      "您撤回同意后，原有信息仍在删除中。请在{retry_after}秒后再试。",
      "What was kept under the consent that you withdrew is still being "
      "deleted. Try again in {retry_after|second|seconds}." },
    { "consent_not_given", 404,
      "您没有对此项作过同意，或已撤回。无需再办理。",
      "There is no consent of yours to this, or you have withdrawn it. There "
      "is nothing to do." },
    { "consent_purpose_unknown", 0,
      "没有这一目的的同意书。请返回上一页重新进入。",
      "There is nothing of this name to consent to. Go back and enter "
      "again." },
    { "consent_flag_needed", 0,
      "此项敏感个人信息须单独勾选同意。不同意的，请使用所提供的其他方式办理。",
      "This kind of sensitive data needs a tick of its own. Without it, use "
      "the other way that is offered." },
    { "consent_flag_unasked", 0,
      "此项不在本同意书之内。请去掉后再提交。",
      "This text does not ask for this. Leave it out." },
};


/* ---- rules, scripts and the rest --------------------------------------- */

static const civic_field_t  kind_input[] = {
    { .name = "kind", .type = CIVIC_TYPE_STRING,
      .zh = "消息种类；查看消息时没有",
      .en = "the kind of message; absent when an inbox is read" },
    CIVIC_END
};

static const civic_field_t  text_input[] = {
    PURPOSE_FIELD, LANGUAGE_FIELD,
    CIVIC_END
};

static const civic_field_t  check_input[] = {
    PURPOSE_FIELD, LANGUAGE_FIELD, VERSION_FIELD,
    { .name = "digest", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "所见文本的摘要", .en = "of the text that was shown" },
    { .name = "current_version", .type = CIVIC_TYPE_INTEGER,
      .flags = CIVIC_REQUIRED, .min = 1,
      .zh = "现行版本", .en = "the version of now" },
    { .name = "current_digest", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED,
      .zh = "现行文本的摘要", .en = "of the text of now" },
    { .name = "flags", .type = CIVIC_TYPE_OBJECT, .flags = CIVIC_REQUIRED,
      .fields = flag_fields,
      .zh = "勾选结果", .en = "what was ticked" },
    { .name = "relation", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "谁同意：self 本人；其他为与本人的关系",
      .en = "who consents: self, or what they are to the person" },
    { .name = "now", .type = CIVIC_TYPE_INTEGER, .flags = CIVIC_REQUIRED,
      .zh = "业务时间，毫秒", .en = "business time, ms" },
    CIVIC_END
};

static const civic_field_t  holds_input[] = {
    PURPOSE_FIELD,
    { .name = "version", .type = CIVIC_TYPE_INTEGER, .flags = CIVIC_REQUIRED,
      .zh = "已同意的版本", .en = "the version that was consented to" },
    CIVIC_END
};

static const civic_field_t  over_input[] = {
    PURPOSE_FIELD,
    CIVIC_END
};

static const civic_rule_def_t  rules[] = {
    { .name = "message_keep", .input = kind_input,
      .en = "how many messages a person keeps, and how long" },
    { .name = "message_push", .input = kind_input,
      .en = "whether a message is pushed, and how long that is tried" },
    { .name = "consent_text", .input = text_input,
      .en = "the text that one consents to" },
    { .name = "consent_check", .input = check_input,
      .en = "whether a consent counts" },
    { .name = "consent_holds", .input = holds_input,
      .en = "whether a consent to a version of the text still counts" },
    { .name = "consent_over", .input = over_input,
      .en = "what a person is told when the time of a consent is over" },
    { .name = "consent_keep",
      .en = "how many records of consents a person keeps, and how long" },
    { .name = "audit_keep", .en = "how long the audit trail is kept" },
};

static const civic_script_def_t  scripts[] = {
    { "civic_message", "puts a message into an inbox, once" },
    { "civic_message_read", "marks messages as read" },
    { "civic_consent_give", "records a consent" },
    { "civic_consent_withdraw", "withdraws a consent, or ends it in time" },
    { "civic_retention_done", "drops what was noted of a consent's time" },
    { "civic_erase_begin", "begins an erasure, unless somebody is at it" },
    { "civic_erase_end", "ends an erasure, with its proof" },
    SHARED_ASIDE_SCRIPT,
};

static const civic_call_def_t  calls[] = {
    { "message", civic_message_call,
      "puts a message into a person's inbox: see civic_message()" },
    { "consent", civic_consent_call,
      "the consent of a person to a purpose: see civic_consent(); with "
      "own: true none that somebody else gave for them" },
    { "consent_give", civic_consent_give_call,
      "gives a consent that a citizen gave to the caller: {pid, purpose, "
      "method, version?, language?, flags?, channel?, actor?, relation?, "
      "evidence?} -> {state, id?}" },
    { "consent_withdraw", civic_consent_withdraw_call,
      "ends a consent that nobody is left to withdraw, and erases what is kept "
      "under it: {pid, purpose, id} -> {ended}" },
    { "consents_carry", civic_consents_carry_call,
      "what an account consented to, its person has: {from, to} -> "
      "{carried}" },
};

static const civic_metric_def_t  metrics[] = {
    [CIVIC_MESSAGE_STORED] = { "messages", "Messages that were stored." },
    [CIVIC_MESSAGE_REPEATED] = { "messages_repeated",
        "Messages that were there already." },
    [CIVIC_PUSH_DONE] = { "pushes", "Messages that were pushed." },
    [CIVIC_PUSH_REFUSED] = { "pushes_refused",
        "Messages that the message service refused (4xx)." },
    [CIVIC_PUSH_GIVEN_UP] = { "pushes_given_up",
        "Messages that could not be pushed in time." },
    [CIVIC_CONSENT_GIVEN] = { "consents", "Consents that were given." },
    [CIVIC_CONSENT_WITHDRAWN] = { "consents_withdrawn",
        "Consents that were withdrawn." },
    [CIVIC_ERASURE_DONE] = { "erasures",
        "Consents that ended whose data was erased." },
    [CIVIC_ERASURE_FAILED] = { "erasures_failed",
        "Attempts to erase that failed and are made again." },
    [CIVIC_CONSENT_OVER] = { "consents_over",
        "Consents whose time was over." },
    [CIVIC_SET_ASIDE] = { "set_aside",
        "Times that an erasure failed for minutes, and was set aside." },
};

static const civic_purpose_def_t  purposes[] = {
    { CIVIC_MESSAGES, "messages to persons" },
    { CIVIC_CONSENTS, "records of consents" },
};

static const civic_outbox_def_t  outboxes[] = {
    { CIVIC_PUSHES, "messages for the message service" },
    { CIVIC_ERASURES, "what is to be erased after a consent ended" },
    { CIVIC_RETENTIONS, "where consents are whose time will be over" },
    SHARED_ASIDE_OUTBOX,
};

static const civic_job_def_t  jobs[] = {
    { .name = CIVIC_PUSHES, .outbox = CIVIC_PUSHES,
      .interval = 2, .shards = 16,
      .run = civic_pushes_run,
      .en = "hands messages to the message service" },
    { .name = CIVIC_ERASURES, .outbox = CIVIC_ERASURES,
      .interval = 5, .shards = 16,
      .run = civic_erasures_run,
      .en = "erases what was kept under consents that ended" },
    { .name = SHARED_ASIDE, .interval = SHARED_ASIDE_INTERVAL, .shards = 16,
      .run = civic_erasures_run,
      .en = "tries erasures that failed again and again" },
    { .name = CIVIC_RETENTIONS, .interval = 600, .shards = 16,
      .run = civic_retentions_run,
      .en = "ends consents whose time is over" },
    { .name = "audit", .outbox = "audit",
      .interval = 2, .shards = 16, .run = civic_audit_run,
      .en = "moves audit entries into sealed segments" },
    { .name = "blobs", .interval = 600, .shards = 16,
      .run = civic_blobs_run,
      .en = "removes files that nobody refers to" },
};

CIVIC_PLUGIN = {
    .name = "civic",
    .version = "1.0.0",
    .zh = "消息、同意与文件",
    .en = "Messages, consents and files",
    .options = CIVIC_TABLE(options),
    .routes = CIVIC_TABLE(routes),
    .problems = CIVIC_TABLE(problems),
    .rules = CIVIC_TABLE(rules),
    .scripts = CIVIC_TABLE(scripts),
    .calls = CIVIC_TABLE(calls),
    .metrics = CIVIC_TABLE(metrics),
    .purposes = CIVIC_TABLE(purposes),
    .jobs = CIVIC_TABLE(jobs),
    .outboxes = CIVIC_TABLE(outboxes)
};
