/*
 * review.c - the tables of the plugin: what it takes, offers, answers.
 *
 * No code: whoever wants to know what the plugin does to the outside reads
 * this file.  Texts that the notices give stand as they give them.
 */

#include "clock.h"
#include "desk.h"
#include "fields.h"
#include "id_form.h"
#include "persons_walk.h"
#include "record.h"

#define PURPOSE  "applying to exams"
#define JOB      25000                  /* ms */


/* ---- routes ------------------------------------------------------------ */

static const char *const  list_problems[] = { "store_unavailable", NULL };

static const char *const  show_problems[] = {
    "not_found", "store_unavailable", NULL
};

static const char *const  wait_problems[] = {
    "not_found", "overloaded", "store_unavailable", NULL
};

static const char *const  save_problems[] = {
    "not_found", "invalid_fields", "conflict", "review_waiting",
    "review_approved", "review_removed", "review_not_yet", "review_over",
    "store_unavailable", "outcome_unknown", NULL
};

static const char *const  submit_problems[] = {
    "not_found", "invalid_fields", "conflict", "review_waiting",
    "review_approved", "review_removed", "review_withdrawn",
    "review_not_yet", "review_over", "review_too_often",
    "store_unavailable", "outcome_unknown", NULL
};

static const char *const  withdraw_problems[] = {
    "not_found", "conflict", "review_paid", "review_paying",
    "review_nothing_to_withdraw", "review_not_yet", "review_over",
    "store_unavailable", "outcome_unknown", NULL
};

/* Of staff: all of a held item's routes may say these. */
#define HELD  "review_not_held", "review_lease_over", "review_changed",       \
              "store_unavailable", "outcome_unknown"

static const char *const  desk_problems[] = {
    "store_unavailable", NULL
};

static const char *const  next_problems[] = {
    "review_none_waits", "review_exam_unknown", "review_closed", "conflict",
    "store_unavailable", "outcome_unknown", NULL
};

static const char *const  take_problems[] = {
    "review_unknown", "review_undecided", "review_held", "store_unavailable",
    "outcome_unknown", NULL
};

static const char *const  held_problems[] = { HELD, NULL };

static const char *const  desk_photo_problems[] = {
    HELD, "review_no_photo", NULL
};

static const char *const  decision_problems[] = {
    HELD, "review_closed", "review_decided", "review_decided_otherwise",
    "invalid_fields", "conflict", NULL
};

static const char *const  propose_problems[] = {
    HELD, "review_closed", "review_undecided", "review_reversal_proposed",
    "review_amended", "review_reversal_late", "review_decided_otherwise",
    "invalid_fields", "conflict", NULL
};

static const char *const  reversal_problems[] = {
    HELD, "review_closed", "review_undecided", "review_no_reversal",
    "review_reversal_own", "review_decided_otherwise", "conflict", NULL
};

static const char *const  look_up_problems[] = {
    "invalid_fields", "store_unavailable", "outcome_unknown", NULL
};

static const char *const  reversals_problems[] = {
    "review_exam_unknown", "store_unavailable", "outcome_unknown", NULL
};

/* A route of what a reviewer holds. */
#define DESK(verb, where, to)                                                 \
    .method = verb, .path = where, .handler = to,                             \
    .roles = CIVIC_REVIEWER, .purpose = PURPOSE, .query = review_exam_query

#define DESK_CHANGES  .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE

#define ITEM  "/items/{application_id}"

