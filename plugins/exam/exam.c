/*
 * exam.c - the plugin's tables.
 *
 * An exam is described by one file, which civicctl loads (docs/exams.md).
 * This plugin has its facts: it shows exams and positions to anyone, searches
 * positions, and answers other plugins.  It writes nothing but its list.
 */

#include <stdlib.h>

#include "exam.h"
#include "exam_facts.h"
#include "outbox_run.h"

#define CODE  "[A-Za-z0-9-]{1,20}"


/* ---- what is shown ----------------------------------------------------- */

static const civic_field_t  pair[] = {
    { .name = "zh", .type = CIVIC_TYPE_STRING, .max = 4000,
      .flags = CIVIC_REQUIRED, .zh = "中文", .en = "in Chinese" },
    { .name = "en", .type = CIVIC_TYPE_STRING, .max = 4000,
      .zh = "英文", .en = "in English" },
    CIVIC_END
};

#define PAIR(member, words_zh, words_en)                                      \
    { .name = member, .type = CIVIC_TYPE_OBJECT, .flags = CIVIC_REQUIRED,     \
      .fields = pair, .zh = words_zh, .en = words_en }

static const civic_field_t  window[] = {
    { .name = "from", .type = CIVIC_TYPE_INSTANT, .flags = CIVIC_REQUIRED,
      .zh = "开始（含）", .en = "it is open from here on" },
    { .name = "until", .type = CIVIC_TYPE_INSTANT, .flags = CIVIC_REQUIRED,
      .zh = "结束（不含）", .en = "and no more from here on" },
    { .name = "state", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = exam_window_states,
      .zh = "现在：未到、进行中、已过", .en = "where it is now" },
    CIVIC_END
};

static const civic_field_t  windows[] = {
    { .name = "registration", .type = CIVIC_TYPE_OBJECT, .fields = window,
      .flags = CIVIC_REQUIRED, .zh = "报名", .en = "registration" },
    { .name = "review", .type = CIVIC_TYPE_OBJECT, .fields = window,
      .zh = "审核", .en = "review" },
    { .name = "payment", .type = CIVIC_TYPE_OBJECT, .fields = window,
      .zh = "缴费；不收费的考试没有",
      .en = "payment; absent where nothing is to be paid" },
    { .name = "printing", .type = CIVIC_TYPE_OBJECT, .fields = window,
      .zh = "打印准考证", .en = "printing of tickets" },
    CIVIC_END
};

#define LISTED                                                                \
    { .name = "exam_id", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,  \
      .zh = "考试代号", .en = "the exam's id" },                              \
    { .name = "revision", .type = CIVIC_TYPE_INTEGER,                         \
      .flags = CIVIC_REQUIRED,                                                \
      .zh = "考试文件的版本，每次载入加大",                                   \
      .en = "which load of the exam's file this is" },                        \
    PAIR("title", "考试名称", "the exam's title"),                            \
    { .name = "windows", .type = CIVIC_TYPE_OBJECT, .flags = CIVIC_REQUIRED,  \
      .fields = windows, .zh = "各阶段的时间",                                \
      .en = "when people do what" },                                          \
    { .name = "state", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,    \
      .choices = exam_states, .zh = "现在的阶段",                             \
      .en = "where the exam is now" },                                        \
    PAIR("state_text", "现在的阶段，如：报名中", "the same in words")

static const civic_field_t  listed[] = { LISTED, CIVIC_END };

static const civic_field_t  listed_item[] = {
    { .name = "exam", .type = CIVIC_TYPE_OBJECT, .fields = listed,
      .zh = "考试", .en = "an exam" },
    CIVIC_END
};

static const civic_field_t  list_reply[] = {
    { .name = "exams", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .max = EXAM_LISTED, .fields = listed_item,
      .zh = "考试：未结束的在前，先结束的靠前；然后是已结束的，后结束的靠前",
      .en = "exams: those that are not over, what ends first at the top; "
            "then those that are, the last one first" },
    { .name = "after", .type = CIVIC_TYPE_STRING,
      .zh = "下一页的 after；没有则是最后一页",
      .en = "the next page's \"after\"; absent on the last" },
    CIVIC_END
};

