/*
 * sampling.c - the tables of the plugin "sampling", and nothing else.
 */

#include "fields.h"
#include "outbox_run.h"
#include "persons_walk.h"
#include "sampling.h"


/* ---- routes ------------------------------------------------------------ */

#define PURPOSE   "sampling and its results"
#define WRITES    .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE,           \
                  .purpose = PURPOSE
#define CREATES   .flags = CIVIC_CHANGES | CIVIC_CREATES,                     \
                  .cost = CIVIC_COST_WRITE, .purpose = PURPOSE
#define BOTH      (CIVIC_SAMPLER | CIVIC_LABORATORY)
#define DEADLINE  30000                 /* ms: a whole file */

static const char *const  csv[] = { "text/csv", NULL };

static const char *const  open_problems[] = {
    "invalid_fields", "sampling_tube_used", "store_unavailable",
    "outcome_unknown", NULL
};
static const char *const  list_problems[] = { "store_unavailable", NULL };
static const char *const  show_problems[] = {
    "sampling_tube_unknown", "store_unavailable", NULL
};
static const char *const  scan_problems[] = {
    "sampling_tube_unknown", "sampling_tube_of_other",
    "sampling_tube_sealed", "sampling_tube_full", "sampling_already_in",
    "sampling_single_only", "sampling_code_expired", "sampling_code_forged",
    "sampling_code_revoked", "sampling_code_early",
    "sampling_code_unreadable", "sampling_code_not_here",
    "sampling_code_refused",
    "sampling_no_kinship", "store_unavailable", "outcome_unknown", NULL
};
static const char *const  remove_problems[] = {
    "not_found", "sampling_tube_unknown", "sampling_tube_of_other",
    "sampling_tube_sealed", "store_unavailable", "outcome_unknown", NULL
};
static const char *const  seal_problems[] = {
    "sampling_tube_unknown", "sampling_tube_of_other",
    "sampling_tube_empty", "store_unavailable", "outcome_unknown", NULL
};
static const char *const  results_problems[] = {
    "invalid_fields", "sampling_too_many", "store_unavailable",
    "outcome_unknown", NULL
};
static const char *const  file_problems[] = {
    "sampling_file_encoding", "sampling_file_columns", "sampling_too_many",
    "store_unavailable", "outcome_unknown", NULL
};
static const char *const  propose_problems[] = {
    "invalid_fields", "sampling_tube_unknown", "sampling_no_result",
    "sampling_nothing_to_correct", "sampling_correction_pending",
    "store_unavailable", "outcome_unknown", NULL
};
static const char *const  confirm_problems[] = {
    "sampling_tube_unknown", "sampling_no_correction",
    "sampling_correction_changed", "sampling_correction_own",
    "store_unavailable", "outcome_unknown", NULL
};
static const char *const  reject_problems[] = {
    "sampling_tube_unknown", "sampling_no_correction",
    "sampling_correction_changed", "store_unavailable", "outcome_unknown",
    NULL
};
static const char *const  query_problems[] = {
    "sampling_no_kinship", "store_unavailable", NULL
};