static const civic_route_t  routes[] = {
    { .method = CIVIC_GET, .path = "/applications",
      .handler = review_applications_list, .roles = CIVIC_CITIZEN,
      .purpose = PURPOSE, .reply = review_list_reply,
      .problems = list_problems,
      .zh = "我的报名", .en = "the caller's applications" },
    { .method = CIVIC_GET, .path = "/applications/{exam_id}",
      .handler = review_application_show, .roles = CIVIC_CITIZEN,
      .purpose = PURPOSE, .reply = review_application_reply,
      .problems = show_problems,
      .zh = "一项考试的报名", .en = "the application to one exam" },
    { .method = CIVIC_GET, .path = "/applications/{exam_id}/wait",
      .handler = review_application_wait, .roles = CIVIC_CITIZEN,
      .cost = CIVIC_COST_WAIT, .purpose = PURPOSE,
      .query = review_wait_query, .reply = review_application_reply,
      .problems = wait_problems, .deadline = 15000,
      .zh = "等待变化（长轮询）", .en = "waits for a change" },
    { .method = CIVIC_PATCH, .path = "/applications/{exam_id}",
      .handler = review_application_save, .roles = CIVIC_CITIZEN,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE, .purpose = PURPOSE,
      .body = review_save_body, .max_body = 64 * 1024,
      .reply = review_application_reply, .problems = save_problems,
      .zh = "逐项保存：填写的内容、职位",
      .en = "saves what was filled in, field by field" },
    { .method = CIVIC_POST, .path = "/applications/{exam_id}/submit",
      .handler = review_application_submit, .roles = CIVIC_CITIZEN,
      .flags = CIVIC_CHANGES | CIVIC_CREATES, .cost = CIVIC_COST_WRITE,
      .purpose = PURPOSE, .body = review_submit_body,
      .reply = review_application_reply, .problems = submit_problems,
      .zh = "提交（信息真实有效），等待审核",
      .en = "submits it: what is wrong is told at once" },
    { .method = CIVIC_POST, .path = "/applications/{exam_id}/withdraw",
      .handler = review_application_withdraw, .roles = CIVIC_CITIZEN,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE, .purpose = PURPOSE,
      .body = review_withdraw_body, .reply = review_application_reply,
      .problems = withdraw_problems,
      .zh = "撤回报名", .en = "withdraws it" },

    { .method = CIVIC_GET, .path = "/queue", .handler = review_desk_queue,
      .roles = CIVIC_REVIEWER, .purpose = PURPOSE,
      .query = review_queue_query, .reply = review_queue_reply,
      .problems = desk_problems,
      .zh = "审核员：各考试待审核的报名",
      .en = "reviewers: how many applications wait" },
    { DESK(CIVIC_POST, "/items/next", review_desk_next), DESK_CHANGES,
      .reply = review_item_reply, .problems = next_problems,
      .zh = "审核员：取最早应审完的一份（已取的仍是原来那份）",
      .en = "reviewers: takes the one that is due first; who holds one gets "
            "it again" },
    { DESK(CIVIC_GET, ITEM, review_desk_show),
      .reply = review_item_reply, .problems = held_problems,
      .zh = "审核员：正在处理的一份",
      .en = "reviewers: the one that the caller holds" },
    { DESK(CIVIC_GET, ITEM "/photo", review_desk_photo),
      .problems = desk_photo_problems,
      .zh = "审核员：照片", .en = "reviewers: its photo" },
    { DESK(CIVIC_POST, ITEM "/release", review_desk_release), DESK_CHANGES,
      .status = 204, .problems = held_problems,
      .zh = "审核员：放回，由他人审核",
      .en = "reviewers: lets it go, for others" },
    { DESK(CIVIC_POST, ITEM "/approve", review_desk_approve), DESK_CHANGES,
      .body = review_version_body, .reply = review_decided_reply,
      .problems = decision_problems,
      .zh = "审核员：通过", .en = "reviewers: approves it" },
    { DESK(CIVIC_POST, ITEM "/refuse", review_desk_refuse), DESK_CHANGES,
      .body = review_refuse_body, .reply = review_decided_reply,
      .problems = decision_problems,
      .zh = "审核员：不通过，至少一个原因",
      .en = "reviewers: refuses it, for one reason at least" },
    { .method = CIVIC_POST, .path = "/look-up",
      .handler = review_desk_look_up, .roles = CIVIC_REVIEWER, DESK_CHANGES,
      .purpose = PURPOSE, .body = review_look_up_body,
      .reply = review_look_up_reply, .problems = look_up_problems,
      .zh = "审核员：按证件号码查找报名",
      .en = "reviewers: a person's applications, by the identity number" },
    { DESK(CIVIC_POST, ITEM "/take", review_desk_take), DESK_CHANGES,
      .reply = review_item_reply, .problems = take_problems,
      .zh = "审核员：打开已决定的一份",
      .en = "reviewers: takes one that was decided" },
    { DESK(CIVIC_GET, "/reversals", review_desk_reversals),
      .reply = review_reversals_reply, .problems = reversals_problems,
      .zh = "审核员：待确认的纠正",
      .en = "reviewers: reversals that were proposed" },
    { DESK(CIVIC_POST, ITEM "/reversal", review_desk_propose), DESK_CHANGES,
      .body = review_propose_body, .reply = review_decided_reply,
      .problems = propose_problems,
      .zh = "审核员：提出纠正已作出的决定",
      .en = "reviewers: proposes to turn the decision round" },
    { DESK(CIVIC_POST, ITEM "/reversal/confirm", review_desk_confirm),
      DESK_CHANGES, .body = review_version_body,
      .reply = review_decided_reply, .problems = reversal_problems,
      .zh = "审核员：确认他人提出的纠正",
      .en = "reviewers: confirms a reversal that another proposed" },
    { DESK(CIVIC_POST, ITEM "/reversal/reject", review_desk_reject),
      DESK_CHANGES, .body = review_reject_body,
      .reply = review_decided_reply, .problems = reversal_problems,
      .zh = "审核员：不同意或撤回纠正",
      .en = "reviewers: rejects a reversal, or takes one's own back" },
};


