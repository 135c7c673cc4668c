/*
 * face_auth.c - the tables of the plugin: what it takes, offers, answers.
 *
 * No code: whoever wants to know what the plugin does to the outside reads
 * this file.  Texts that the notices give stand as they give them.
 */

#include "face_auth.h"
#include "id_form.h"

#define TEXT_OF_PICTURE  (256 * 1024)       /* code points of a data URI */
#define DEADLINE         20000              /* ms: Alipay is asked twice */


/* ---- options ----------------------------------------------------------- */

static const civic_option_t  options[] = {
    { .name = "return_url", .type = CIVIC_TYPE_STRING, .max = 256,
      .fallback = "\"\"",
      .zh = "认证结束后支付宝返回的地址；小程序中一般不填",
      .en = "where Alipay leads back to; it carries no result" },
};


/* ---- POST /face-auth/attempts ------------------------------------------ */

static const civic_field_t  attempt_body[] = {
    { .name = "purpose", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .pattern = "[a-z_]{1,32}", .example = "identity",
      .zh = "目的：identity 本人认证，recover 找回账户；其他由规则决定",
      .en = "identity, or recover; the rules say which others there are" },
    { .name = "name", .type = CIVIC_TYPE_STRING, .flags = CIVIC_SECRET,
      .max = 100, .example = SHARED_CHILD_NAME_EXAMPLE,
      .zh = "亲属的姓名；本人认证时省略",
      .en = "a relative's name; absent for one's own face" },
    { .name = "id_number", .type = CIVIC_TYPE_STRING, .flags = CIVIC_SECRET,
      .max = 64, .example = SHARED_CHILD_EXAMPLE,
      .zh = "亲属的身份证号；本人认证时省略",
      .en = "a relative's number; absent for one's own face" },
    { .name = "id_kind", .type = CIVIC_TYPE_STRING,
      .choices = shared_id_kinds, .fallback = "\"resident\"",
      .zh = "证件类型：旧版外国人永久居留证填 foreign_pr_old，其余省略",
      .en = "foreign_pr_old for the old foreign permanent resident's card; "
            "all others are told by their number" },
    CIVIC_END
};

static const civic_field_t  advice_item[] = {
    { .name = "text", .type = CIVIC_TYPE_STRING }, CIVIC_END
};

static const civic_field_t  buttons[] = {
    { .name = "enter", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "手机上进入认证的按钮", .en = "begins it on a phone" },
    { .name = "agree", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "同意并开始认证的按钮", .en = "consents and begins" },
    { .name = "done", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "电脑上表示已完成的按钮", .en = "on a PC: it is done" },
    CIVIC_END
};

static const char *const  states[] = {
    "starting", "open", "passed", "done", "failed", "expired", NULL
};

static const civic_field_t  attempt_reply[] = {
    { .name = "attempt_id", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED,
      .zh = "认证编号", .en = "names the attempt" },
    { .name = "state", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = states,
      .zh = "状态", .en = "its state: open" },
    { .name = "certify_id", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED,
      .zh = "小程序 my.startAPVerify 的 certifyId",
      .en = "certifyId of my.startAPVerify" },
    { .name = "url", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .max = 4096,
      .zh = "认证页地址，用支付宝打开", .en = "the page, for Alipay to open" },
    { .name = "qr_png", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .max = TEXT_OF_PICTURE,
      .zh = "同一地址的二维码（data:image/png;base64）",
      .en = "the same as a QR code, a data URI" },
    { .name = "qr_svg", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .max = TEXT_OF_PICTURE,
      .zh = "同一地址的二维码（data:image/svg+xml;base64）",
      .en = "the same as SVG" },
    { .name = "expires_at", .type = CIVIC_TYPE_INSTANT,
      .flags = CIVIC_REQUIRED,
      .zh = "失效时间", .en = "until when it can be used" },
    { .name = "advice", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .fields = advice_item,
      .zh = "拍摄前的提示", .en = "what is said before the camera" },
    { .name = "buttons", .type = CIVIC_TYPE_OBJECT, .flags = CIVIC_REQUIRED,
      .fields = buttons,
      .zh = "按钮文字", .en = "what is written on buttons" },
    { .name = "counter", .type = CIVIC_TYPE_BOOLEAN, .flags = CIVIC_REQUIRED,
      .zh = "是否提示可到服务窗口办理",
      .en = "whether the counter should be pointed out by now" },
    CIVIC_END
};

