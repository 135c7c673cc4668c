/*
 * photo_check.c - the tables of the plugin: what it takes, offers, answers.
 *
 * No code: whoever wants to know what the plugin does to the outside reads
 * this file.  Texts that the notices give stand as they give them.
 */

#include "compare.h"

#define PURPOSE   "the photo of an application"
#define URL       512                   /* code points */
#define DEADLINE  40000                 /* ms: a turn, and what engines take */


/* ---- options ----------------------------------------------------------- */

static const civic_option_t  options[] = {
    { .name = "media", .type = CIVIC_TYPE_STRING, .max = 32,
      .pattern = "[a-z0-9_-]+", .fallback = "\"media\"",
      .zh = "检测照片的上游（媒体引擎）",
      .en = "the upstream that measures photos: the media engine" },
    { .name = "faces", .type = CIVIC_TYPE_STRING, .max = 32,
      .pattern = "[a-z0-9_-]+", .fallback = "\"media\"",
      .zh = "检测人脸的上游；可以是另一家的服务",
      .en = "the upstream that finds and compares faces: may be another's" },
};


/* ---- queries ----------------------------------------------------------- */

#define PROFILE                                                               \
    { .name = "profile", .type = CIVIC_TYPE_STRING,                           \
      .pattern = PHOTO_PROFILE_PATTERN, .example = "default",                 \
      .fallback = "\"default\"",                                              \
      .zh = "哪个考试的要求，由规则给出",                                     \
      .en = "whose requirements, by the rules" }

static const civic_field_t  profile_query[] = {
    PROFILE,
    CIVIC_END
};

static const civic_field_t  process_query[] = {
    { .name = "turn", .type = CIVIC_TYPE_INTEGER, .max = 270,
      .fallback = "0",
      .zh = "顺时针旋转的角度：0、90、180 或 270",
      .en = "clockwise, in degrees: 0, 90, 180 or 270" },
    PROFILE,
    CIVIC_END
};

static const char *const  states[] = {
    "processed", "checking", "comparing", "review", "passed", "finished",
    "refused", NULL
};

static const civic_field_t  wait_query[] = {
    { .name = "state", .type = CIVIC_TYPE_STRING, .choices = states,
      .zh = "页面已知的状态，变化后立即返回；省略时等到有结果",
      .en = "what the page knows: anything else is answered at once; without "
            "it, waits until it is decided" },
    CIVIC_END
};


/* ---- replies ----------------------------------------------------------- */

static const char *const  verdicts[] = {
    "passed", "refused", "unmeasured", NULL
};

static const char *const  results[] = {
    "pass", "refuse", "advise", "unmeasured", NULL
};

static const civic_field_t  criterion[] = {
    { .name = "name", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "项目", .en = "its name, for programs" },
    { .name = "result", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = results,
      .zh = "pass 符合，refuse 不符合，advise 提示，unmeasured 未测得",
      .en = "what came of it; refuse keeps the photo from passing" },
    { .name = "title", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "名称", .en = "its name, for people" },
    { .name = "measured", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "测得值", .en = "what was measured" },
    { .name = "limit", .type = CIVIC_TYPE_STRING,
      .zh = "要求", .en = "what is asked for" },
    { .name = "advice", .type = CIVIC_TYPE_STRING,
      .zh = "如何改正", .en = "what to do about it" },
    CIVIC_END
};

static const civic_field_t  criteria_item[] = {
    { .name = "criterion", .type = CIVIC_TYPE_OBJECT, .fields = criterion },
    CIVIC_END
};

const civic_field_t  photo_report[] = {
    { .name = "verdict", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = verdicts,
      .zh = "passed 全部符合，refused 有不符合，unmeasured 有必要项目未测得",
      .en = "all that must be met is met; something is not; something could "
            "not be measured" },
    { .name = "criteria", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .fields = criteria_item,
      .zh = "每个项目", .en = "every criterion" },
    CIVIC_END
};

static const civic_field_t  change[] = {
    { .name = "name", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "项目", .en = "turned, cropped, scaled, encoded" },
    { .name = "text", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "说明", .en = "the same for people" },
    CIVIC_END
};

static const civic_field_t  change_item[] = {
    { .name = "change", .type = CIVIC_TYPE_OBJECT, .fields = change },
    CIVIC_END
};