/* ---- problems and field errors ----------------------------------------- */

static const civic_problem_def_t  problems[] = {
    { "review_waiting", 409,
      "已提交，正在等待审核，审核结束前不能修改。如需修改，请先撤回。",
      "It was submitted and waits to be reviewed: until then it stays as it "
      "is. Withdraw it to change it." },
    { "review_approved", 409,
      "审核已通过，不能修改。",
      "It was approved, and stays as it is." },
    { "review_removed", 409,
      "逾期未缴费，报名已被删除。如有疑问，请拨打服务电话。",
      "It was not paid in time, and was removed. Call the service line if "
      "that is not right." },
    { "review_withdrawn", 409,
      "报名已撤回。请先修改保存，再提交。",
      "It was withdrawn. Save it again before you submit it." },
    { "review_not_yet", 409,
      "报名尚未开始。",
      "It has not begun yet." },
    { "review_over", 409,
      "报名已截止，不能再填写或提交。",
      "It is over: nothing can be filled in or submitted any more." },
    { "review_too_often", 429,
      "提交次数过多，不能再提交。如有疑问，请拨打服务电话。",
      "It was submitted too often. Call the service line." },
    { "review_paid", 409,
      "已付款，不能撤回。如需退考，请联系考试机构。",
      "It is paid and cannot be withdrawn. Talk to the exam office." },
    { "review_paying", 409,
      "正在支付，暂时不能撤回。请稍后查看个人付款状态。",
      "It is being paid just now. Look at the state of your payment in a "
      "moment." },
    { "review_nothing_to_withdraw", 409,
      "没有可以撤回的报名。",
      "There is nothing to withdraw." },

    { "review_none_waits", 404,
      "目前没有待审核的报名。",
      "No application waits for review at the moment." },
    { "review_exam_unknown", 404,
      "没有这个考试。",
      "There is no such exam." },
    { "review_closed", 403,
      "现在不是审核工作时间，请在工作时间内审核。",
      "Reviewers do not work at this time. Please come back during working "
      "hours." },
    { "review_not_held", 409,
      "您没有在处理这份报名：可能已经决定、放回，或由他人处理。请取下一份。",
      "You do not hold this application: it may be decided, let go, or held "
      "by somebody else. Take the next one." },
    { "review_lease_over", 409,
      "这份报名的处理时间已过，可能已由他人处理。请重新取一份。",
      "Your time for this application is over, and somebody else may have it. "
      "Take the next one." },
    { "review_changed", 409,
      "申请人已撤回或更改这份报名，没有作出决定。请取下一份。",
      "The applicant has withdrawn or changed this application; nothing was "
      "decided. Take the next one." },
    { "review_decided", 409,
      "这份报名已经决定。要改变决定，请提出纠正，由另一人确认。",
      "This application was decided. To change that, propose a reversal, for "
      "another to confirm." },
    { "review_decided_otherwise", 409,
      "您对这份报名已作出另一个决定，那个决定有效，这一个没有执行。请重新打开查看。",
      "You have decided on this application otherwise: that decision stands, "
      "and this one was not carried out. Open it again to see." },
    { "review_undecided", 409,
      "这份报名还没有审核决定，不能纠正。",
      "This application has no decision that could be turned round." },
    { "review_amended", 409,
      "申请人正在修改这份报名，修改后的内容尚未提交。请等待其再次提交。",
      "The applicant is changing this application, and what is new was not "
      "submitted yet. Wait until it is." },
    { "review_unknown", 404,
      "没有这份报名。请按证件号码重新查找。",
      "There is no such application. Look it up by the identity number." },
    { "review_held", 409,
      "这份报名正由他人处理，请稍后再试。",
      "Somebody else is looking at this application. Try again later." },
    { "review_no_photo", 404,
      "这份报名没有照片。",
      "This application has no photo." },
    { "review_reversal_proposed", 409,
      "这份报名已有人提出纠正，请先确认或不同意。",
      "A reversal is proposed already: confirm or reject it first." },
    { "review_no_reversal", 409,
      "这份报名没有待确认的纠正。",
      "No reversal of this application is proposed." },
    { "review_reversal_own", 403,
      "纠正须由另一名审核员确认。",
      "Another reviewer has to confirm a reversal that you proposed." },
    { "review_reversal_late", 403,
      "决定已超过 {days} 天，不能再纠正。",
      "The decision is more than {days|day|days} old and cannot be turned "
      "round." },

    { "review_position_unknown", 0,
      "没有这个职位。请重新选择。",
      "There is no such position. Choose another one." },
    { "review_condition", 0,
      "不符合该职位的条件：{condition}。请核对填写的内容，或申请其他职位。",
      "This does not meet a condition of the position: {condition_en}. Check "
      "what you filled in, or apply for another one." },
    { "review_photo_missing", 0,
      "还没有完成照片上传。请上传照片，并点击“照片上传完成”。",
      "There is no finished photo yet. Upload one, and press \"照片上传完成\"." },
    { "review_photo_waiting", 0,
      "照片还在检查中。请等照片通过后再提交。",
      "The photo is still being checked. Submit when it has passed." },
    { "review_identity", 0,
      "尚未完成身份认证。请先完成人脸识别认证。",
      "You have not proven who you are yet. Show your face first." },
    { "review_declaration", 0,
      "请勾选“信息真实有效”。",
      "Tick that all of it is true and valid." },
    { "review_reason_needed", 0,
      "请至少选择一个不通过的原因。",
      "Choose at least one reason." },
    { "review_reason_unknown", 0,
      "没有这个原因代码。",
      "There is no such reason." },
    { "review_reason_twice", 0,
      "这个原因已选择过。",
      "This reason was chosen before." },
    { "review_reasons_many", 0,
      "原因过多，请选择主要的几个。",
      "Too many reasons: choose those that matter." },
    { "review_note_needed", 0,
      "所选原因须另外写明审核意见。",
      "The reason that you chose needs a note of your own." },
    { "review_note_long", 0,
      "审核意见过长。",
      "The note is too long." },
    SHARED_ID_PROBLEMS,
};