static const char *const  attempt_problems[] = {
    "invalid_fields", "identity_required", "consent_required", "face_wait",
    "face_limit", "face_refused", "face_expired", "face_other_session",
    "provider_unavailable", "conflict", "overloaded", "store_unavailable",
    "outcome_unknown", NULL
};


/* ---- /face-auth/attempts/{attempt_id} ---------------------------------- */

static const civic_field_t  state_reply[] = {
    { .name = "attempt_id", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED,
      .zh = "认证编号", .en = "names the attempt" },
    { .name = "purpose", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "目的", .en = "what it is for" },
    { .name = "state", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = states,
      .zh = "状态：starting 尚未开始，open 进行中，passed 已通过待完成，"
            "done 完成，failed 未通过，expired 已失效",
      .en = "passed: its result has still to be asked for; done: all that "
            "follows is done" },
    { .name = "expires_at", .type = CIVIC_TYPE_INSTANT,
      .flags = CIVIC_REQUIRED,
      .zh = "失效时间", .en = "until when it can be used" },
    CIVIC_END
};

static const civic_field_t  wait_body[] = {
    { .name = "state", .type = CIVIC_TYPE_STRING, .choices = states,
      .fallback = "\"open\"",
      .zh = "页面已知的状态；变化后立即返回",
      .en = "what the page knows; anything else is answered at once" },
    CIVIC_END
};

static const civic_field_t  result_reply[] = {
    { .name = "attempt_id", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED,
      .zh = "认证编号", .en = "names the attempt" },
    { .name = "state", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = states,
      .zh = "passed：认证通过", .en = "passed" },
    { .name = "exchange", .type = CIVIC_TYPE_BOOLEAN,
      .flags = CIVIC_REQUIRED,
      .zh = "访客须再调用 POST /login/session 换成本人的会话",
      .en = "a visitor goes on with POST /login/session" },
    CIVIC_END
};

static const char *const  state_problems[] = {
    "not_found", "face_other_session", "store_unavailable", NULL
};

static const char *const  wait_problems[] = {
    "not_found", "face_other_session", "consent_required", "overloaded",
    "store_unavailable", "outcome_unknown", NULL
};

static const char *const  result_problems[] = {
    "not_found", "face_other_session", "consent_required", "face_not_passed",
    "face_not_begun", "face_expired", "face_claim_changed",
    "face_name_differs", "provider_unavailable", "overloaded",
    "store_unavailable", "outcome_unknown", NULL
};


/* ---- /face-auth/counter-requests --------------------------------------- */

static const civic_field_t  request_body[] = {
    { .name = "purpose", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .pattern = "[a-z_]{1,32}", .example = "identity",
      .zh = "目的：identity 本人认证，recover 找回账户",
      .en = "identity or recover" },
    CIVIC_END
};

static const char *const  request_states[] = {
    "waiting", "passed", "done", "refused", "failed", "expired", NULL
};

static const civic_field_t  request_reply[] = {
    { .name = "state", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = request_states,
      .zh = "状态：waiting 待窗口办理，done 完成，refused 未通过",
      .en = "waiting for the counter; done; refused" },
    { .name = "code", .type = CIVIC_TYPE_STRING, .flags = CIVIC_SECRET,
      .zh = "带到窗口的编号；只在待办理时返回",
      .en = "to be taken to the counter; while it waits" },
    { .name = "expires_at", .type = CIVIC_TYPE_INSTANT,
      .flags = CIVIC_REQUIRED,
      .zh = "编号失效时间", .en = "until when the code is good" },
    { .name = "text", .type = CIVIC_TYPE_STRING, .max = 400,
      .zh = "如何办理", .en = "what to do with it" },
    CIVIC_END
};

static const char *const  request_problems[] = {
    "invalid_fields", "identity_required", "face_counter_later",
    "face_codes_limit", "face_counter_self", "conflict", "overloaded",
    "store_unavailable", "outcome_unknown", NULL
};

static const char *const  show_problems[] = {
    "not_found", "store_unavailable", NULL
};


