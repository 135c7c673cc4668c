/*
 * desk_tables.c - bodies and answers of the routes for reviewers.
 */

#include "desk.h"
#include "exam.h"
#include "id_form.h"

static const char *const  decided[] = { "approved", "refused", NULL };

static const char *const  seen[] = {
    "submitted", "approved", "refused", NULL
};

const civic_field_t  review_exam_query[] = {
    { .name = "exam_id", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .max = CIVIC_EXAM_ID, .pattern = CIVIC_EXAM_ID_PATTERN,
      .example = "demo-2026",
      .zh = "考试", .en = "the exam" },
    CIVIC_END
};

static const civic_field_t  exam_counts[] = {
    { .name = "exam_id", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "考试", .en = "the exam" },
    { .name = "title", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "考试名称", .en = "its title" },
    { .name = "waiting", .type = CIVIC_TYPE_INTEGER, .flags = CIVIC_REQUIRED,
      .zh = "待审核数", .en = "how many wait" },
    { .name = "due_soon", .type = CIVIC_TYPE_INTEGER,
      .flags = CIVIC_REQUIRED,
      .zh = "即将到期数", .en = "how many of them are due soon" },
    { .name = "overdue", .type = CIVIC_TYPE_INTEGER, .flags = CIVIC_REQUIRED,
      .zh = "已超过应审完时间的数",
      .en = "how many should have been decided" },
    { .name = "undated", .type = CIVIC_TYPE_INTEGER, .flags = CIVIC_REQUIRED,
      .zh = "没有应审完时间的数（工作日历未更新）",
      .en = "how many have no due time, for no calendar knows it" },
    { .name = "oldest", .type = CIVIC_TYPE_INSTANT,
      .zh = "最早的应审完时间（没有时为提交时间）",
      .en = "when the first of them is due; without a due time, when it was "
             "submitted" },
    { .name = "mine", .type = CIVIC_TYPE_STRING,
      .zh = "正在由您处理的一份",
      .en = "the one that the caller holds" },
    { .name = "reversals", .type = CIVIC_TYPE_INTEGER,
      .flags = CIVIC_REQUIRED,
      .zh = "待确认的纠正数",
      .en = "how many proposed reversals wait" },
    CIVIC_END
};

static const civic_field_t  each_exam[] = {
    { .name = "exam", .type = CIVIC_TYPE_OBJECT, .fields = exam_counts },
    CIVIC_END
};

const civic_field_t  review_queue_reply[] = {
    { .name = "working", .type = CIVIC_TYPE_BOOLEAN,
      .zh = "现在是否工作时间",
      .en = "whether reviewers work now; absent if no calendar knows" },
    { .name = "opens_at", .type = CIVIC_TYPE_INSTANT,
      .zh = "下一次工作时间的开始", .en = "when they work next" },
    { .name = "exams", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .max = 64, .fields = each_exam,
      .zh = "各考试：未结束的，和已结束而仍有待办的",
      .en = "by exam: those that are not over, and those of which something "
            "waits still" },
    { .name = "after", .type = CIVIC_TYPE_STRING,
      .zh = "下一页的 after；没有则是最后一页（一页可能没有考试）",
      .en = "the next page's \"after\"; absent on the last.  A page may have "
            "no exams" },
    CIVIC_END
};

const civic_field_t  review_queue_query[] = {
    SHARED_EXAM_PLACE,
    CIVIC_END
};

static const civic_field_t  reason[] = {
    { .name = "code", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "代码", .en = "for programs" },
    { .name = "text", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "说明", .en = "what the applicant is told" },
    { .name = "needs_note", .type = CIVIC_TYPE_BOOLEAN,
      .zh = "须另写审核意见", .en = "it says nothing without a note" },
    CIVIC_END
};

static const civic_field_t  each_reason[] = {
    { .name = "reason", .type = CIVIC_TYPE_OBJECT, .fields = reason },
    CIVIC_END
};

static const civic_field_t  each_condition[] = {
    { .name = "condition", .type = CIVIC_TYPE_STRING },
    CIVIC_END
};