/* ---- rules ------------------------------------------------------------- */

static const civic_field_t  clock_input[] = {
    { .name = "at", .type = CIVIC_TYPE_INTEGER, .flags = CIVIC_REQUIRED,
      .zh = "提交的时刻", .en = "when it was handed in, ms" },
    CIVIC_END
};

static const civic_field_t  window_members[] = {
    FIELD("from", CIVIC_TYPE_INTEGER, "开始（含）", "ms, in"),
    FIELD("until", CIVIC_TYPE_INTEGER, "结束（不含）", "ms, out"),
    CIVIC_END
};

#define WINDOW(n, z, e)                                                       \
    { .name = n, .type = CIVIC_TYPE_OBJECT, .fields = window_members,         \
      .zh = z, .en = e }

static const civic_field_t  window_input[] = {
    FIELD("what", CIVIC_TYPE_STRING,
          "edit 填写，submit 提交，amend 修改（审核不通过后），resubmit "
          "再次提交，withdraw 撤回", "what is to be done"),
    FIELD("now", CIVIC_TYPE_INTEGER, "现在", "ms"),
    WINDOW("registration", "报名时间", "when people register"),
    WINDOW("review", "审核时间", "when people are reviewed"),
    WINDOW("payment", "缴费时间", "when people pay"),
    CIVIC_END
};

static const civic_field_t  limits_input[] = {
    FIELD("submissions", CIVIC_TYPE_INTEGER, "已提交的次数",
          "how often it was submitted before"),
    CIVIC_END
};

static const civic_field_t  condition_value[] = {
    { .name = "value", .type = CIVIC_TYPE_STRING }, CIVIC_END
};

