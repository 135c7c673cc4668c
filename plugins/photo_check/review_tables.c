/*
 * review_tables.c - bodies and answers of the routes for staff.
 */

#include "compare.h"

#define NOTE  500                       /* characters */

static const char *const  decisions[] = { "approve", "refuse", NULL };

static const char *const  decided[] = { "passed", "refused", NULL };

const civic_field_t  photo_reviews_reply[] = {
    { .name = "waiting", .type = CIVIC_TYPE_INTEGER,
      .flags = CIVIC_REQUIRED,
      .zh = "待人工比对的照片数", .en = "how many photos wait" },
    { .name = "oldest_since", .type = CIVIC_TYPE_INSTANT,
      .zh = "最早一张从何时等待", .en = "since when the oldest waits" },
    CIVIC_END
};

static const civic_field_t  reason[] = {
    { .name = "code", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "代码", .en = "for the decision" },
    { .name = "text", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "说明", .en = "what the applicant is told" },
    CIVIC_END
};

static const civic_field_t  each_reason[] = {
    { .name = "reason", .type = CIVIC_TYPE_OBJECT, .fields = reason },
    CIVIC_END
};

const civic_field_t  photo_review_reply[] = {
    { .name = "review_id", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED, .zh = "编号", .en = "names it" },
    { .name = "since", .type = CIVIC_TYPE_INSTANT, .flags = CIVIC_REQUIRED,
      .zh = "从何时等待", .en = "since when it waits" },
    { .name = "lease_until", .type = CIVIC_TYPE_INSTANT,
      .flags = CIVIC_REQUIRED, .zh = "由您处理到何时",
      .en = "until when it is yours" },
    { .name = "profile", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "哪个考试的要求", .en = "whose requirements" },
    { .name = "name", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "姓名（已隐去）", .en = "the name, masked" },
    { .name = "id_number", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED, .zh = "证件号码（已隐去）",
      .en = "the identity number, masked" },
    { .name = "why", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "转人工的原因：no_consent 未同意使用人脸，no_reference 没有人脸照片，"
            "unsure 比对结果不确定，tries 服务不可用，unmeasured 人脸未能检测，unchecked 未能"
            "检测，等",
      .en = "why it came to staff: no_consent, no_reference, unsure, tries "
            "(services down), unmeasured (no face models), unchecked (no "
            "engine saw it), and others" },
    { .name = "method", .type = CIVIC_TYPE_STRING,
      .zh = "比对方式", .en = "how a machine compared it" },
    { .name = "similarity", .type = CIVIC_TYPE_STRING,
      .zh = "相似度", .en = "what it found; the scale is the method's" },
    { .name = "has_reference", .type = CIVIC_TYPE_BOOLEAN,
      .flags = CIVIC_REQUIRED, .zh = "是否有认证时的人脸照片",
      .en = "whether there is a picture of the face to compare with" },
    { .name = "reasons", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .fields = each_reason, .zh = "可选的不通过原因",
      .en = "reasons that a refusal may have" },
    { .name = "report", .type = CIVIC_TYPE_OBJECT, .fields = photo_report,
      .zh = "检测报告", .en = "what was measured" },
    CIVIC_END
};

static const civic_field_t  each_code[] = {
    { .name = "code", .type = CIVIC_TYPE_STRING, .min = 1, .max = 40,
      .pattern = "[a-z][a-z0-9_]*", .example = "not_recent" },
    CIVIC_END
};

const civic_field_t  photo_decision_body[] = {
    { .name = "decision", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED, .choices = decisions,
      .zh = "approve 通过，refuse 不通过", .en = "what was decided" },
    { .name = "recent", .type = CIVIC_TYPE_BOOLEAN,
      .zh = "近期照片；通过时必须确认",
      .en = "it is recent: needed to approve" },
    { .name = "bareheaded", .type = CIVIC_TYPE_BOOLEAN,
      .zh = "免冠照片；通过时必须确认",
      .en = "it is bare-headed: needed to approve" },
    { .name = "reasons", .type = CIVIC_TYPE_ARRAY, .max = 8,
      .fields = each_code, .zh = "不通过的原因代码，至少一个",
      .en = "codes of reasons: at least one to refuse" },
    { .name = "note", .type = CIVIC_TYPE_STRING, .max = NOTE,
      .zh = "备注，申请人看不到", .en = "for staff: not for the applicant" },
    CIVIC_END
};

const civic_field_t  photo_decision_reply[] = {
    { .name = "review_id", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED, .zh = "编号", .en = "names it" },
    { .name = "state", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = decided, .zh = "照片的状态", .en = "what the photo is now" },
    CIVIC_END
};