static const civic_field_t  list_query[] = {
    SHARED_EXAM_PLACE,
    { .name = "limit", .type = CIVIC_TYPE_INTEGER, .min = 1,
      .max = EXAM_LISTED, .fallback = "20",
      .zh = "每页数量", .en = "how many at most" },
    CIVIC_END
};

static const civic_field_t  fee[] = {
    { .name = "fen", .type = CIVIC_TYPE_INTEGER, .flags = CIVIC_REQUIRED,
      .zh = "金额，分；0 为不收费", .en = "fen; 0: nothing is to be paid" },
    { .name = "title", .type = CIVIC_TYPE_OBJECT, .fields = pair,
      .zh = "费用名称", .en = "what it is for" },
    CIVIC_END
};

static const civic_field_t  form_field[] = {
    { .name = "field", .type = CIVIC_TYPE_OBJECT,
      .zh = "表单项，与考试文件相同",
      .en = "a field, as the exam's file has it" },
    CIVIC_END
};

static const civic_field_t  subject[] = {
    { .name = "code", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "代码", .en = "its code" },
    PAIR("name", "科目", "its name"),
    { .name = "from", .type = CIVIC_TYPE_INSTANT, .flags = CIVIC_REQUIRED,
      .zh = "开始", .en = "when it begins" },
    { .name = "until", .type = CIVIC_TYPE_INSTANT, .flags = CIVIC_REQUIRED,
      .zh = "结束", .en = "when it ends" },
    { .name = "all_positions", .type = CIVIC_TYPE_BOOLEAN,
      .flags = CIVIC_REQUIRED,
      .zh = "所有职位都考", .en = "whether it is for all positions" },
    CIVIC_END
};

static const civic_field_t  subject_item[] = {
    { .name = "subject", .type = CIVIC_TYPE_OBJECT, .fields = subject,
      .zh = "科目", .en = "a subject" },
    CIVIC_END
};

static const civic_field_t  show_reply[] = {
    LISTED,
    { .name = "fee", .type = CIVIC_TYPE_OBJECT, .flags = CIVIC_REQUIRED,
      .fields = fee, .zh = "报名费", .en = "the fee" },
    { .name = "positions", .type = CIVIC_TYPE_INTEGER,
      .flags = CIVIC_REQUIRED,
      .zh = "职位数量", .en = "how many positions there are" },
    { .name = "form", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .max = 100, .fields = form_field,
      .zh = "报名表，按填写顺序", .en = "the form's fields, in order" },
    { .name = "subjects", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .max = 100, .fields = subject_item,
      .zh = "科目与时间", .en = "subjects and their times" },
    { .name = "photo_profile", .type = CIVIC_TYPE_STRING,
      .zh = "照片要求；没有则不需要照片",
      .en = "the photo's profile; absent: no photo is needed" },
    CIVIC_END
};

static const civic_field_t  condition[] = {
    { .name = "condition", .type = CIVIC_TYPE_OBJECT,
      .zh = "条件，与考试文件相同",
      .en = "a condition, as the exam's file has it" },
    CIVIC_END
};

static const civic_field_t  position[] = {
    { .name = "code", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "职位代码", .en = "its code" },
    PAIR("name", "职位名称", "its name"),
    PAIR("unit", "招录单位", "the unit that takes people on"),
    { .name = "places", .type = CIVIC_TYPE_INTEGER, .flags = CIVIC_REQUIRED,
      .zh = "招录人数", .en = "how many are taken on" },
    { .name = "note", .type = CIVIC_TYPE_OBJECT, .fields = pair,
      .zh = "备注", .en = "a note" },
    { .name = "conditions", .type = CIVIC_TYPE_ARRAY, .max = 20,
      .fields = condition, .zh = "报考条件", .en = "who may apply" },
    { .name = "applicants", .type = CIVIC_TYPE_INTEGER,
      .zh = "已报名人数；没有统计时省略",
      .en = "how many have applied; absent where nobody counts" },
    CIVIC_END
};