static const civic_field_t  condition_members[] = {
    MAYBE("field", CIVIC_TYPE_STRING, "表单项", "a field of the form"),
    { .name = "in", .type = CIVIC_TYPE_ARRAY, .fields = condition_value,
      .zh = "允许的内容", .en = "what it may be" },
    MAYBE("min", CIVIC_TYPE_INTEGER, "不小于", "not below"),
    MAYBE("max", CIVIC_TYPE_INTEGER, "不大于", "not above"),
    MAYBE("born_from", CIVIC_TYPE_STRING, "出生不早于",
             "born on that day or later"),
    MAYBE("born_until", CIVIC_TYPE_STRING, "出生不晚于",
             "born on that day or before"),
    CIVIC_END
};

static const civic_field_t  each_condition[] = {
    { .type = CIVIC_TYPE_OBJECT, .fields = condition_members }, CIVIC_END
};

static const civic_field_t  answer_members[] = {
    FIELD("field", CIVIC_TYPE_STRING, "表单项", "a field of the form"),
    MAYBE("type", CIVIC_TYPE_STRING, "表单项的类型", "its type"),
    { .name = "values", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .fields = condition_value, .zh = "填写的内容",
      .en = "what was filled in" },
    CIVIC_END
};

static const civic_field_t  each_given[] = {
    { .type = CIVIC_TYPE_OBJECT, .fields = answer_members }, CIVIC_END
};

static const civic_field_t  fits_input[] = {
    { .name = "conditions", .type = CIVIC_TYPE_ARRAY,
      .flags = CIVIC_REQUIRED, .fields = each_condition,
      .zh = "职位的条件", .en = "the position's conditions" },
    { .name = "answers", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .fields = each_given, .zh = "条件涉及的填写内容",
      .en = "what was filled in, of the fields that conditions name" },
    MAYBE("born", CIVIC_TYPE_STRING, "出生日期，如 1990-03-07",
             "the birthday, if the number says it"),
    CIVIC_END
};

static const civic_field_t  photo_input[] = {
    FIELD("progress", CIVIC_TYPE_STRING, "none、waiting 或 passed",
          "how far the photo is"),
    CIVIC_END
};

static const civic_field_t  withdraw_input[] = {
    FIELD("state", CIVIC_TYPE_STRING, "报名的状态", "the application's state"),
    FIELD("order", CIVIC_TYPE_STRING, "订单的状态；paying 为正在支付",
          "the order's state, or paying"),
    CIVIC_END
};

static const civic_field_t  order_input[] = {
    FIELD("until", CIVIC_TYPE_INTEGER, "缴费截止时间",
          "the payment window's end, ms"),
    FIELD("approved", CIVIC_TYPE_INTEGER, "审核通过的时间",
          "when it was approved, ms"),
    CIVIC_END
};

static const civic_field_t  show_input[] = {
    FIELD("state", CIVIC_TYPE_STRING, "报名的状态", "the application's state"),
    FIELD("order", CIVIC_TYPE_STRING, "订单的状态；paying 为正在支付",
          "the order's state, or paying"),
    FIELD("free", CIVIC_TYPE_BOOLEAN, "是否免费", "nothing is to be paid"),
    FIELD("position", CIVIC_TYPE_BOOLEAN, "是否已选职位",
          "a position was chosen"),
    FIELD("edit", CIVIC_TYPE_BOOLEAN, "现在能否修改", "may be changed now"),
    MAYBE("opens", CIVIC_TYPE_STRING, "还不能填写的，何时起可以",
             "from when on, if it cannot be changed yet"),
    FIELD("submit", CIVIC_TYPE_BOOLEAN, "现在能否提交",
          "may be submitted now"),
    FIELD("withdraw", CIVIC_TYPE_BOOLEAN, "现在能否撤回",
          "may be withdrawn now"),
    MAYBE("photo", CIVIC_TYPE_STRING, "照片的进度", "how far the photo is"),
    MAYBE("due", CIVIC_TYPE_STRING, "审核目标时间", "the target"),
    FIELD("language", CIVIC_TYPE_STRING, "语言", "zh or en"),
    CIVIC_END
};

#define LONG_TEXT(n, z, e)                                                    \
    { .name = n, .type = CIVIC_TYPE_STRING, .max = 4000, .zh = z, .en = e }