#define MESSAGES                                                              \
    { .name = "title", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,    \
      .zh = "手机上显示的结果", .en = "what a phone says of it" },            \
    { .name = "title_pc", .type = CIVIC_TYPE_STRING,                          \
      .flags = CIVIC_REQUIRED,                                                \
      .zh = "电脑上显示的结果", .en = "what a PC says of it" },               \
    { .name = "text", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,     \
      .max = 1000,                                                            \
      .zh = "说明", .en = "what it means" },                                  \
    { .name = "button", .type = CIVIC_TYPE_STRING,                            \
      .zh = "手机上的按钮", .en = "a phone's button" },                       \
    { .name = "button_pc", .type = CIVIC_TYPE_STRING,                         \
      .zh = "电脑上的按钮", .en = "a PC's button" },                          \
    { .name = "reason", .type = CIVIC_TYPE_STRING, .max = 1000,               \
      .zh = "报告以外的原因", .en = "why, where it is not in the report" }

static const civic_field_t  photo_fields[] = {
    { .name = "photo_id", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "照片编号", .en = "names the photo" },
    { .name = "profile", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "哪个考试的要求", .en = "whose requirements" },
    { .name = "state", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = states,
      .zh = "processed 已处理未提交，checking 等待检测，comparing 等待比对，"
            "review 待人工比对，passed 照片上传成功，finished 照片上传完成，"
            "refused 未通过",
      .en = "processed: not submitted; checking, comparing, review: wait; "
            "passed: to be finished; finished; refused: upload another" },
    { .name = "since", .type = CIVIC_TYPE_INSTANT, .flags = CIVIC_REQUIRED,
      .zh = "进入此状态的时间", .en = "since when" },
    { .name = "next_at", .type = CIVIC_TYPE_INSTANT,
      .zh = "下一次检测或比对的时间", .en = "when it is tried again" },
    { .name = "expires_at", .type = CIVIC_TYPE_INSTANT,
      .zh = "提交的截止时间", .en = "until when it can be submitted" },
    MESSAGES,
    { .name = "report", .type = CIVIC_TYPE_OBJECT, .fields = photo_report,
      .zh = "检测报告；尚未检测时没有", .en = "absent while it is checked" },
    { .name = "changes", .type = CIVIC_TYPE_ARRAY, .fields = change_item,
      .zh = "照片处理工具作了哪些改动", .en = "what the tool has changed" },
    { .name = "picture_url", .type = CIVIC_TYPE_STRING, .max = URL,
      .zh = "照片地址，几分钟内有效，不需要登录",
      .en = "where the picture is, for some minutes, without a session" },
    CIVIC_END
};

static const civic_field_t  preview_reply[] = {
    { .name = "profile", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "哪个考试的要求", .en = "whose requirements" },
    { .name = "report", .type = CIVIC_TYPE_OBJECT, .flags = CIVIC_REQUIRED,
      .fields = photo_report,
      .zh = "检测报告", .en = "the report" },
    CIVIC_END
};

/* What clients call pictures: the bytes decide. */
static const char *const  pictures[] = {
    "image/jpeg", "image/jpg", "image/pjpeg", "image/png", "image/gif",
    "image/webp", "image/bmp", "image/heic", "image/heif", "image/tiff",
    "application/octet-stream", "text/plain", NULL
};

static const char *const  upload_problems[] = {
    "invalid_fields", "photo_locked", "photo_looks_limit", "conflict",
    "overloaded", "store_unavailable", "outcome_unknown", NULL
};

static const char *const  preview_problems[] = {
    "invalid_fields", "photo_looks_limit", "photo_engine_unavailable",
    "conflict", "overloaded", "store_unavailable", "outcome_unknown", NULL
};

static const char *const  process_problems[] = {
    "invalid_fields", "photo_looks_limit", "photo_engine_unavailable",
    "photo_unusable", "photo_cannot_fit", "conflict", "overloaded",
    "store_unavailable", "outcome_unknown", NULL
};

static const char *const  submit_problems[] = {
    "not_found", "photo_locked", "photo_report_refused",
    "store_unavailable", "outcome_unknown", NULL
};

static const char *const  photo_problems[] = {
    "not_found", "invalid_fields", "store_unavailable", NULL
};

static const char *const  wait_problems[] = {
    "not_found", "overloaded", "store_unavailable", NULL
};

static const char *const  finish_problems[] = {
    "not_found", "photo_not_passed", "store_unavailable", "outcome_unknown",
    NULL
};

static const char *const  reviews_problems[] = {
    "store_unavailable", NULL
};

static const char *const  next_problems[] = {
    "photo_none_waits", "conflict", "store_unavailable", "outcome_unknown",
    NULL
};