static const civic_route_t  routes[] = {
    { .method = CIVIC_POST, .path = "/tubes", .handler = sampling_open,
      .roles = CIVIC_SAMPLER, CREATES, .body = sampling_open_body,
      .reply = sampling_tube_reply, .status = 201, .problems = open_problems,
      .zh = "打开一管", .en = "opens a tube by its barcode" },
    { .method = CIVIC_GET, .path = "/tubes", .handler = sampling_list,
      .roles = CIVIC_SAMPLER, .purpose = PURPOSE,
      .reply = sampling_list_reply, .problems = list_problems,
      .zh = "自己打开、尚未封的管", .en = "the caller's open tubes" },
    { .method = CIVIC_GET, .path = "/tubes/{barcode}",
      .handler = sampling_show, .roles = BOTH, .purpose = PURPOSE,
      .reply = sampling_show_reply, .problems = show_problems,
      .zh = "一管：人员给采样员，结果给实验室",
      .en = "a tube: people for its sampler, the result for the laboratory" },
    { .method = CIVIC_POST, .path = "/tubes/{barcode}/people",
      .handler = sampling_scan, .roles = CIVIC_SAMPLER, CREATES,
      .body = sampling_scan_body, .reply = sampling_scan_reply, .status = 201,
      .problems = scan_problems,
      .zh = "扫码登记一人", .en = "gives who shows a code a seat" },
    { .method = CIVIC_DELETE, .path = "/tubes/{barcode}/people/{entry_id}",
      .handler = sampling_remove, .roles = CIVIC_SAMPLER, WRITES,
      .reply = sampling_tube_reply, .problems = remove_problems,
      .zh = "扫错了，移出一人", .en = "takes the wrong one out" },
    { .method = CIVIC_POST, .path = "/tubes/{barcode}/seal",
      .handler = sampling_seal, .roles = CIVIC_SAMPLER, WRITES,
      .reply = sampling_tube_reply, .problems = seal_problems,
      .zh = "封管", .en = "seals it" },
    { .method = CIVIC_POST, .path = "/results", .handler = sampling_results,
      .roles = CIVIC_LABORATORY, WRITES, .body = sampling_results_body,
      .max_body = SAMPLING_FILE, .reply = sampling_results_reply,
      .problems = results_problems, .deadline = DEADLINE,
      .zh = "提交各管的结果", .en = "results of tubes" },
    { .method = CIVIC_POST, .path = "/results/file",
      .handler = sampling_results_file, .roles = CIVIC_LABORATORY, WRITES,
      .raw = csv, .max_body = SAMPLING_FILE,
      .reply = sampling_results_reply, .problems = file_problems,
      .deadline = DEADLINE,
      .zh = "提交结果文件（CSV）", .en = "the same as a file" },
    { .method = CIVIC_POST, .path = "/results/{barcode}/correction",
      .handler = sampling_propose, .roles = CIVIC_LABORATORY, WRITES,
      .body = sampling_correction_body, .reply = sampling_settled_reply,
      .problems = propose_problems,
      .zh = "提出更正", .en = "proposes another result" },
    { .method = CIVIC_POST, .path = "/results/{barcode}/correction/confirm",
      .handler = sampling_confirm, .roles = CIVIC_LABORATORY, WRITES,
      .body = sampling_settle_body, .reply = sampling_settled_reply,
      .problems = confirm_problems,
      .zh = "确认另一人提出的更正",
      .en = "confirms what another one proposed" },
    { .method = CIVIC_POST, .path = "/results/{barcode}/correction/reject",
      .handler = sampling_reject, .roles = CIVIC_LABORATORY, WRITES,
      .body = sampling_settle_body, .reply = sampling_settled_reply,
      .problems = reject_problems,
      .zh = "不同意或撤回更正", .en = "ends a correction without" },
    { .method = CIVIC_GET, .path = "/tests", .handler = sampling_query,
      .roles = CIVIC_CITIZEN, .purpose = PURPOSE,
      .reply = sampling_query_reply, .problems = query_problems,
      .zh = "查询本人和亲属的检测结果",
      .en = "results of the caller and of each relative" },
};


/* ---- problems ---------------------------------------------------------- */