static const civic_field_t  position[] = {
    { .name = "code", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "职位代码", .en = "its code" },
    { .name = "name", .type = CIVIC_TYPE_STRING,
      .zh = "名称", .en = "its name" },
    { .name = "unit", .type = CIVIC_TYPE_STRING,
      .zh = "单位", .en = "whose it is" },
    { .name = "note", .type = CIVIC_TYPE_STRING,
      .zh = "备注", .en = "a remark" },
    { .name = "conditions", .type = CIVIC_TYPE_ARRAY,
      .flags = CIVIC_REQUIRED, .fields = each_condition,
      .zh = "条件", .en = "what it asks for" },
    CIVIC_END
};

static const civic_field_t  form_field[] = {
    { .name = "name", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "字段", .en = "the field" },
    { .name = "label", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "名称", .en = "its label" },
    { .name = "text", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "填写的内容", .en = "what was filled in" },
    CIVIC_END
};

static const civic_field_t  each_field[] = {
    { .name = "field", .type = CIVIC_TYPE_OBJECT, .fields = form_field },
    CIVIC_END
};

static const civic_field_t  past_entry[] = {
    { .name = "what", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "经过：submitted 提交，approved 通过，refused 不通过"
             "，reversed_to_approved、reversed_to_refused 纠正，reversal"
             "_rejected 纠正未获确认",
      .en = "submitted, approved, refused, reversed_to_approved, "
             "reversed_to_refused, reversal_rejected, or another step" },
    { .name = "at", .type = CIVIC_TYPE_INSTANT, .flags = CIVIC_REQUIRED,
      .zh = "时间", .en = "when" },
    { .name = "position", .type = CIVIC_TYPE_STRING,
      .zh = "职位代码", .en = "the position then" },
    { .name = "note", .type = CIVIC_TYPE_STRING,
      .zh = "审核意见", .en = "the remark for the applicant" },
    { .name = "why", .type = CIVIC_TYPE_STRING,
      .zh = "给审核员的说明",
      .en = "what one of the staff told the other" },
    { .name = "reasons", .type = CIVIC_TYPE_ARRAY, .fields = each_reason,
      .zh = "原因", .en = "reasons" },
    CIVIC_END
};

static const civic_field_t  each_past[] = {
    { .name = "entry", .type = CIVIC_TYPE_OBJECT, .fields = past_entry },
    CIVIC_END
};

static const civic_field_t  proposal[] = {
    { .name = "becomes", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = decided,
      .zh = "改为", .en = "what it would become" },
    { .name = "own", .type = CIVIC_TYPE_BOOLEAN, .flags = CIVIC_REQUIRED,
      .zh = "是否由您提出", .en = "whether the caller proposed it" },
    { .name = "at", .type = CIVIC_TYPE_INSTANT, .flags = CIVIC_REQUIRED,
      .zh = "提出时间", .en = "when it was proposed" },
    { .name = "why", .type = CIVIC_TYPE_STRING,
      .zh = "理由", .en = "why" },
    { .name = "note", .type = CIVIC_TYPE_STRING,
      .zh = "给申请人的审核意见",
      .en = "the remark for the applicant" },
    { .name = "reasons", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .fields = each_reason,
      .zh = "原因", .en = "reasons for the applicant" },
    CIVIC_END
};