static const char *const  review_problems[] = {
    "photo_review_unknown", "photo_review_replaced", "photo_review_decided",
    "photo_review_lease_over", "store_unavailable", NULL
};

static const char *const  seen_problems[] = {
    "photo_review_unknown", "photo_review_replaced", "photo_review_decided",
    "photo_review_lease_over", "photo_no_picture", "photo_no_reference",
    "store_unavailable", NULL
};

static const char *const  decision_problems[] = {
    "photo_review_unknown", "photo_review_replaced", "photo_review_decided",
    "photo_review_lease_over", "photo_unchecked", "invalid_fields",
    "store_unavailable", "outcome_unknown", NULL
};


/* ---- routes ------------------------------------------------------------ */

static const civic_route_t  routes[] = {
    { .method = CIVIC_POST, .path = "/photos",
      .handler = photo_upload, .roles = CIVIC_CITIZEN,
      .flags = CIVIC_CHANGES | CIVIC_CREATES, .cost = CIVIC_COST_MEDIA,
      .purpose = PURPOSE, .query = profile_query, .uploads = pictures,
      .max_body = PHOTO_UPLOAD, .reply = photo_fields, .status = 201,
      .problems = upload_problems, .deadline = DEADLINE,
      .zh = "上传照片", .en = "uploads the photo" },
    { .method = CIVIC_POST, .path = "/preview",
      .handler = photo_preview, .roles = CIVIC_CITIZEN,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_MEDIA, .purpose = PURPOSE,
      .query = profile_query, .uploads = pictures,
      .max_body = PHOTO_UPLOAD, .reply = preview_reply,
      .problems = preview_problems, .deadline = DEADLINE,
      .zh = "预检照片，不保存", .en = "the same report, keeping nothing" },
    { .method = CIVIC_POST, .path = "/process",
      .handler = photo_process, .roles = CIVIC_CITIZEN,
      .flags = CIVIC_CHANGES | CIVIC_CREATES, .cost = CIVIC_COST_MEDIA,
      .purpose = PURPOSE, .query = process_query, .uploads = pictures,
      .max_body = PHOTO_UPLOAD, .reply = photo_fields, .status = 201,
      .problems = process_problems, .deadline = DEADLINE,
      .zh = "照片处理工具：旋转、裁剪、缩小、压缩",
      .en = "the photo tool: turns, crops, scales down, encodes" },
    { .method = CIVIC_POST, .path = "/photos/{photo_id}/submit",
      .handler = photo_submit, .roles = CIVIC_CITIZEN,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE, .purpose = PURPOSE,
      .reply = photo_fields, .problems = submit_problems,
      .zh = "提交处理后的照片", .en = "takes a processed one as the photo" },
    { .method = CIVIC_GET, .path = "/photos/current",
      .handler = photo_show_current, .roles = CIVIC_CITIZEN,
      .purpose = PURPOSE, .query = profile_query, .reply = photo_fields,
      .problems = photo_problems,
      .zh = "我的照片", .en = "the caller's photo" },
    { .method = CIVIC_GET, .path = "/photos/{photo_id}",
      .handler = photo_show, .roles = CIVIC_CITIZEN, .purpose = PURPOSE,
      .reply = photo_fields, .problems = photo_problems,
      .zh = "照片的状态与报告", .en = "what a photo is now" },
    { .method = CIVIC_GET, .path = "/photos/{photo_id}/wait",
      .handler = photo_wait, .roles = CIVIC_CITIZEN,
      .cost = CIVIC_COST_WAIT, .purpose = PURPOSE, .query = wait_query,
      .reply = photo_fields, .problems = wait_problems, .deadline = 20000,
      .zh = "等待结果（长轮询）", .en = "a long poll for what comes of it" },
    { .method = CIVIC_GET, .path = "/photos/{photo_id}/picture",
      .handler = photo_picture, .roles = CIVIC_CITIZEN, .purpose = PURPOSE,
      .problems = photo_problems,
      .zh = "照片本身", .en = "the picture itself" },
    { .method = CIVIC_POST, .path = "/photos/{photo_id}/finish",
      .handler = photo_finish, .roles = CIVIC_CITIZEN,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE, .purpose = PURPOSE,
      .reply = photo_fields, .problems = finish_problems,
      .zh = "照片上传完成", .en = "finishes: the photo is the right one" },
    { .method = CIVIC_GET, .path = "/reviews",
      .handler = photo_reviews, .roles = CIVIC_REVIEWER,
      .purpose = PURPOSE, .reply = photo_reviews_reply,
      .problems = reviews_problems,
      .zh = "待人工比对的照片", .en = "how many photos wait for staff" },
    { .method = CIVIC_POST, .path = "/reviews/next",
      .handler = photo_review_next, .roles = CIVIC_REVIEWER,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE, .purpose = PURPOSE,
      .reply = photo_review_reply, .problems = next_problems,
      .zh = "取最早等待的一张（已取的仍是原来那张）",
      .en = "takes the oldest that waits; who holds one gets it again" },
    { .method = CIVIC_GET, .path = "/reviews/{review_id}",
      .handler = photo_review_show, .roles = CIVIC_REVIEWER,
      .purpose = PURPOSE, .reply = photo_review_reply,
      .problems = review_problems,
      .zh = "正在比对的一张", .en = "the one that the caller holds" },
    { .method = CIVIC_GET, .path = "/reviews/{review_id}/picture",
      .handler = photo_review_picture, .roles = CIVIC_REVIEWER,
      .purpose = PURPOSE, .problems = seen_problems,
      .zh = "照片本身", .en = "the photo" },
    { .method = CIVIC_GET, .path = "/reviews/{review_id}/reference",
      .handler = photo_review_reference, .roles = CIVIC_REVIEWER,
      .purpose = PURPOSE, .problems = seen_problems,
      .zh = "认证时的人脸照片", .en = "the picture of the face" },
    { .method = CIVIC_POST, .path = "/reviews/{review_id}/release",
      .handler = photo_review_release, .roles = CIVIC_REVIEWER,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE, .purpose = PURPOSE,
      .status = 204, .problems = review_problems,
      .zh = "放回，由他人比对", .en = "lets it go, for others" },
    { .method = CIVIC_POST, .path = "/reviews/{review_id}/decision",
      .handler = photo_review_decide, .roles = CIVIC_REVIEWER,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE, .purpose = PURPOSE,
      .body = photo_decision_body, .reply = photo_decision_reply,
      .problems = decision_problems,
      .zh = "作出决定", .en = "decides" },
};