static const civic_problem_def_t  problems[] = {
    { "sampling_barcode", 0,
      "不是本地采样管的条码，请核对。",
      "This is no barcode of a tube of ours.",
      .example = 1 },
    { "sampling_capacity", 0,
      "没有这种规格的采样管。", "There are no tubes for so many people." },
    { "sampling_time", 0,
      "时间格式不对。",
      "This is no time.",
      .example = 1 },
    { "sampling_time_future", 0,
      "检测时间在将来，请核对时钟。",
      "It lies in the future. Look at the clock." },
    { "sampling_time_early", 0,
      "检测时间早于封管时间，请核对。",
      "It lies before the tube was sealed." },
    { "sampling_tube_unknown", 404,
      "没有这个采样管，请核对条码。",
      "There is no such tube. Look at the barcode." },
    { "sampling_tube_used", 409,
      "这个条码已经用过，请换一支新管。",
      "This barcode is a tube's already. Take another tube." },
    { "sampling_tube_of_other", 403,
      "这支管是其他采样员打开的，请使用自己的管。",
      "Another sampler has opened this tube. Use one of your own." },
    { "sampling_tube_sealed", 409,
      "这支管已经封管，本次没有登记。请打开下一支管再扫。",
      "This tube is sealed, nothing was changed. Open the next one and scan "
      "again." },
    { "sampling_tube_full", 409,
      "这支管已满，本次没有登记。请封管并打开下一支。",
      "This tube is full, nobody was added. Seal it and open the next one." },
    { "sampling_tube_empty", 409,
      "管内没有人，不能封管。",
      "Nobody is in this tube: it cannot be sealed." },
    { "sampling_already_in", 409,
      "此人已在本管第{seat}位，没有重复登记。",
      "This person is in the tube already, at seat {seat}." },
    { "sampling_single_only", 409,
      "此人不能混采，请使用单人管单独采样。",
      "This person has to be sampled alone. Use a tube for one." },
    { "sampling_code_expired", 422,
      "二维码已过期。请对方刷新健康码；打印的码请重新下载。",
      "The code is too old. Ask for a fresh one; a printed one has to be "
      "printed again." },
    { "sampling_code_forged", 422,
      "二维码是伪造或改动过的，不予采样登记。请核对本人证件并报告负责人。",
      "The code was forged or altered. Look at the person's document, and "
      "tell the head of the site." },
    { "sampling_code_revoked", 422,
      "二维码已作废（已解绑或已重新下载）。请出示新的健康码。",
      "The code was revoked: unbound, or printed anew. Ask for the new one." },
    { "sampling_code_early", 422,
      "二维码的时间晚于现在，请核对双方的时钟后重试。",
      "The code lies in the future. Look at the clocks, then try again." },
    { "sampling_code_unreadable", 422,
      "这不是健康码或亲属码。请对准健康码重新扫描。",
      "This is no health code and no family code. Scan again." },
    { "sampling_code_not_here", 422,
      "亲属码不能在此处使用。请对方出示本人的健康码。",
      "Family codes do not count at this place. Ask for the person's own "
      "one." },
    { "sampling_code_refused", 422,
      "这个码不能在这里使用。请对方出示本人的健康码。",
      "This code cannot be used here. Ask for the person's own one." },
    { "sampling_no_kinship", 503,
      "健康码服务没有启用，不能扫码和查询。已有的登记不受影响。",
      "Health codes are not set up here: nothing can be scanned or looked "
      "up. What was registered is safe." },
    { "sampling_too_many", 422,
      "一次提交的结果太多，请分几次提交。没有登记任何一条。",
      "These are too many results for one request. Nothing was taken: send "
      "them in parts." },
    { "sampling_file_encoding", 422,
      "文件不是UTF-8编码，请另存为“CSV UTF-8”后再提交。没有登记任何一条。",
      "The file is not UTF-8: save it as \"CSV UTF-8\". Nothing was taken." },
    { "sampling_file_columns", 422,
      "第一行应为表头，只能有管号、结果、检测时间三列，请去掉其他列。"
      "没有登记任何一条。",
      "The first line has to name the columns: barcode, result and time, and "
      "no others. Nothing was taken." },
    { "sampling_no_result", 409,
      "这支管还没有结果，不需要更正。",
      "There is no result of this tube yet, and nothing to correct." },
    { "sampling_nothing_to_correct", 409,
      "已登记的就是这个结果，不需要更正。",
      "This is the result already." },
    { "sampling_correction_pending", 409,
      "另一人已提出更正，请先确认或不同意。",
      "Somebody else proposes a correction. Confirm or reject it first." },
    { "sampling_no_correction", 409,
      "没有待确认的更正。", "There is no correction that waits." },
    { "sampling_correction_changed", 409,
      "提出的更正已经变化，请重新查看。",
      "What is proposed has changed. Look at it again." },
    { "sampling_correction_own", 403,
      "不能确认自己提出的更正，请由另一人确认。",
      "Another one of the laboratory has to confirm this." },
};