/* ---- /face-auth/counter ------------------------------------------------ */

#define CODE_FIELD                                                            \
    { .name = "code", .type = CIVIC_TYPE_STRING,                              \
      .flags = CIVIC_REQUIRED | CIVIC_SECRET | CIVIC_TYPED, .max = 32,        \
      .example = "7KMQ2XVA",                                                  \
      .zh = "办理人带来的编号；大小写、空格、短横不影响",                     \
      .en = "what the citizen brings; case, spaces and dashes do not "        \
            "matter" }

static const civic_field_t  look_up_body[] = {
    CODE_FIELD,
    CIVIC_END
};

static const civic_field_t  look_up_reply[] = {
    { .name = "name", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "姓名，与申请人所填完全一致，供与证件核对",
      .en = "the name as it was entered, to be compared with the document" },
    { .name = "id_number", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "身份证号（脱敏）", .en = "the identity number, masked" },
    { .name = "kind", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "证件类型", .en = "the kind of document" },
    { .name = "purpose", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "目的", .en = "what it is for" },
    { .name = "recover", .type = CIVIC_TYPE_BOOLEAN, .flags = CIVIC_REQUIRED,
      .zh = "是否找回账户：通过后原密码与会话失效",
      .en = "whether password and sessions end with it" },
    { .name = "state", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = request_states,
      .zh = "状态", .en = "its state" },
    { .name = "requested_at", .type = CIVIC_TYPE_INSTANT,
      .flags = CIVIC_REQUIRED,
      .zh = "申请时间", .en = "when it was asked for, or decided" },
    { .name = "expires_at", .type = CIVIC_TYPE_INSTANT,
      .flags = CIVIC_REQUIRED,
      .zh = "失效时间", .en = "until when the code is good" },
    CIVIC_END
};

static const char *const  decisions[] = { "pass", "refuse", NULL };

static const civic_field_t  decision_body[] = {
    CODE_FIELD,
    { .name = "decision", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = decisions,
      .zh = "pass 本人与证件一致，refuse 不一致",
      .en = "pass: document and person are the same" },
    { .name = "name", .type = CIVIC_TYPE_STRING, .flags = CIVIC_SECRET,
      .max = 100, .example = SHARED_NAME_EXAMPLE,
      .zh = "所核对证件上的姓名；通过时必填，须与申请人一致",
      .en = "the name on the document in hand: needed to pass, and it must "
            "be the one that is to be proven" },
    { .name = "name_changed", .type = CIVIC_TYPE_BOOLEAN,
      .zh = "已凭证明材料确认本人更名：档案中的姓名改为证件上的姓名",
      .en = "papers show that the name was changed: the record takes the "
            "document's" },
    { .name = "document", .type = CIVIC_TYPE_STRING, .flags = CIVIC_SECRET,
      .max = 64, .example = SHARED_NUMBER_EXAMPLE,
      .zh = "所核对证件上的号码；通过时必填，须与申请人一致",
      .en = "the number on the document in hand: needed to pass, and it must "
            "be the one that is to be proven" },
    { .name = "id_kind", .type = CIVIC_TYPE_STRING,
      .choices = shared_id_kinds, .fallback = "\"resident\"",
      .zh = "证件类型，同登录", .en = "the kind of document, as at login" },
    { .name = "note", .type = CIVIC_TYPE_STRING, .flags = CIVIC_SECRET,
      .max = 200,
      .zh = "备注，加密保存", .en = "a remark; kept sealed" },
    CIVIC_END
};

static const civic_field_t  decision_reply[] = {
    { .name = "state", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = request_states,
      .zh = "done 已完成认证，refused 未通过",
      .en = "done, or refused" },
    CIVIC_END
};

static const char *const  look_up_problems[] = {
    "face_code_unknown", "face_code_expired", "face_codes_wrong",
    "face_claim_changed", "identity_required", "conflict",
    "store_unavailable", "outcome_unknown", NULL
};

static const char *const  decision_problems[] = {
    "invalid_fields", "face_code_unknown", "face_code_expired",
    "face_codes_wrong", "face_document_other", "face_name_recorded",
    "face_decided",
    "face_claim_changed", "identity_required", "conflict",
    "store_unavailable", "outcome_unknown", NULL
};


/* ---- routes ------------------------------------------------------------ */