/* ---- problems and field errors ----------------------------------------- */

static const civic_problem_def_t  problems[] = {
    { "photo_locked", 409,
      "报名审核期间和审核通过后不能更换照片。确需更换的，请先撤回报名；不能撤回的，"
      "请拨打服务电话。",
      "The photo cannot be changed while an application is reviewed, nor once "
      "it is approved. If it has to be, withdraw the application first; call "
      "the service line if that is not possible." },
    { "photo_not_passed", 409,
      "照片尚未通过，不能完成。请查看照片的状态。",
      "The photo has not been accepted, so this cannot be finished. See its "
      "state." },
    { "photo_looks_limit", 429,
      "检测照片的次数过多。请在{retry_after}秒后再试。",
      "Too many photos were checked. Try again in "
      "{retry_after|second|seconds}." },
    { "photo_none_waits", 404,
      "目前没有待人工比对的照片。",
      "No photo waits for staff at the moment." },
    { "photo_review_unknown", 404,
      "没有由您处理的这张照片：可能已经决定、放回，或由他人处理。请取下一张。",
      "You hold no such photo: it may be decided, let go, or held by somebody "
      "else. Take the next one." },
    { "photo_review_lease_over", 409,
      "这张照片的处理时间已过，可能已由他人处理。请重新取一张。",
      "Your time for this photo is over, and somebody else may have it. Take "
      "the next one." },
    { "photo_review_decided", 409,
      "这张照片已经决定，不能再次决定。请取下一张。",
      "This photo was decided before. Take the next one." },
    { "photo_review_replaced", 409,
      "申请人已更换这张照片，没有作出决定。请取下一张。",
      "The applicant has put another photo in its place; nothing was "
      "decided. Take the next one." },
    { "photo_no_picture", 404,
      "照片已不在或无法读取。请以“照片无法查看”为由作出不通过的决定。",
      "The picture is gone or cannot be read. Refuse it for that reason "
      "(unreadable)." },
    { "photo_unchecked", 409,
      "检测服务未能检测这张照片，不能通过。请以“照片无法查看”为由作出不通过的决定。",
      "No engine could check this photo, so it cannot be approved. Refuse it "
      "(unreadable)." },
    { "photo_no_reference", 404,
      "没有认证时的人脸照片，或申请人未同意使用。请以身份证件照片等其他方式比对。",
      "There is no picture of the face, or no consent to use it. Compare in "
      "another way." },

    { "photo_engine_unavailable", 503,
      "照片检测服务暂时不可用，照片没有保存。请在{retry_after}秒后再试。",
      "Photos cannot be checked right now, and nothing was kept. Try again "
      "in {retry_after|second|seconds}." },
    { "photo_unusable", 422,
      "这张照片无法处理：须为完整的JPG或JPEG照片，每边不超过4096像素。请换一张照片。",
      "This cannot be processed: it has to be a whole JPEG of at most 4096 "
      "pixels a side. Choose another photo." },
    { "photo_cannot_fit", 422,
      "这张照片无法处理到要求的大小。请换一张更清晰、尺寸更大的照片。",
      "This cannot be brought to the size that is wanted. Choose a larger or "
      "sharper photo." },
    { "photo_report_refused", 409,
      "处理后的照片仍不符合要求，不能提交。请查看检测报告，换一张照片。",
      "The processed photo still does not meet the requirements. See the "
      "report, and choose another photo." },

    { "photo_turn", 0,
      "只能旋转0、90、180或270度。",
      "Only 0, 90, 180 or 270." },
    { "photo_tick_needed", 0,
      "通过前必须确认。",
      "To approve, this must be ticked." },
    { "photo_reason_needed", 0,
      "请至少选择一个不通过的原因。",
      "Choose at least one reason." },
    { "photo_no_reasons", 0,
      "通过时不填写原因。",
      "An approval has no reasons." },
    { "photo_reason_unknown", 0,
      "没有这个原因代码。",
      "There is no such reason." },
    { "photo_profile", 0,
      "没有这种照片要求。",
      "There are no such requirements." },
};