static const civic_field_t  position_item[] = {
    { .name = "position", .type = CIVIC_TYPE_OBJECT, .fields = position,
      .zh = "职位", .en = "a position" },
    CIVIC_END
};

static const civic_field_t  positions_reply[] = {
    { .name = "exam_id", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "考试代号", .en = "the exam's id" },
    { .name = "revision", .type = CIVIC_TYPE_INTEGER,
      .flags = CIVIC_REQUIRED,
      .zh = "考试文件的版本", .en = "which load of the exam's file" },
    { .name = "total", .type = CIVIC_TYPE_INTEGER, .flags = CIVIC_REQUIRED,
      .zh = "本考试的职位总数", .en = "positions of the exam in all" },
    { .name = "positions", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .max = EXAM_MOST, .fields = position_item,
      .zh = "符合的职位，按代码排列", .en = "those found, by their codes" },
    { .name = "after", .type = CIVIC_TYPE_STRING,
      .zh = "下一页的 after；没有则是最后一页",
      .en = "the next page's \"after\"; absent on the last" },
    CIVIC_END
};

static const civic_field_t  positions_query[] = {
    { .name = "q", .type = CIVIC_TYPE_STRING, .max = CIVIC_EXAM_QUERY,
      .zh = "要找的词，空格分隔，须全部包含在代码、职位或单位中",
      .en = "words, all of which stand in code, name or unit" },
    { .name = "unit", .type = CIVIC_TYPE_STRING, .max = CIVIC_EXAM_UNIT,
      .zh = "单位的中文全称", .en = "a unit's whole Chinese name" },
    { .name = "after", .type = CIVIC_TYPE_STRING, .max = CIVIC_EXAM_CODE,
      .pattern = CODE, .example = "6301001",
      .zh = "从此代码之后开始", .en = "goes on behind this code" },
    { .name = "limit", .type = CIVIC_TYPE_INTEGER, .min = 1,
      .max = EXAM_MOST, .fallback = "20",
      .zh = "每页数量", .en = "how many at most" },
    CIVIC_END
};


/* ---- routes ------------------------------------------------------------ */

static const char *const  exam_problems[] = { "exam_not_found", NULL };
static const char *const  position_problems[] = {
    "exam_not_found", "position_not_found", NULL
};

static const civic_route_t  routes[] = {
    { .method = CIVIC_GET, .path = "/exams", .handler = exam_list_route,
      .roles = CIVIC_ANYONE, .query = list_query, .reply = list_reply,
      .zh = "所有考试及其阶段", .en = "Lists the exams, and where they are" },

    { .method = CIVIC_GET, .path = "/exams/{exam_id}",
      .handler = exam_show_route, .roles = CIVIC_ANYONE,
      .reply = show_reply, .problems = exam_problems,
      .zh = "一个考试：时间、费用、报名表、科目",
      .en = "Tells an exam: windows, fee, form, subjects" },

    { .method = CIVIC_GET, .path = "/exams/{exam_id}/positions",
      .handler = exam_positions_route, .roles = CIVIC_ANYONE,
      .query = positions_query, .reply = positions_reply,
      .problems = exam_problems,
      .zh = "查找职位，附已报名人数",
      .en = "Finds positions, with how many have applied" },

    { .method = CIVIC_GET, .path = "/exams/{exam_id}/positions/{code}",
      .handler = exam_position_route, .roles = CIVIC_ANYONE,
      .reply = position, .problems = position_problems,
      .zh = "一个职位及其条件", .en = "Tells a position and its conditions" },
};

static const civic_problem_def_t  problems[] = {
    { "exam_not_found", 404,
      "没有这个考试。请返回“本次考试”重新选择。",
      "There is no such exam. Choose one from the list of exams." },
    { "position_not_found", 404,
      "没有这个职位，可能已被取消。请重新查找职位。",
      "There is no such position; it may have been taken back. Look for it "
      "again." },
    { "exam_query", 0,
      "最多用八个词查找职位，词与词用空格分开。",
      "Look for at most eight words, with spaces between them." },
};