#define CITIZENS  (CIVIC_VISITOR | CIVIC_CITIZEN)
#define PURPOSE   "face authentication"

static const civic_route_t  routes[] = {
    { .method = CIVIC_POST, .path = "/attempts",
      .handler = face_attempt_create, .roles = CITIZENS,
      .flags = CIVIC_CHANGES | CIVIC_CREATES, .cost = CIVIC_COST_MEDIA,
      .purpose = PURPOSE, .body = attempt_body, .reply = attempt_reply,
      .status = 201, .problems = attempt_problems, .deadline = DEADLINE,
      .zh = "开始一次人脸识别认证", .en = "begins a face authentication" },
    { .method = CIVIC_GET, .path = "/attempts/{attempt_id}",
      .handler = face_attempt_show, .roles = CITIZENS,
      .purpose = PURPOSE, .reply = state_reply, .problems = state_problems,
      .zh = "认证的状态", .en = "what an attempt is now" },
    { .method = CIVIC_POST, .path = "/attempts/{attempt_id}/wait",
      .handler = face_attempt_wait, .roles = CITIZENS,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WAIT, .purpose = PURPOSE,
      .body = wait_body, .reply = state_reply, .problems = wait_problems,
      .deadline = DEADLINE,
      .zh = "等待状态变化（长轮询）", .en = "a long poll for another state" },
    { .method = CIVIC_POST, .path = "/attempts/{attempt_id}/result",
      .handler = face_attempt_result, .roles = CITIZENS,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE, .purpose = PURPOSE,
      .reply = result_reply, .problems = result_problems,
      .deadline = DEADLINE,
      .zh = "身份认证完成：向支付宝查询结果",
      .en = "it is done: asks the provider what came of it" },
    { .method = CIVIC_POST, .path = "/counter-requests",
      .handler = face_counter_create, .roles = CITIZENS,
      .flags = CIVIC_CHANGES | CIVIC_CREATES, .cost = CIVIC_COST_WRITE,
      .purpose = PURPOSE, .body = request_body, .reply = request_reply,
      .status = 201, .problems = request_problems,
      .zh = "申请到服务窗口认证（不使用人脸识别）",
      .en = "asks to be verified at the counter, without face recognition" },
    { .method = CIVIC_GET, .path = "/counter-requests",
      .handler = face_counter_show, .roles = CITIZENS, .purpose = PURPOSE,
      .reply = request_reply, .problems = show_problems,
      .zh = "窗口认证的编号与状态", .en = "the code, and what came of it" },
    { .method = CIVIC_POST, .path = "/counter/look-up",
      .handler = face_desk_look_up, .roles = CIVIC_COUNTER,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE, .purpose = PURPOSE,
      .body = look_up_body, .reply = look_up_reply,
      .problems = look_up_problems,
      .zh = "窗口：查看编号对应的申请",
      .en = "the counter: who wants to be verified" },
    { .method = CIVIC_POST, .path = "/counter/decisions",
      .handler = face_desk_decide, .roles = CIVIC_COUNTER,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE, .purpose = PURPOSE,
      .body = decision_body, .reply = decision_reply,
      .problems = decision_problems, .deadline = DEADLINE,
      .zh = "窗口：核对证件后作出决定",
      .en = "the counter: decides, having seen the document" },
};


/* ---- problems and field errors ----------------------------------------- */