/* ---- rules ------------------------------------------------------------- */

#define FACT(n, t, f, z, e)                                                   \
    { .name = n, .type = t, .flags = f, .zh = z, .en = e }

static const civic_field_t  profile_input[] = {
    FACT("profile", CIVIC_TYPE_STRING, CIVIC_REQUIRED, "哪个考试的要求",
         "whose requirements"),
    CIVIC_END
};

static const civic_field_t  look_input[] = {
    FACT("kind", CIVIC_TYPE_STRING, CIVIC_REQUIRED,
         "upload、preview 或 process", "upload, preview or process"),
    FACT("looked", CIVIC_TYPE_INTEGER, CIVIC_REQUIRED, "时段内的次数",
         "pictures in the window"),
    FACT("since_window", CIVIC_TYPE_INTEGER, 0, "距时段开始的秒数",
         "s since the window began"),
    CIVIC_END
};

static const civic_field_t  messages_input[] = {
    FACT("language", CIVIC_TYPE_STRING, CIVIC_REQUIRED, "语言", "zh or en"),
    FACT("state", CIVIC_TYPE_STRING, CIVIC_REQUIRED, "照片的状态",
         "the photo's state"),
    FACT("reason", CIVIC_TYPE_STRING, 0, "报告以外的原因",
         "why, where it is not in the report"),
    CIVIC_END
};

static const civic_field_t  compared_input[] = {
    FACT("method", CIVIC_TYPE_STRING, CIVIC_REQUIRED, "比对方式",
         "how: the engine's method, or alipay_source"),
    FACT("passed", CIVIC_TYPE_BOOLEAN, 0, "支付宝的结论",
         "what Alipay says"),
    FACT("mismatch", CIVIC_TYPE_STRING, 0, "支付宝的原因代码",
         "why Alipay says no"),
    CIVIC_END
};

static const civic_field_t  notice_input[] = {
    FACT("state", CIVIC_TYPE_STRING, CIVIC_REQUIRED, "照片的状态",
         "the photo's state"),
    FACT("reason", CIVIC_TYPE_STRING, CIVIC_REQUIRED, "原因代码，空格分隔",
         "codes of reasons, a space between"),
    CIVIC_END
};

static const civic_rule_def_t  rules[] = {
    { .name = "comparison", .input = profile_input,
      .en = "whether Alipay may compare a photo with the authority's" },
    { .name = "compared", .input = compared_input,
      .en = "what a comparison means: same, different, unsure" },
    { .name = "review", .en = "the lease of staff, and their reasons" },
    { .name = "notice", .input = notice_input,
      .en = "the message for the person when something was decided" },
    { .name = "limits", .input = profile_input,
      .en = "which profiles there are, what a header may say at most" },
    { .name = "judge",
      .en = "the report on a picture: every criterion, with its texts" },
    { .name = "process", .input = profile_input,
      .en = "what the photo tool aims at" },
    { .name = "terms", .en = "lives, turns, tries and pauses" },
    { .name = "look", .input = look_input,
      .en = "whether another picture may be looked at" },
    { .name = "messages", .input = messages_input,
      .en = "what people are told of a photo" },
    { .name = "changes", .en = "what was changed, for people" },
    { .name = "found", .en = "what a comparison and a review tell of the "
                             "criteria that no report can" },
};