static const civic_field_t  message_input[] = {
    FIELD("what", CIVIC_TYPE_STRING, "什么消息", "what is told"),
    LONG_TEXT("title_zh", "考试名称", "the exam"),
    LONG_TEXT("title_en", "考试名称（英文）", "the exam in English"),
    LONG_TEXT("reasons_zh", "不通过的原因", "why it was refused"),
    LONG_TEXT("reasons_en", "不通过的原因（英文）", "the same in English"),
    LONG_TEXT("note", "审核意见", "what the reviewer adds"),
    MAYBE("due", CIVIC_TYPE_STRING, "审核目标时间", "the target"),
    FIELD("free", CIVIC_TYPE_BOOLEAN, "是否免费", "nothing is to be paid"),
    CIVIC_END
};

static const civic_field_t  may_review_input[] = {
    { .name = "now", .type = CIVIC_TYPE_INTEGER, .flags = CIVIC_REQUIRED,
      .zh = "现在", .en = "now, ms of business time" },
    { .name = "open", .type = CIVIC_TYPE_BOOLEAN,
      .zh = "是否工作时间", .en = "whether reviewers work now" },
    { .name = "opens_at", .type = CIVIC_TYPE_INTEGER,
      .zh = "下一次工作时间", .en = "when they work next, ms" },
    CIVIC_END
};

static const civic_field_t  reversal_input[] = {
    { .name = "state", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "现在的决定", .en = "approved or refused" },
    { .name = "days", .type = CIVIC_TYPE_INTEGER, .flags = CIVIC_REQUIRED,
      .zh = "决定至今的天数", .en = "days since it was decided" },
    CIVIC_END
};

static const civic_field_t  retention_input[] = {
    { .name = "state", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "报名的状态", .en = "the application's state" },
    CIVIC_END
};

static const civic_rule_def_t  rules[] = {
    { .name = "window", .input = window_input,
      .en = "what an applicant may do when" },
    { .name = "limits", .input = limits_input,
      .en = "how often an application may be submitted" },
    { .name = "fits", .input = fits_input,
      .en = "whether somebody meets a position's conditions" },
    { .name = "photo", .input = photo_input,
      .en = "how far the photo must be" },
    { .name = "may_withdraw", .input = withdraw_input,
      .en = "what may be withdrawn" },
    { .name = "order", .input = order_input,
      .en = "until when somebody has to pay" },
    { .name = "show", .input = show_input,
      .en = "what a state is called, and what can be done" },
    { .name = "message", .input = message_input,
      .en = "what applicants are told" },
    { .name = "rebuild", .en = "how often indexes are made anew" },
    { .name = "retention", .input = retention_input,
      .en = "for how long an application is kept" },
    { .name = "may_review", .input = may_review_input,
      .en = "whether reviewers may decide now" },
    { .name = "desk", .en = "leases, what is due soon, how numbers are read" },
    { .name = "refusal", .en = "the library of reasons, and of remarks" },
    { .name = "reversal", .input = reversal_input,
      .en = "whether a decision may still be turned round" },
    { .name = "clock", .input = clock_input,
      .en = "how long a review takes, in whose working hours" },
};


/* ---- scripts, calls, jobs, metrics, purposes --------------------------- */

static const civic_script_def_t  scripts[] = {
    { "review_move", "moves an application on, if it is as it was read" },
    { "review_index", "takes an application into the index of its exam" },
    { "review_order", "notes which order was opened for an approval" },
    { "review_note", "tells the outboxes that something became of an order" },
    { "review_moving", "notes that an exam's instants have moved" },
    { "review_erase", "erases an application" },
    { "review_unindex", "takes one that is erased out of the index" },
    SHARED_PERSONS_WALK_SCRIPT,
    SHARED_ASIDE_SCRIPT,
    SHARED_STAFF_QUEUE_SCRIPTS,
};

static const civic_call_def_t  calls[] = {
    { "state", review_call_state, "{pid, exam_id} -> {state, version, "
      "application_id, position, submitted_at?, due_at?}; state \"none\"" },
    { "due", review_call_due, "{at} -> {due_at} or {due_unknown}: when what "
      "is handed in then would be due" },
    { "counts", review_call_counts, "{exam_id, codes} -> {counts}: how many "
      "apply for each position" },
    { "paid", review_call_paid, "{exam_id, after, max} -> {pids, after}: an "
      "index; ask \"entitled\" of each" },
    { "entitled", review_call_entitled, "{pid, exam_id} -> {entitled, "
      "application_id, position, name, id_number}" },
    { "approved", review_call_approved, "{pid} -> {exam_ids}: of a person's "
      "approved applications; ask \"entitled\" of each" },
    { "photo_locked", review_call_photo_locked, "{pid, profile} -> {locked}: "
      "an application relies on that photo" },
    { "payment", review_call_payment, "of the plugin payment: something "
      "became of an order" },
    { "payment_needed", review_call_payment_needed, "of the plugin payment: "
      "{pid, order_id, item} -> {needed}: it is not to be erased" },
    { "exam_changed", review_call_exam_changed, "{exam_id, revision}: of the "
      "plugin exam: its instants may have moved" },
};