const civic_field_t  review_item_reply[] = {
    { .name = "application_id", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED,
      .zh = "报名编号", .en = "names the application" },
    { .name = "exam_id", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "考试", .en = "the exam" },
    { .name = "exam", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "考试名称", .en = "its title" },
    { .name = "state", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = seen,
      .zh = "状态", .en = "the state" },
    { .name = "version", .type = CIVIC_TYPE_INTEGER, .flags = CIVIC_REQUIRED,
      .zh = "版本，作决定时填写", .en = "for the decision to name" },
    { .name = "lease_until", .type = CIVIC_TYPE_INSTANT,
      .flags = CIVIC_REQUIRED,
      .zh = "由您处理到何时；再次查看即顺延",
      .en = "until when it is yours; looking again begins it anew" },
    { .name = "submitted_at", .type = CIVIC_TYPE_INSTANT,
      .flags = CIVIC_REQUIRED,
      .zh = "提交时间", .en = "when it was submitted" },
    { .name = "due_at", .type = CIVIC_TYPE_INSTANT,
      .zh = "应审完的时间", .en = "when it is due" },
    { .name = "overdue", .type = CIVIC_TYPE_BOOLEAN,
      .zh = "是否已超过", .en = "whether that time is over" },
    { .name = "due_unknown", .type = CIVIC_TYPE_STRING,
      .zh = "没有应审完时间的原因",
      .en = "why there is no due time" },
    { .name = "name", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "姓名", .en = "the name" },
    { .name = "id_number", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED,
      .zh = "证件号码", .en = "the identity number" },
    { .name = "id_kind", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "证件类型", .en = "the kind of document" },
    { .name = "has_photo", .type = CIVIC_TYPE_BOOLEAN,
      .flags = CIVIC_REQUIRED,
      .zh = "是否有照片", .en = "whether there is a photo" },
    { .name = "position", .type = CIVIC_TYPE_OBJECT, .flags = CIVIC_REQUIRED,
      .fields = position,
      .zh = "所报职位", .en = "the position" },
    { .name = "form", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .fields = each_field,
      .zh = "报名信息", .en = "the form, as it was filled in" },
    { .name = "past", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .fields = each_past,
      .zh = "经过", .en = "submissions and decisions, the oldest first" },
    { .name = "reversal", .type = CIVIC_TYPE_OBJECT, .fields = proposal,
      .zh = "已提出的纠正", .en = "a proposed reversal" },
    { .name = "reasons", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .fields = each_reason,
      .zh = "可选的不通过原因",
      .en = "reasons that a refusal may have" },
    CIVIC_END
};

const civic_field_t  review_version_body[] = {
    { .name = "version", .type = CIVIC_TYPE_INTEGER, .flags = CIVIC_REQUIRED,
      .min = 1,
      .zh = "查看时的版本", .en = "the version that was looked at" },
    CIVIC_END
};

static const civic_field_t  each_code[] = {
    { .name = "code", .type = CIVIC_TYPE_STRING, .min = 1, .max = 40,
      .pattern = "[a-z][a-z0-9_]*", .example = "form_incomplete" },
    CIVIC_END
};

const civic_field_t  review_refuse_body[] = {
    { .name = "version", .type = CIVIC_TYPE_INTEGER, .flags = CIVIC_REQUIRED,
      .min = 1,
      .zh = "查看时的版本", .en = "the version that was looked at" },
    { .name = "reasons", .type = CIVIC_TYPE_ARRAY, .max = REVIEW_REASONS,
      .fields = each_code,
      .zh = "不通过的原因代码，至少一个",
      .en = "codes of reasons: at least one to refuse" },
    { .name = "note", .type = CIVIC_TYPE_STRING, .max = REVIEW_NOTE,
      .zh = "审核意见，申请人会看到",
      .en = "a remark that the applicant reads" },
    CIVIC_END
};

const civic_field_t  review_propose_body[] = {
    { .name = "version", .type = CIVIC_TYPE_INTEGER, .flags = CIVIC_REQUIRED,
      .min = 1,
      .zh = "查看时的版本", .en = "the version that was looked at" },
    { .name = "reasons", .type = CIVIC_TYPE_ARRAY, .max = REVIEW_REASONS,
      .fields = each_code,
      .zh = "改为不通过时的原因代码，至少一个",
      .en = "codes of reasons, at least one if it would be refused" },
    { .name = "note", .type = CIVIC_TYPE_STRING, .max = REVIEW_NOTE,
      .zh = "审核意见，申请人会看到",
      .en = "a remark that the applicant reads" },
    { .name = "why", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .min = 4, .max = 500,
      .zh = "给另一名审核员的说明，申请人看不到",
      .en = "for the other one of the staff: not for the applicant" },
    CIVIC_END
};