/* ---- scripts, calls, jobs, metrics, purposes --------------------------- */

static const civic_script_def_t  scripts[] = {
    { "photo_check_put", "puts a photo into its slot" },
    { "photo_check_move", "moves one on, if it is as it was read" },
    { "photo_check_forget", "forgets one whose time is over" },
    { "photo_check_look", "counts a picture that is looked at" },
    { "photo_check_waiting", "tells which photos of a person wait" },
    SHARED_ASIDE_SCRIPT,
    SHARED_STAFF_QUEUE_SCRIPTS,
};

static const civic_call_def_t  calls[] = {
    { "state", photo_call_state, "{pid, profile} -> {state, photo_id, "
      "blob_id, since}: the photo that counts; \"none\"" },
    { "erase", photo_call_erase, "erases what was made of the face under the "
      "consent \"face\"" },
};

static const civic_job_def_t  jobs[] = {
    { .name = PHOTO_WORK, .outbox = PHOTO_WORK,
      .interval = 1, .shards = 16, .deadline = 60000,
      .run = photo_follow_run,
      .en = "Goes on with photos that wait to be checked or compared." },
    { .name = "reviews", .interval = 60, .shards = 16, .deadline = 60000,
      .run = photo_mend_run,
      .en = "Mends the queue of staff from the photos themselves." },
    { .name = PHOTO_GONE, .interval = 60, .shards = 16,
      .run = photo_follow_run,
      .en = "Deletes pictures that were replaced or refused." },
    { .name = PHOTO_DRAFTS, .interval = 300, .shards = 16,
      .run = photo_follow_run,
      .en = "Deletes processed photos that nobody submitted." },
    { .name = PHOTO_KEPT, .interval = 3600, .shards = 16,
      .run = photo_follow_run,
      .en = "Deletes photos whose time is over." },
    { .name = SHARED_ASIDE, .interval = SHARED_ASIDE_INTERVAL, .shards = 16,
      .deadline = 60000, .run = photo_follow_run,
      .en = "Tries what failed again and again." },
};

static const civic_outbox_def_t  outboxes[] = {
    { .name = PHOTO_WORK, .en = "photos that somebody has to go on with" },
    { .name = PHOTO_GONE, .en = "pictures that are to be deleted" },
    { .name = PHOTO_DRAFTS, .en = "processed photos that go soon" },
    { .name = PHOTO_KEPT, .en = "photos that go one day" },
    SHARED_ASIDE_OUTBOX,
};

static const civic_metric_def_t  metrics[] = {
    { "reports", "reports on pictures, whatever they said" },
    { "refused_by_header", "pictures that the header alone refused" },
    { "refused_by_report", "uploads that the report refused" },
    { "accepted", "uploads that the report accepted" },
    { "waiting", "uploads that wait, for the engine was down" },
    { "processed", "pictures that the photo tool made" },
    { "finished", "photos finished by their owner" },
    { "limited", "pictures that the limit refused" },
    { "engine_down", "questions that the engine did not answer" },
    { "engine_wrong", "answers of the engine that nobody could use" },
    { "deleted", "pictures deleted" },
    { "compared_same", "photos that are the person's, by a machine" },
    { "compared_different", "photos that are not" },
    { "compared_unsure", "comparisons that say neither" },
    { "compared_later", "comparisons that had to be put off" },
    { "reviews", "photos given to staff" },
    { "review_approved", "photos that staff approved" },
    { "review_refused", "photos that staff refused" },
    { "set_aside", "times that work failed for minutes, and was set aside" },
};

static const civic_purpose_def_t  purposes[] = {
    { PHOTO_RECORD, "reports on photos" },
    { PHOTO_PICTURE, "photos of applications" },
    { "face", "pictures of faces, of face_auth" },
};


CIVIC_PLUGIN = {
    .name = "photo_check",
    .version = "1.0.0",
    .zh = "证件照：检测、处理、比对",
    .en = "photos: checked, mended, compared",
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
