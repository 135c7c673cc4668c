/*
 * tables.c - bodies and answers of the citizen's routes.
 */

#include "exam.h"
#include "review.h"

#define ANSWERS  200                    /* of a form, at most */
#define VALUE    4000                   /* characters of an answer; the form
                                           says how many it takes */
#define VALUES   100

static const char *const  states[] = {
    "none", "draft", "submitted", "refused", "approved", "removed",
    "withdrawn", NULL
};

static const char *const  steps[] = {
    "fill", "photo", "submit", "wait", "amend", "pay", "withdraw", "ticket",
    NULL
};

static const char *const  progress[] = {
    "none", "waiting", "passed", NULL
};

static const char *const  order_states[] = {
    "unpaid", "paid", "removed", "closed", "refunding", "refunded", NULL
};


/* ---- an application ---------------------------------------------------- */

static const civic_field_t  each_step[] = {
    { .name = "step", .type = CIVIC_TYPE_STRING, .choices = steps },
    CIVIC_END
};

static const civic_field_t  each_value[] = {
    { .name = "value", .type = CIVIC_TYPE_STRING, .max = VALUE },
    CIVIC_END
};

static const civic_field_t  each_reason[] = {
    { .name = "reason", .type = CIVIC_TYPE_STRING, .max = 1000 },
    CIVIC_END
};

static const civic_field_t  position[] = {
    { .name = "code", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "职位代码", .en = "its code" },
    { .name = "name", .type = CIVIC_TYPE_STRING, .max = 1000,
      .zh = "职位", .en = "its name" },
    { .name = "unit", .type = CIVIC_TYPE_STRING, .max = 1000,
      .zh = "招录单位", .en = "who takes people on" },
    CIVIC_END
};

static const civic_field_t  answer[] = {
    { .name = "field", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .max = 32, .zh = "表单项", .en = "the field of the exam's form" },
    { .name = "value", .type = CIVIC_TYPE_STRING, .max = VALUE,
      .zh = "填写的内容；空为清除。是否项填 yes 或 no",
      .en = "what was filled in; empty takes it away; yes or no" },
    { .name = "values", .type = CIVIC_TYPE_ARRAY, .fields = each_value,
      .max = VALUES, .zh = "多选项的内容", .en = "the same of choices" },
    CIVIC_END
};

static const civic_field_t  each_answer[] = {
    { .name = "answer", .type = CIVIC_TYPE_OBJECT, .fields = answer },
    CIVIC_END
};

static const civic_field_t  order[] = {
    { .name = "order_id", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "订单编号，缴费见 /payment/orders",
      .en = "what is to be paid: see /payment/orders" },
    { .name = "state", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = order_states, .zh = "订单的状态", .en = "its state" },
    { .name = "fen", .type = CIVIC_TYPE_INTEGER, .flags = CIVIC_REQUIRED,
      .zh = "金额（分）", .en = "fen" },
    { .name = "until", .type = CIVIC_TYPE_INSTANT, .flags = CIVIC_REQUIRED,
      .zh = "缴费截止时间", .en = "the deadline" },
    CIVIC_END
};

#define SUMMARY                                                               \
    { .name = "application_id", .type = CIVIC_TYPE_STRING,                    \
      .zh = "报名编号；还没有填写时没有",                                     \
      .en = "names the application; absent before the first save" },          \
    { .name = "exam_id", .type = CIVIC_TYPE_STRING,                           \
      .flags = CIVIC_REQUIRED, .zh = "考试编号", .en = "the exam" },          \
    { .name = "title", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,    \
      .max = 1000, .zh = "考试名称", .en = "what the exam is called" },       \
    { .name = "state", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,    \
      .choices = states, .zh = "状态", .en = "its state" },                   \
    { .name = "label", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,    \
      .zh = "给考生看的状态，如“待审核”“已付款”",                             \
      .en = "the state in the notices' words" },                              \
    { .name = "hint", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,     \
      .max = 1000, .zh = "提示：接下来做什么", .en = "what comes next" },     \
    { .name = "version", .type = CIVIC_TYPE_INTEGER,                          \
      .flags = CIVIC_REQUIRED,                                                \
      .zh = "版本，每次变化加一；0 为还没有填写",                             \
      .en = "rises with every change; 0: nothing was saved yet" },            \
    { .name = "next", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,      \
      .fields = each_step,                                                    \
      .zh = "现在可做的：fill 填写，photo 照片，submit 提交，wait 等待，"     \
            "amend 修改，pay 支付，withdraw 撤回，ticket 打印准考证",         \
      .en = "what can be done now" },                                         \
    { .name = "since", .type = CIVIC_TYPE_INSTANT,                            \
      .zh = "进入该状态的时间", .en = "since when it is so" },                \
    { .name = "open_until", .type = CIVIC_TYPE_INSTANT,                       \
      .zh = "填写、修改后须在此前提交；现在不能提交时没有",                   \
      .en = "by when it has to be submitted; absent if it cannot be now" },   \
    { .name = "submitted_at", .type = CIVIC_TYPE_INSTANT,                     \
      .zh = "提交时间", .en = "when it was submitted" },                      \
    { .name = "due_at", .type = CIVIC_TYPE_INSTANT,                           \
      .zh = "审核目标时间（一般在此前完成，不是承诺）",                       \
      .en = "by when it is reviewed as a rule; a target" },                   \
    { .name = "due_unknown", .type = CIVIC_TYPE_STRING,                       \
      .zh = "没有目标时间的原因，如 beyond_calendar（没有当年的放假安排）",   \
      .en = "why there is no due_at: beyond_calendar ..." },                  \
    { .name = "position", .type = CIVIC_TYPE_OBJECT, .fields = position,      \
      .zh = "所选职位", .en = "the position" }