/* ---- rules ------------------------------------------------------------- */

static const civic_field_t  tube_input[] = {
    FIELD("barcode", CIVIC_TYPE_STRING, "条码", "the barcode"),
    FIELD("capacity", CIVIC_TYPE_INTEGER, "几人一管", "for how many"),
    CIVIC_END
};

static const civic_field_t  seal_input[] = {
    FIELD("own", CIVIC_TYPE_BOOLEAN, "由自己打开", "the caller's"),
    FIELD("open", CIVIC_TYPE_INTEGER, "已打开的秒数", "s that it is open"),
    CIVIC_END
};

static const civic_field_t  admit_input[] = {
    FIELD("capacity", CIVIC_TYPE_INTEGER, "几人一管", "for how many"),
    FIELD("recheck", CIVIC_TYPE_BOOLEAN, "待复核", "to be sampled again"),
    FIELD("positive", CIVIC_TYPE_BOOLEAN, "阳性", "is positive"),
    CIVIC_END
};

static const civic_field_t  result_input[] = {
    FIELD("at", CIVIC_TYPE_INTEGER, "检测时间（毫秒）", "when, ms"),
    FIELD("now", CIVIC_TYPE_INTEGER, "现在（毫秒）", "now, ms"),
    FIELD("sealed_at", CIVIC_TYPE_INTEGER, "封管时间（毫秒）",
          "when it was sealed, ms"),
    CIVIC_END
};

static const civic_field_t  spread_input[] = {
    FIELD("result", CIVIC_TYPE_STRING, "管的结果", "of the tube"),
    FIELD("people", CIVIC_TYPE_INTEGER, "管内人数", "how many are in it"),
    FIELD("capacity", CIVIC_TYPE_INTEGER, "几人一管", "for how many"),
    CIVIC_END
};

static const civic_field_t  standing_test[] = {
    FIELD("result", CIVIC_TYPE_STRING, "结果", "the result"),
    FIELD("people", CIVIC_TYPE_INTEGER, "管内人数", "how many were in it"),
    FIELD("at", CIVIC_TYPE_INTEGER, "采样时间（毫秒）", "sampled at, ms"),
    CIVIC_END
};

static const civic_field_t  standing_item[] = {
    { .name = "test", .type = CIVIC_TYPE_OBJECT, .fields = standing_test,
      .zh = "一次", .en = "one of them" },
    CIVIC_END
};

static const civic_field_t  standing_input[] = {
    { .name = "tests", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .fields = standing_item, .zh = "从新到旧", .en = "the newest first" },
    CIVIC_END
};

static const civic_field_t  language_input[] = {
    FIELD("language", CIVIC_TYPE_STRING, "语言", "zh or en"),
    CIVIC_END
};

static const civic_field_t  label_input[] = {
    FIELD("result", CIVIC_TYPE_STRING, "结果", "the result"),
    FIELD("language", CIVIC_TYPE_STRING, "语言", "zh or en"),
    CIVIC_END
};

static const civic_field_t  message_input[] = {
    FIELD("result", CIVIC_TYPE_STRING, "结果", "the result"),
    FIELD("corrected", CIVIC_TYPE_BOOLEAN, "更正后的", "it is a correction"),
    FIELD("at", CIVIC_TYPE_STRING, "采样时间", "when it was sampled"),
    CIVIC_END
};