const civic_field_t  review_reject_body[] = {
    { .name = "version", .type = CIVIC_TYPE_INTEGER, .flags = CIVIC_REQUIRED,
      .min = 1,
      .zh = "查看时的版本", .en = "the version that was looked at" },
    { .name = "why", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .min = 4, .max = 500,
      .zh = "给另一名审核员的说明，申请人看不到",
      .en = "for the other one of the staff: not for the applicant" },
    CIVIC_END
};

const civic_field_t  review_decided_reply[] = {
    { .name = "application_id", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED,
      .zh = "报名编号", .en = "names the application" },
    { .name = "state", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = decided,
      .zh = "状态", .en = "what it is now" },
    { .name = "version", .type = CIVIC_TYPE_INTEGER, .flags = CIVIC_REQUIRED,
      .zh = "版本", .en = "its version" },
    CIVIC_END
};

const civic_field_t  review_look_up_body[] = {
    { .name = "id_number", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED | CIVIC_SECRET, .max = 40,
      .example = SHARED_NUMBER_EXAMPLE,
      .zh = "证件号码", .en = "the identity number" },
    { .name = "id_kind", .type = CIVIC_TYPE_STRING,
      .choices = shared_id_kinds,
      .zh = "证件类型", .en = "the kind of document" },
    CIVIC_END
};

static const civic_field_t  found[] = {
    { .name = "application_id", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED,
      .zh = "报名编号", .en = "names the application" },
    { .name = "exam_id", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "考试", .en = "the exam" },
    { .name = "state", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "状态", .en = "its state" },
    { .name = "version", .type = CIVIC_TYPE_INTEGER, .flags = CIVIC_REQUIRED,
      .zh = "版本", .en = "its version" },
    { .name = "position", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "职位代码", .en = "the position" },
    { .name = "since", .type = CIVIC_TYPE_INSTANT, .flags = CIVIC_REQUIRED,
      .zh = "从何时起", .en = "since when" },
    { .name = "submitted_at", .type = CIVIC_TYPE_INSTANT,
      .zh = "提交时间", .en = "when it was submitted" },
    { .name = "reversal", .type = CIVIC_TYPE_BOOLEAN,
      .flags = CIVIC_REQUIRED,
      .zh = "是否已提出纠正", .en = "whether a reversal is proposed" },
    CIVIC_END
};

static const civic_field_t  each_found[] = {
    { .name = "application", .type = CIVIC_TYPE_OBJECT, .fields = found },
    CIVIC_END
};

const civic_field_t  review_look_up_reply[] = {
    { .name = "name", .type = CIVIC_TYPE_STRING,
      .zh = "姓名（已隐去）", .en = "the name, masked" },
    { .name = "applications", .type = CIVIC_TYPE_ARRAY,
      .flags = CIVIC_REQUIRED, .fields = each_found,
      .zh = "报名", .en = "applications" },
    CIVIC_END
};

static const civic_field_t  listed[] = {
    { .name = "application_id", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED,
      .zh = "报名编号", .en = "names the application" },
    { .name = "exam_id", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "考试", .en = "the exam" },
    { .name = "position", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "职位代码", .en = "the position" },
    { .name = "name", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "姓名（已隐去）", .en = "the name, masked" },
    { .name = "becomes", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = decided,
      .zh = "改为", .en = "what it would become" },
    { .name = "own", .type = CIVIC_TYPE_BOOLEAN, .flags = CIVIC_REQUIRED,
      .zh = "是否由您提出", .en = "whether the caller proposed it" },
    { .name = "at", .type = CIVIC_TYPE_INSTANT, .flags = CIVIC_REQUIRED,
      .zh = "提出时间", .en = "when it was proposed" },
    CIVIC_END
};

static const civic_field_t  each_listed[] = {
    { .name = "reversal", .type = CIVIC_TYPE_OBJECT, .fields = listed },
    CIVIC_END
};

const civic_field_t  review_reversals_reply[] = {
    { .name = "reversals", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .fields = each_listed,
      .zh = "待确认的纠正，至多50项",
      .en = "proposed reversals, 50 at most" },
    CIVIC_END
};