static const civic_problem_def_t  problems[] = {
    { "identity_required", 409,
      "请先填写本人姓名和身份证号，再进行认证。",
      "Enter your name and identity number first (PUT /login/identity)." },
    { "face_wait", 429,
      "认证次数较多。请在{retry_after}秒后重新认证。",
      "There were several attempts. Try again in "
      "{retry_after|second|seconds}." },
    { "face_limit", 429,
      "认证次数已达上限。请在{retry_after}秒后重新认证，或申请到服务窗口，由"
      "工作人员核对身份证件。",
      "There were too many attempts. Try again in "
      "{retry_after|second|seconds}, or ask to be verified at the counter "
      "with your identity document." },
    { "face_refused", 409,
      "认证服务没有受理本次认证。请核对姓名和身份证号后重新认证；仍不成功的，"
      "可以到服务窗口办理。",
      "The authentication service did not accept this attempt. Compare name "
      "and identity number, then begin again; if it happens again, use the "
      "counter." },
    { "face_not_passed", 422,
      "认证未通过，或尚未在手机上完成。{advice}请重新认证。",
      "It has not passed, or is not finished on the phone yet. {advice}Then "
      "try again." },
    { "face_not_begun", 409,
      "认证尚未开始。请点击“进入人脸识别认证”。",
      "The authentication has not begun yet. Press \"Begin face "
      "authentication\"." },
    { "face_expired", 409,
      "本次认证已失效。请重新认证。",
      "This attempt is over. Begin a new one." },
    { "face_other_session", 409,
      "本次认证是在另一次登录中开始的，不能在这里取得结果。请在原来的页面继续，"
      "或在这里重新认证。",
      "This attempt was begun in another session and ends there. Go on where "
      "you began, or begin a new one here." },
    { "face_claim_changed", 409,
      "认证期间填写的身份证号已更改，本次认证不能使用。请核对后重新认证。",
      "The identity number was changed meanwhile, so this authentication "
      "does not count. Check it, then begin again." },
    { "face_name_differs", 409,
      "该身份证号此前认证时使用的是另一个姓名，本次认证不能使用。请核对填写的姓名；"
      "确已更名的，请携带身份证件和更名材料到服务窗口办理。",
      "This identity number was proven before with another name, so this "
      "authentication does not count. Compare the name that you entered; if "
      "your name has changed, bring your identity document and the papers "
      "about it to the counter." },
    { "face_counter_later", 409,
      "请先使用人脸识别认证；多次未通过后可以申请到服务窗口办理。",
      "Try face authentication first; after some attempts the counter is "
      "open to you." },
    { "face_codes_limit", 429,
      "申请次数已达上限。请使用已取得的编号，或在{retry_after}秒后再申请。",
      "That was asked for too often. Use the code that you have, or ask "
      "again in {retry_after|second|seconds}." },
    { "face_counter_self", 409,
      "服务窗口只办理本人认证。请由本人申请。",
      "The counter verifies a person for that person's own account." },
    { "face_code_unknown", 404,
      "没有这个编号。请核对后重新输入，或请办理人重新申请。",
      "There is no such code. Compare it, or have the citizen ask for a new "
      "one." },
    { "face_code_expired", 409,
      "编号已失效。请办理人重新申请。",
      "The code has expired. The citizen has to ask for a new one." },
    { "face_codes_wrong", 429,
      "输入错误编号的次数过多。请在{retry_after}秒后再试。",
      "Too many wrong codes. Try again in {retry_after|second|seconds}." },
    { "face_document_other", 409,
      "所输入的证件号码与申请人不一致，没有作出决定。请核对证件。",
      "The document's number is not the one that is to be proven. Nothing "
      "was decided; look at the document again." },
    { "face_name_recorded", 409,
      "档案中该身份证号已认证的姓名与证件上的不同，没有作出决定。请核对证件；确已更名"
      "且材料齐全的，请确认更名后再通过。",
      "The record of this number was proven with another name than the "
      "document has. Nothing was decided. Look at the document again; if the "
      "name has changed, and papers show it, say so (name_changed)." },
    { "face_decided", 409,
      "该申请已经办理，不能再次决定。",
      "This request was decided before." },
    SHARED_ALIPAY_PROBLEMS,

    { "face_purpose", 0,
      "没有这种认证目的，或当前登录身份不能使用。",
      "There is no such purpose, or not for you." },
    { "face_name_other", 0,
      "证件上的姓名与申请人填写的不一致。请核对；申请人填错的，请其更正后再办理。",
      "The document has another name than the citizen entered. Compare them; "
      "a citizen who mistyped it corrects it first." },
    SHARED_ID_PROBLEMS,
    SHARED_NAME_PROBLEMS,
};


/* ---- rules ------------------------------------------------------------- */

#define FACT(n, t, f, z, e)                                                   \
    { .name = n, .type = t, .flags = f, .zh = z, .en = e }

static const civic_field_t  purpose_input[] = {
    FACT("purpose", CIVIC_TYPE_STRING, CIVIC_REQUIRED, "目的",
         "what it is for"),
    FACT("visitor", CIVIC_TYPE_BOOLEAN, CIVIC_REQUIRED, "是否访客",
         "whether who asks is not proven yet"),
    CIVIC_END
};