static const civic_rule_def_t  rules[] = {
    { .name = "terms", .en = "capacities, bounds, what files are written in" },
    { .name = "tube", .input = tube_input,
      .en = "whether a tube may be opened" },
    { .name = "seal", .input = seal_input, .en = "who may seal it" },
    { .name = "admit", .input = admit_input,
      .en = "whether somebody may come into it" },
    { .name = "result", .input = result_input,
      .en = "whether a result can be of that time" },
    { .name = "outcomes", .input = language_input,
      .en = "what a laboratory is told" },
    { .name = "spread", .input = spread_input,
      .en = "what a tube's result is for one person" },
    { .name = "standing", .input = standing_input,
      .en = "whether somebody is to be sampled again" },
    { .name = "label", .input = label_input,
      .en = "what a result is called, and what to do" },
    { .name = "message", .input = message_input,
      .en = "what people are told" },
    { .name = "retention", .en = "days that tubes and results are kept" },
    { .name = "rebuild", .en = "s between two walks over all people" },
};


/* ---- scripts, calls, jobs, metrics, purposes --------------------------- */

static const civic_script_def_t  scripts[] = {
    { "sampling_open", "opens a tube" },
    { "sampling_add", "gives somebody a seat in it" },
    { "sampling_remove", "takes somebody out of it" },
    { "sampling_seal", "seals it" },
    { "sampling_result", "notes its result" },
    { "sampling_propose", "notes that a result is to be another" },
    { "sampling_settle", "confirms or ends a correction" },
    { "sampling_gone", "deletes a tube" },
    { "sampling_list", "puts a tube into a list, or takes it out" },
    { "sampling_keep", "keeps a result with a person" },
    { "sampling_forget", "takes results away from a person" },
    SHARED_ASIDE_SCRIPT,
    SHARED_PERSONS_WALK_SCRIPT,
};

static const civic_call_def_t  calls[] = {
    { "erase", sampling_call_erase, "erases a person's results when the "
      "consent \"health\" or \"health_child\" ends" },
};

static const civic_job_def_t  jobs[] = {
    { .name = SAMPLING_SPREAD, .outbox = SAMPLING_SPREAD,
      .interval = 2, .shards = SAMPLING_SHARDS,
      .deadline = SAMPLING_JOB, .run = sampling_spread_run,
      .en = "Takes results to whoever is in the tube." },
    { .name = SHARED_ASIDE, .interval = SHARED_ASIDE_INTERVAL,
      .shards = SAMPLING_SHARDS, .deadline = SAMPLING_JOB,
      .run = sampling_spread_run,
      .en = "Tries results that failed again and again." },
    { .name = "tubes", .interval = 300, .shards = SAMPLING_SHARDS,
      .deadline = SAMPLING_JOB, .run = sampling_tubes_run,
      .en = "Deletes tubes whose time is over." },
    { .name = "tests", .interval = 60, .shards = SAMPLING_SHARDS,
      .deadline = SAMPLING_JOB, .run = sampling_tests_run,
      .en = "Deletes people's results whose time is over." },
};

static const civic_outbox_def_t  outboxes[] = {
    { .name = SAMPLING_SPREAD, .en = "tubes whose result goes to people" },
    SHARED_ASIDE_OUTBOX,
};

static const civic_metric_def_t  metrics[] = {
    { "opened", "tubes opened" },
    { "seated", "people who got a seat in a tube" },
    { "scans_refused", "scans that led to none" },
    { "removed", "people taken out again" },
    { "sealed", "tubes sealed by hand" },
    { "told", "results of tubes" },
    { "lines_refused", "results that were not taken" },
    { "contradictions", "results that contradict one that stands" },
    { "corrected", "results corrected by two" },
    { "kept", "results that came to a person" },
    { "rechecks", "of these, people who are to be sampled again" },
    { "without_consent", "results that nobody may keep any more" },
    { "lost", "people, or tubes, whose result reaches nobody: damaged" },
    { "tubes_gone", "tubes deleted in time" },
    { "tests_gone", "results of people deleted" },
    { "set_aside", "times that a tube's result failed for minutes, and was "
      "set aside" },
};

static const civic_purpose_def_t  purposes[] = {
    { SAMPLING_HEALTH, "who is in a tube, and what people were told" },
};


CIVIC_PLUGIN = {
    .name = "sampling",
    .version = "1.0.0",
    .zh = "采样与检测结果：开管、扫码、封管、结果登记与查询",
    .en = "sampling: tubes, who is in them, results, and looking them up",
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