/* ---- the rest ---------------------------------------------------------- */

static const civic_script_def_t  scripts[] = {
    { "exam_begin", "gives a load a number of its own" },
    { "exam_positions", "writes positions that nobody reads yet" },
    { "exam_publish", "makes a revision the exam's" },
    { "exam_list", "enters exams into the list, if they are newer" },
    { "exam_page", "reads some of the list, in its order" },
    SHARED_ASIDE_SCRIPT,
};

static const civic_call_def_t  calls[] = {
    { "facts", exam_call_facts,
      "the facts of an exam, to be read and not changed; {}: there is none" },
    { "position", exam_call_position, "a position by its code; {}" },
    { "list", exam_call_list, "{after?, limit?} -> {exams, after?}: those that "
      "are not over first, what ends first at the top: id, title, revision, "
      "windows, the latest end of them" },
    { "part", exam_call_part, "{cursor?} -> {exams, cursor}: all exams, some "
      "at a time: id, the latest end of a window" },
};

static const civic_job_def_t  jobs[] = {
    { .name = EXAM_CHANGED, .outbox = EXAM_CHANGED,
      .interval = 1, .shards = EXAM_SHARDS,
      .run = exam_changed_run,
      .en = "Mends the list of exams and tells plugins of new revisions." },
    { .name = SHARED_ASIDE, .interval = SHARED_ASIDE_INTERVAL,
      .shards = EXAM_SHARDS, .run = exam_changed_run,
      .en = "Tries what failed again and again." },
};

static const civic_outbox_def_t  outboxes[] = {
    { .name = EXAM_CHANGED, .en = "exams that were loaded or moved" },
    SHARED_ASIDE_OUTBOX,
};

static const civic_metric_def_t  metrics[] = {
    [EXAM_LOADED] = { "loaded", "revisions that a worker made ready" },
    [EXAM_UNREADABLE] = { "unreadable", "revisions that could not be read" },
    [EXAM_PAGES_MADE] = { "pages_made", "pages of positions that were made" },
    [EXAM_PAGES_SERVED] = { "pages_served", "pages served once more" },
    [EXAM_TOLD] = { "told", "new revisions that plugins were told of" },
    [EXAM_SET_ASIDE] = { "set_aside",
        "times that a revision could not be told for minutes, and was set "
        "aside" },
};


static void
exam_exit_worker(void *state)
{
    exam_worker_t  *w = state;

    exam_store_destroy(w->store);
    exam_pages_destroy(w->pages);
    free(w);
}


static civic_result_t
exam_init_worker(civic_worker_t *worker, void **state,
    civic_failure_t *failure)
{
    exam_worker_t  *w = calloc(1, sizeof(exam_worker_t));

    (void) worker;

    if (w != NULL) {
        w->store = exam_store_create();
        w->pages = exam_pages_create();
    }

    if (w == NULL || w->store == NULL || w->pages == NULL) {
        strcpy(failure->text, "no memory");
        if (w != NULL) {
            exam_exit_worker(w);
        }
        return CIVIC_ERROR;
    }

    *state = w;

    return CIVIC_OK;
}


CIVIC_PLUGIN = {
    .name = "exam",
    .version = "1.0.0",
    .zh = "考试：文件、职位查找",
    .en = "exams: their facts, and the search for positions",
    .routes = CIVIC_TABLE(routes),
    .problems = CIVIC_TABLE(problems),
    .scripts = CIVIC_TABLE(scripts),
    .calls = CIVIC_TABLE(calls),
    .metrics = CIVIC_TABLE(metrics),
    .jobs = CIVIC_TABLE(jobs),
    .outboxes = CIVIC_TABLE(outboxes),
    .init_worker = exam_init_worker,
    .exit_worker = exam_exit_worker,
};