static const civic_field_t  summary[] = { SUMMARY, CIVIC_END };

static const civic_field_t  each_application[] = {
    { .name = "application", .type = CIVIC_TYPE_OBJECT, .fields = summary },
    CIVIC_END
};

const civic_field_t  review_list_reply[] = {
    { .name = "applications", .type = CIVIC_TYPE_ARRAY,
      .flags = CIVIC_REQUIRED, .fields = each_application,
      .zh = "本人的报名", .en = "the caller's applications" },
    CIVIC_END
};

const civic_field_t  review_application_reply[] = {
    SUMMARY,
    { .name = "reasons", .type = CIVIC_TYPE_ARRAY, .fields = each_reason,
      .zh = "审核不通过的原因", .en = "why it was refused" },
    { .name = "note", .type = CIVIC_TYPE_STRING, .max = 2000,
      .zh = "审核意见", .en = "what the reviewer adds" },
    { .name = "answers", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .fields = each_answer, .max = ANSWERS,
      .zh = "填写的内容", .en = "what was filled in" },
    { .name = "order", .type = CIVIC_TYPE_OBJECT, .fields = order,
      .zh = "缴费", .en = "what is to be paid" },
    { .name = "photo", .type = CIVIC_TYPE_STRING, .choices = progress,
      .zh = "照片：none 没有，waiting 检查中，passed 已完成；考试不要求照片时"
            "没有此项",
      .en = "how far the photo is; absent if the exam asks for none" },
    CIVIC_END
};

const civic_field_t  review_wait_query[] = {
    { .name = "version", .type = CIVIC_TYPE_INTEGER, .min = 0,
      .zh = "已知的版本；不同即返回，否则最多等待10秒",
      .en = "the version that is known: answers when it is another one" },
    CIVIC_END
};


/* ---- changes ----------------------------------------------------------- */

#define VERSION                                                               \
    { .name = "version", .type = CIVIC_TYPE_INTEGER,                          \
      .flags = CIVIC_REQUIRED, .min = 0,                                      \
      .zh = "所看到的版本；已变化则不执行（conflict）",                       \
      .en = "the version that was seen: if it is another one by now, "        \
            "nothing is done" }

const civic_field_t  review_save_body[] = {
    VERSION,
    { .name = "position", .type = CIVIC_TYPE_STRING, .flags = CIVIC_TYPED,
      .max = CIVIC_EXAM_CODE,
      .pattern = "(" CIVIC_EXAM_CODE_PATTERN ")?", .example = "6301001",
      .zh = "职位代码；空为不选", .en = "a position's code; empty: none" },
    { .name = "answers", .type = CIVIC_TYPE_ARRAY, .fields = each_answer,
      .max = ANSWERS, .zh = "填写的内容，只需给出改动的项",
      .en = "what was filled in: what has changed is enough" },
    CIVIC_END
};

const civic_field_t  review_submit_body[] = {
    VERSION,
    { .name = "declaration", .type = CIVIC_TYPE_BOOLEAN,
      .zh = "信息真实有效", .en = "all of it is true and valid" },
    CIVIC_END
};

const civic_field_t  review_withdraw_body[] = {
    VERSION,
    CIVIC_END
};