static const civic_job_def_t  jobs[] = {
    { .name = REVIEW_WORK, .outbox = REVIEW_WORK,
      .interval = 2, .shards = REVIEW_SHARDS,
      .deadline = JOB, .run = review_follow_run,
      .en = "Does what follows from changes: index, queue, messages." },
    { .name = REVIEW_MONEY, .outbox = REVIEW_MONEY,
      .interval = 2, .shards = REVIEW_SHARDS,
      .deadline = JOB, .run = review_follow_run,
      .en = "Opens, closes and gives back orders of applications." },
    { .name = REVIEW_TELL, .outbox = REVIEW_TELL,
      .interval = 2, .shards = REVIEW_SHARDS,
      .deadline = JOB, .run = review_follow_run,
      .en = "Tells plugins who may sit an exam." },
    { .name = SHARED_ASIDE, .interval = SHARED_ASIDE_INTERVAL,
      .shards = REVIEW_SHARDS, .deadline = JOB, .run = review_follow_run,
      .en = "Tries what failed again and again." },
    { .name = "deadlines", .interval = 2, .deadline = JOB,
      .run = review_deadlines_run,
      .en = "Moves deadlines of orders after their exam's." },
    { .name = "rebuild", .interval = 10, .shards = REVIEW_SHARDS,
      .deadline = JOB, .run = review_rebuild_run,
      .en = "Makes the indexes of applications anew, and erases applications "
            "that were kept long enough." },
};

static const civic_outbox_def_t  outboxes[] = {
    { .name = REVIEW_WORK, .en = "what follows from changes" },
    { .name = REVIEW_MONEY, .en = "orders that are to be looked at" },
    { .name = REVIEW_TELL, .en = "what others are told" },
    SHARED_ASIDE_OUTBOX,
};

static const civic_metric_def_t  metrics[] = {
    [REVIEW_MOVES] = { "moves", "changes of applications" },
    [REVIEW_SAVED] = { "saved", "times that a draft was saved" },
    [REVIEW_SUBMITTED] = { "submitted", "applications submitted" },
    [REVIEW_NOT_SUBMITTED] = { "not_submitted",
        "submissions in which something was wrong" },
    [REVIEW_WITHDRAWN] = { "withdrawn", "applications withdrawn" },
    [REVIEW_REMOVED] = { "removed", "applications removed unpaid" },
    [REVIEW_ORDERS] = { "orders", "orders opened after an approval" },
    [REVIEW_GIVEN_BACK] = { "given_back",
        "paid orders of applications that are not approved any more" },
    [REVIEW_DEADLINES] = { "deadlines", "orders whose deadline was moved" },
    [REVIEW_REBUILT] = { "rebuilt", "applicants whose indexes were made "
        "anew" },
    [REVIEW_APPROVED] = { "approved", "applications that staff approved" },
    [REVIEW_REFUSED] = { "refused", "applications that staff refused" },
    [REVIEW_PROPOSALS] = { "proposals",
        "reversals proposed, rejected or taken back" },
    [REVIEW_REVERSED] = { "reversed", "decisions turned round by two" },
    [REVIEW_CONFLICTS] = { "conflicts",
        "decisions that came after another one's" },
    [REVIEW_UNDATED] = { "undated",
        "due times that nobody could say: a year without a calendar" },
    [REVIEW_SET_ASIDE] = { "set_aside",
        "times that work failed for minutes, and was set aside" },
    [REVIEW_ERASED] = { "erased", "applications that were kept long enough, "
        "and erased" },
};

static const civic_purpose_def_t  purposes[] = {
    { REVIEW_RECORD, "applications and decisions" },
    { REVIEW_PHOTO, "photos of applications, of photo_check" },
};


CIVIC_PLUGIN = {
    .name = "review",
    .version = "1.0.0",
    .zh = "报名与资格审核",
    .en = "applications to exams, and their review",
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