static const civic_field_t  consented_input[] = {
    FACT("consent", CIVIC_TYPE_STRING, CIVIC_REQUIRED, "同意的目的",
         "what was consented to"),
    CIVIC_END
};

static const civic_field_t  again_input[] = {
    FACT("told", CIVIC_TYPE_INTEGER, CIVIC_REQUIRED, "已答复未通过的次数",
         "how often it was asked for by hand and had not passed"),
    FACT("same_session", CIVIC_TYPE_BOOLEAN, CIVIC_REQUIRED,
         "是否同一次登录", "whether this session began it"),
    FACT("expires_in", CIVIC_TYPE_INTEGER, CIVIC_REQUIRED, "剩余秒数",
         "s until its end"),
    CIVIC_END
};

static const civic_field_t  attempt_input[] = {
    FACT("purpose", CIVIC_TYPE_STRING, CIVIC_REQUIRED, "目的",
         "what it is for"),
    FACT("visitor", CIVIC_TYPE_BOOLEAN, CIVIC_REQUIRED, "是否访客",
         "whether who asks is not proven yet"),
    FACT("tries", CIVIC_TYPE_INTEGER, CIVIC_REQUIRED, "连续未通过的次数",
         "attempts since the last one that passed"),
    FACT("since_last", CIVIC_TYPE_INTEGER, 0, "距上一次的秒数",
         "s since the last one"),
    FACT("begun", CIVIC_TYPE_INTEGER, CIVIC_REQUIRED, "时段内的次数",
         "attempts in the window"),
    FACT("since_window", CIVIC_TYPE_INTEGER, 0, "距时段开始的秒数",
         "s since the window began"),
    CIVIC_END
};

static const civic_field_t  validity_input[] = {
    FACT("proven_by", CIVIC_TYPE_STRING, 0, "认证方式", "face or counter"),
    FACT("age", CIVIC_TYPE_INTEGER, 0, "距认证的秒数",
         "s since the proof; absent if there is none"),
    CIVIC_END
};

static const civic_field_t  texts_input[] = {
    FACT("language", CIVIC_TYPE_STRING, CIVIC_REQUIRED, "语言", "zh or en"),
    FACT("failed", CIVIC_TYPE_BOOLEAN, CIVIC_REQUIRED, "是否未通过",
         "after a failure, not before the camera"),
    FACT("reason", CIVIC_TYPE_STRING, 0, "支付宝的原因代码",
         "the provider's reason"),
    CIVIC_END
};

static const civic_field_t  counter_input[] = {
    FACT("tries", CIVIC_TYPE_INTEGER, CIVIC_REQUIRED, "连续未通过的次数",
         "attempts since the last one that passed"),
    FACT("given", CIVIC_TYPE_INTEGER, CIVIC_REQUIRED, "时段内的编号数",
         "codes in the window"),
    FACT("since_window", CIVIC_TYPE_INTEGER, 0, "距时段开始的秒数",
         "s since the window began"),
    CIVIC_END
};

static const civic_field_t  look_up_input[] = {
    FACT("wrong", CIVIC_TYPE_INTEGER, CIVIC_REQUIRED, "时段内的错误编号数",
         "wrong codes in the window"),
    FACT("since_window", CIVIC_TYPE_INTEGER, 0, "距时段开始的秒数",
         "s since the window began"),
    CIVIC_END
};

static const civic_rule_def_t  rules[] = {
    { .name = "purpose", .input = purpose_input,
      .en = "which purposes there are, whose face, how Alipay is asked" },
    { .name = "consented", .input = consented_input,
      .en = "which purposes need a consent, and which another" },
    { .name = "form", .en = "what is taken for an identity number" },
    { .name = "terms", .en = "an attempt's life, how often Alipay is asked, "
      "whether another session may end it, how many are kept how long" },
    { .name = "again", .input = again_input,
      .en = "whether an unfinished attempt goes on or gives way" },
    { .name = "attempt", .input = attempt_input,
      .en = "whether an attempt may begin now, or when" },
    { .name = "validity", .input = validity_input,
      .en = "whether a proof is still good" },
    { .name = "texts", .input = texts_input,
      .en = "advice before the camera and after a failure, buttons" },
    { .name = "counter", .input = counter_input,
      .en = "whether a code for the counter is given" },
    { .name = "look_up", .input = look_up_input,
      .en = "whether staff may type another code" },
    { .name = "picture", .en = "whether and how long a picture is kept" },
};


/* ---- scripts, calls, jobs, metrics, purposes --------------------------- */

static const civic_script_def_t  scripts[] = {
    { "face_auth_reserve", "counts, if the row is as it was read" },
    { "face_auth_begin", "begins an attempt or a request for the counter" },
    { "face_auth_settle", "moves one on, if it is as it was read" },
    { "face_auth_ask", "takes the turn to ask the provider" },
    { "face_auth_keep", "keeps a picture, while there is consent" },
    { "face_auth_forget", "forgets a picture, or all" },
    { "face_auth_code", "notes where a code leads" },
    { "face_auth_decide", "notes a decision of the counter, once" },
    SHARED_ASIDE_SCRIPT,
};

static const civic_call_def_t  calls[] = {
    { "state", face_call_state, "{proven_at, proven_by} -> {valid, counter}: "
      "whether a proof is still good" },
    { "result", face_call_result, "{pid, attempt_id, purpose, person} -> "
      "{state, at}: passed is answered once" },
    { "reference", face_call_reference, "{pid} -> {blob_id}: the picture to "
      "compare with, if there is one" },
    { "erase", face_call_erase, "erases what is kept under the consent "
      "\"face\"" },
};

static const civic_job_def_t  jobs[] = {
    { .name = FACE_PICTURES, .interval = 3600, .shards = 16,
      .run = face_follow_run,
      .en = "Deletes pictures of faces whose time is over." },
    { .name = FACE_DECISIONS, .outbox = FACE_DECISIONS,
      .interval = 30, .shards = 16,
      .run = face_follow_run,
      .en = "Carries out decisions of the counter that were interrupted." },
    { .name = SHARED_ASIDE, .interval = SHARED_ASIDE_INTERVAL, .shards = 16,
      .run = face_follow_run, .en = "Tries what failed again and again." },
};

static const civic_outbox_def_t  outboxes[] = {
    { .name = FACE_PICTURES, .en = "pictures that go one day" },
    { .name = FACE_DECISIONS, .en = "decisions to be carried out" },
    SHARED_ASIDE_OUTBOX,
};

static const civic_metric_def_t  metrics[] = {
    { "attempts", "attempts begun" },
    { "attempts_resumed", "attempts that were open already" },
    { "limited", "attempts and codes that the limits refused" },
    { "passed", "attempts that passed" },
    { "not_passed", "asked by hand, and not passed or not finished" },
    { "failed", "attempts that ended without a pass" },
    { "unavailable", "questions that the provider did not answer" },
    { "claims_changed", "proofs that came to a number that was changed" },
    { "counter_codes", "codes given for the counter" },
    { "counter_codes_wrong", "wrong codes typed by staff" },
    { "counter_passed", "people verified at the counter" },
    { "counter_refused", "people refused at the counter" },
    { "pictures_kept", "pictures of faces kept" },
    { "pictures_deleted", "pictures of faces deleted" },
    { "set_aside", "times that work failed for minutes, and was set aside" },
};

static const civic_purpose_def_t  purposes[] = {
    { FACE_RECORD, "attempts of face authentication and codes for the "
      "counter" },
    { FACE_PICTURE, "pictures of faces" },
};


CIVIC_PLUGIN = {
    .name = "face_auth",
    .version = "1.0.0",
    .zh = "人脸识别认证，以及服务窗口认证",
    .en = "face authentication, and the counter as another way",
    .options = CIVIC_TABLE(options),
    .routes = CIVIC_TABLE(routes),
    .problems = CIVIC_TABLE(problems),
    .rules = CIVIC_TABLE(rules),
    .scripts = CIVIC_TABLE(scripts),
    .calls = CIVIC_TABLE(calls),
    .metrics = CIVIC_TABLE(metrics),
    .purposes = CIVIC_TABLE(purposes),
    .jobs = CIVIC_TABLE(jobs),
    .outboxes = CIVIC_TABLE(outboxes),
};
