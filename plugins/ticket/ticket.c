/*
 * ticket.c - the tables of the plugin "ticket", and nothing else.
 */

#include "exam.h"
#include "fields.h"
#include "outbox_run.h"
#include "persons_walk.h"
#include "ticket.h"

#define DEADLINE  25000                 /* ms: an engine that is busy */


/* ---- options ----------------------------------------------------------- */

static const civic_option_t  options[] = {
    { .name = "signing_key", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED, .min = 1, .max = SHARED_PAPER_FILE,
      .zh = "签发准考证二维码的私钥文件（P-256，PEM）",
      .en = "the file of the private key (P-256, PEM) that signs the codes; "
            "workers must be able to read it" },
    { .name = "old_keys", .type = CIVIC_TYPE_STRING, .max = SHARED_PAPER_FILE,
      .fallback = "\"\"",
      .zh = "仍然有效的旧公钥文件（PEM，可依次放多个）",
      .en = "a file of public keys (PEM, one behind the other) that are "
            "believed, too: of keys that signed before" },
    { .name = "issuer", .type = CIVIC_TYPE_STRING, .min = 1,
      .max = CIVIC_CWT_TEXT, .fallback = "\"civic\"",
      .zh = "二维码中的签发单位", .en = "who the codes say has issued them" },
};


/* ---- fields ------------------------------------------------------------ */

static const civic_field_t  site_fields[] = {
    FIELD("code", CIVIC_TYPE_STRING, "考点代码", "the site's code"),
    MAYBE("name", CIVIC_TYPE_STRING, "考点", "its name"),
    MAYBE("address", CIVIC_TYPE_STRING, "地址", "its address"),
    CIVIC_END
};

static const civic_field_t  room_fields[] = {
    FIELD("code", CIVIC_TYPE_STRING, "考场号", "the room's code"),
    MAYBE("name", CIVIC_TYPE_STRING, "考场", "its name"),
    CIVIC_END
};

static const civic_field_t  subject_fields[] = {
    FIELD("code", CIVIC_TYPE_STRING, "科目代码", "the subject's code"),
    MAYBE("name", CIVIC_TYPE_STRING, "科目", "its name"),
    FIELD("from", CIVIC_TYPE_INSTANT, "开始时间", "when it begins"),
    FIELD("until", CIVIC_TYPE_INSTANT, "结束时间", "when it ends"),
    CIVIC_END
};

static const civic_field_t  subject_item[] = {
    { .name = "subject", .type = CIVIC_TYPE_OBJECT, .fields = subject_fields,
      .zh = "科目", .en = "a subject" },
    CIVIC_END
};

#define TICKET_FIELDS                                                         \
    FIELD("exam_id", CIVIC_TYPE_STRING, "考试", "the exam"),                  \
    MAYBE("title", CIVIC_TYPE_STRING, "考试名称", "its title"),               \
    FIELD("state", CIVIC_TYPE_STRING, "状态：seated 座位已安排",              \
          "seated: there is a seat"),                                         \
    FIELD("printable", CIVIC_TYPE_BOOLEAN, "现在可以打印",                    \
          "it can be printed now"),                                           \
    FIELD("button", CIVIC_TYPE_STRING, "按钮文字", "what the button says"),   \
    MAYBE("printable_from", CIVIC_TYPE_INSTANT, "何时起可打印",               \
          "from when on it can be printed"),                                  \
    MAYBE("printable_until", CIVIC_TYPE_INSTANT, "打印截止时间",              \
          "and until when"),                                                  \
    MAYBE("number", CIVIC_TYPE_STRING, "准考证号", "the ticket's number"),    \
    { .name = "site", .type = CIVIC_TYPE_OBJECT, .fields = site_fields,       \
      .zh = "考点", .en = "the site" },                                       \
    { .name = "room", .type = CIVIC_TYPE_OBJECT, .fields = room_fields,       \
      .zh = "考场", .en = "the room" },                                       \
    MAYBE("seat", CIVIC_TYPE_STRING, "座位号", "the seat"),                   \
    { .name = "subjects", .type = CIVIC_TYPE_ARRAY,                           \
      .flags = CIVIC_REQUIRED, .fields = subject_item, .zh = "科目与时间",    \
      .en = "subjects and their times" }

static const civic_field_t  ticket_fields[] = {
    TICKET_FIELDS,
    CIVIC_END
};

static const civic_field_t  ticket_item[] = {
    { .name = "ticket", .type = CIVIC_TYPE_OBJECT, .fields = ticket_fields,
      .zh = "准考证", .en = "a ticket" },
    CIVIC_END
};

static const civic_field_t  list_reply[] = {
    { .name = "tickets", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .fields = ticket_item, .zh = "我的准考证", .en = "one for each exam" },
    CIVIC_END
};

static const civic_field_t  show_reply[] = {
    TICKET_FIELDS,
    MAYBE("link", CIVIC_TYPE_STRING,
          "可打印时：不带登录信息也能打开的短期链接，用于 /ticket/links/",
          "if it can be printed: opens it for some minutes without a session, "
          "at /ticket/links/"),
    MAYBE("link_expires_at", CIVIC_TYPE_INSTANT, "链接失效时间",
          "when the link is over"),
    CIVIC_END
};

static const char *const  verdicts[] = {
    "genuine", "other_site", "not_now", "revoked", "other_exam", "expired",
    "early", "forged", "unreadable", NULL
};

static const civic_field_t  check_body[] = {
    { .name = "token", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED | CIVIC_SECRET, .min = 1,
      .max = CIVIC_CWT_ROOM, .zh = "扫描到的内容", .en = "what was scanned" },
    { .name = "exam_id", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .pattern = CIVIC_EXAM_ID_PATTERN, .example = "demo-2026",
      .zh = "本次考试",
      .en = "the exam of this door" },
    { .name = "site", .type = CIVIC_TYPE_STRING, .flags = CIVIC_TYPED,
      .pattern = "[0-9]{2}", .example = "01",
      .zh = "本考点代码；不填则不核对考点",
      .en = "the site of this door; absent: any" },
    CIVIC_END
};

static const civic_field_t  check_site[] = {
    FIELD("code", CIVIC_TYPE_STRING, "考点代码", "the site's code"),
    FIELD("name", CIVIC_TYPE_STRING, "考点", "its name"),
    CIVIC_END
};

static const civic_field_t  check_reply[] = {
    FIELD("check_id", CIVIC_TYPE_STRING, "核验编号",
          "this check, as the audit trail has it"),
    { .name = "verdict", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = verdicts, .zh = "结论", .en = "what it is" },
    FIELD("label", CIVIC_TYPE_STRING, "结论的文字", "the same in words"),
    FIELD("hint", CIVIC_TYPE_STRING, "如何处理", "what to do"),
    MAYBE("subject", CIVIC_TYPE_STRING, "当前科目", "the subject that is on"),
    MAYBE("possible_at", CIVIC_TYPE_INSTANT, "何时起可入场",
          "when the door opens for the next subject"),
    MAYBE("already_at", CIVIC_TYPE_INSTANT, "此前已有人持此证入场的时间",
          "when somebody came in with it before"),
    MAYBE("number", CIVIC_TYPE_STRING, "准考证号", "the ticket's number"),
    MAYBE("name", CIVIC_TYPE_STRING, "姓名", "whose it is"),
    MAYBE("id_number", CIVIC_TYPE_STRING, "证件号码（部分隐藏）",
          "the identity number, masked"),
    { .name = "site", .type = CIVIC_TYPE_OBJECT, .fields = check_site,
      .zh = "考点", .en = "the site" },
    MAYBE("room", CIVIC_TYPE_STRING, "考场号", "the room"),
    MAYBE("seat", CIVIC_TYPE_STRING, "座位号", "the seat"),
    MAYBE("photo_url", CIVIC_TYPE_STRING, "照片（短期链接）",
          "the photo, for some seconds"),
    CIVIC_END
};

static const civic_field_t  keys_reply[] = {
    SHARED_PAPER_KEYS_FIELDS,
    CIVIC_END
};


/* ---- problems of the routes -------------------------------------------- */

static const char *const  list_problems[] = { "store_unavailable", NULL };
static const char *const  show_problems[] = {
    "not_found", "ticket_no_seat", "store_unavailable", NULL
};
static const char *const  print_problems[] = {
    "not_found", "ticket_no_seat", "ticket_not_yet", "ticket_over",
    "ticket_seat_moved", "ticket_drawing_down", "store_unavailable",
    "overloaded", NULL
};
static const char *const  link_problems[] = {
    "not_found", "ticket_link_over", "ticket_no_seat", "ticket_not_yet",
    "ticket_over", "ticket_seat_moved", "ticket_drawing_down",
    "store_unavailable", "overloaded", NULL
};
static const char *const  check_problems[] = {
    "invalid_fields", "ticket_exam_unknown", "store_unavailable",
    "outcome_unknown", NULL
};
static const char *const  no_problems[] = { NULL };


/* ---- routes ------------------------------------------------------------ */

#define PURPOSE  "admission tickets"

static const civic_route_t  routes[] = {
    { .method = CIVIC_GET, .path = "/tickets", .handler = ticket_list,
      .roles = CIVIC_CITIZEN, .purpose = PURPOSE, .reply = list_reply,
      .problems = list_problems,
      .zh = "我的准考证", .en = "the caller's tickets" },
    { .method = CIVIC_GET, .path = "/tickets/{exam_id}",
      .handler = ticket_show, .roles = CIVIC_CITIZEN, .purpose = PURPOSE,
      .reply = show_reply, .problems = show_problems,
      .zh = "一次考试的准考证", .en = "the ticket to an exam, with a link" },
    { .method = CIVIC_GET, .path = "/tickets/{exam_id}/pdf",
      .handler = ticket_pdf, .roles = CIVIC_CITIZEN,
      .cost = CIVIC_COST_MEDIA, .purpose = PURPOSE,
      .problems = print_problems, .deadline = DEADLINE,
      .zh = "打印准考证（PDF，A4）", .en = "the sheet as a PDF" },
    { .method = CIVIC_GET, .path = "/tickets/{exam_id}/preview",
      .handler = ticket_preview, .roles = CIVIC_CITIZEN,
      .cost = CIVIC_COST_MEDIA, .purpose = PURPOSE,
      .problems = print_problems, .deadline = DEADLINE,
      .zh = "准考证预览（PNG）", .en = "the sheet as a picture" },
    { .method = CIVIC_GET, .path = "/links/{link}/pdf",
      .handler = ticket_link_pdf, .roles = CIVIC_ANYONE,
      .cost = CIVIC_COST_MEDIA, .purpose = PURPOSE,
      .problems = link_problems, .deadline = DEADLINE,
      .zh = "凭短期链接下载准考证（PDF）",
      .en = "the sheet as a PDF, by a link" },
    { .method = CIVIC_GET, .path = "/links/{link}/preview",
      .handler = ticket_link_preview, .roles = CIVIC_ANYONE,
      .cost = CIVIC_COST_MEDIA, .purpose = PURPOSE,
      .problems = link_problems, .deadline = DEADLINE,
      .zh = "凭短期链接预览准考证（PNG）",
      .en = "the sheet as a picture, by a link" },
    { .method = CIVIC_GET, .path = "/keys", .handler = ticket_keys_show,
      .roles = CIVIC_ANYONE, .purpose = PURPOSE, .reply = keys_reply,
      .problems = no_problems,
      .zh = "离线核验二维码的公钥",
      .en = "the public keys, to verify codes without a network" },
    { .method = CIVIC_POST, .path = "/checks", .handler = ticket_check,
      .roles = CIVIC_DOOR, .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE,
      .purpose = PURPOSE, .body = check_body, .reply = check_reply,
      .problems = check_problems,
      .zh = "入场核验：扫描准考证二维码",
      .en = "the door: what a scanned code is" },
};


/* ---- problems ---------------------------------------------------------- */

static const civic_problem_def_t  problems[] = {
    { "ticket_no_seat", 404,
      "尚未安排座位。审核通过并付款后，由考试机构统一安排。",
      "There is no seat yet. The exam office gives seats to everybody who was "
      "approved and has paid." },
    { "ticket_not_yet", 409,
      "准考证尚未开放打印。",
      "Tickets cannot be printed yet." },
    { "ticket_over", 409,
      "准考证打印已结束。如有疑问，请拨打服务电话。",
      "Tickets cannot be printed any more. Call the service line if you have "
      "none." },
    { "ticket_seat_moved", 409,
      "您的考场正在调整，请稍后再打印，或拨打服务电话。",
      "Your room is being changed. Print the ticket later, or call the service "
      "line." },
    { "ticket_drawing_down", 503,
      "打印的人较多或打印服务暂时不可用，请稍后再试。您的座位不受影响。",
      "The ticket cannot be drawn right now. Try again in a moment; your seat "
      "is safe." },
    { "ticket_link_over", 404,
      "链接已失效，请回到准考证页面重新打开。",
      "This link is over. Open the ticket's page again." },
    { "ticket_exam_unknown", 422,
      "没有这个考试，请核对本入口设置的考试。",
      "There is no such exam. Look at how this door is set up." },
};


/* ---- rules ------------------------------------------------------------- */

static const civic_field_t  printing_input[] = {
    FIELD("now", CIVIC_TYPE_INTEGER, "现在（毫秒）", "now, ms"),
    FIELD("from", CIVIC_TYPE_INTEGER, "打印开始；0 未定",
          "begin of printing; 0: not said"),
    FIELD("until", CIVIC_TYPE_INTEGER, "打印结束", "end of printing"),
    CIVIC_END
};

static const civic_field_t  door_subject[] = {
    FIELD("code", CIVIC_TYPE_STRING, "科目代码", "the subject's code"),
    FIELD("from", CIVIC_TYPE_INTEGER, "开始（毫秒）", "its begin, ms"),
    FIELD("until", CIVIC_TYPE_INTEGER, "结束（毫秒）", "its end, ms"),
    CIVIC_END
};

static const civic_field_t  door_item[] = {
    { .name = "subject", .type = CIVIC_TYPE_OBJECT, .fields = door_subject,
      .zh = "科目", .en = "a subject" },
    CIVIC_END
};

static const civic_field_t  door_input[] = {
    FIELD("now", CIVIC_TYPE_INTEGER, "现在（毫秒）", "now, ms"),
    { .name = "subjects", .type = CIVIC_TYPE_ARRAY, .flags = CIVIC_REQUIRED,
      .fields = door_item, .zh = "考生的科目",
      .en = "the person's subjects" },
    CIVIC_END
};

static const civic_field_t  label_input[] = {
    FIELD("what", CIVIC_TYPE_STRING, "ticket、again 或结论",
          "ticket, again or a verdict"),
    FIELD("language", CIVIC_TYPE_STRING, "语言", "zh or en"),
    CIVIC_END
};

static const civic_field_t  message_input[] = {
    FIELD("what", CIVIC_TYPE_STRING, "seated、printable、moved 或 back",
          "seated, printable, moved or back"),
    FIELD("title_zh", CIVIC_TYPE_STRING, "考试名称", "the exam's title"),
    FIELD("title_en", CIVIC_TYPE_STRING, "考试名称（英文）",
          "the same in English"),
    FIELD("number", CIVIC_TYPE_STRING, "准考证号", "the ticket's number"),
    FIELD("from", CIVIC_TYPE_STRING, "打印开始时间", "begin of printing"),
    FIELD("until", CIVIC_TYPE_STRING, "打印结束时间", "end of printing"),
    CIVIC_END
};

static const civic_rule_def_t  rules[] = {
    { .name = "terms", .en = "bounds of drawing, lives of links and codes" },
    { .name = "printing", .input = printing_input,
      .en = "whether tickets can be printed now, or seats be seen" },
    { .name = "door", .input = door_input,
      .en = "which subject the door is open for" },
    { .name = "retention", .en = "for how long seats are kept" },
    { .name = "instructions", .en = "what a sheet says, if the exam does not" },
    { .name = "label", .input = label_input,
      .en = "what a verdict is called, and what to do" },
    { .name = "message", .input = message_input,
      .en = "what citizens are told" },
};


/* ---- scripts, calls, jobs, metrics, purposes --------------------------- */

static const civic_script_def_t  scripts[] = {
    { "ticket_round", "takes a round of seating one step on" },
    { "ticket_collect", "notes who is to get a seat" },
    { "ticket_seat", "gives seats" },
    { "ticket_back", "takes a seat back" },
    { "ticket_opened", "notes how far people were told" },
    { "ticket_door", "notes who came to the door" },
    { "ticket_erase", "erases somebody's seat" },
    SHARED_ASIDE_SCRIPT,
    SHARED_PERSONS_WALK_SCRIPT,
};

static const civic_call_def_t  calls[] = {
    { "state", ticket_call_state, "{pid, exam_id} -> {state: none or seated, "
      "number, printable_from}" },
    { "entitlement", ticket_call_entitlement, "{pid, exam_id, entitled} -> "
      "{given_back}: a seat that nobody may sit on is given back" },
};

static const civic_job_def_t  jobs[] = {
    { .name = "seat", .interval = 1, .deadline = TICKET_SEAT_JOB,
      .run = ticket_seat_run,
      .en = "Seats people, as the office asked for." },
    { .name = TICKET_TELL, .outbox = TICKET_TELL,
      .interval = 2, .shards = 16,
      .deadline = TICKET_JOB, .run = ticket_tell_run,
      .en = "Tells people of their seats." },
    { .name = SHARED_ASIDE, .interval = SHARED_ASIDE_INTERVAL, .shards = 16,
      .deadline = TICKET_JOB, .run = ticket_tell_run,
      .en = "Tries what failed again and again." },
    { .name = "opened", .interval = 30, .deadline = TICKET_JOB,
      .run = ticket_opened_run,
      .en = "Tells people that they can print their tickets." },
    { .name = "retention", .interval = 60, .deadline = TICKET_JOB,
      .run = ticket_retention_run,
      .en = "Erases seats that were kept long enough." },
};

static const civic_outbox_def_t  outboxes[] = {
    { .name = TICKET_TELL, .en = "what people are told of their seats" },
    SHARED_ASIDE_OUTBOX,
};

static const civic_metric_def_t  metrics[] = {
    { "rounds", "rounds of seating begun" },
    { "seated", "seats given" },
    { "given_back", "seats given back" },
    { "unclear", "people whom no plugin could tell of in a round" },
    { "told", "messages about seats" },
    { "set_aside", "times that a message failed for minutes, and was set "
      "aside" },
    { "drawn", "sheets drawn" },
    { "drawing_down", "sheets that could not be drawn" },
    { "missing", "sheets with characters that no font has" },
    { "checks_genuine", "tickets that came to the door for the first time" },
    { "checks_again", "tickets that somebody had come with before" },
    { "checks_turned_away", "codes that were not genuine, or not here and "
      "now" },
    { "erased", "people whose seat was kept long enough, and erased" },
};

static const civic_purpose_def_t  purposes[] = {
    { TICKET_PHOTO, "the photo on a ticket" },
    { TICKET_LINK, "links that open a ticket for some minutes" },
};


CIVIC_PLUGIN = {
    .name = "ticket",
    .version = "1.0.0",
    .zh = "准考证：安排座位、打印与入场核验",
    .en = "admission tickets: seats, the printed sheet, the door",
    .options = CIVIC_TABLE(options),
    .routes = CIVIC_TABLE(routes),
    .problems = CIVIC_TABLE(problems),
    .rules = CIVIC_TABLE(rules),
    .scripts = CIVIC_TABLE(scripts),
    .calls = CIVIC_TABLE(calls),
    .metrics = CIVIC_TABLE(metrics),
    .purposes = CIVIC_TABLE(purposes),
    .check = shared_paper_keys_check,
    .init_worker = ticket_init_worker,
    .exit_worker = ticket_exit_worker,
    .jobs = CIVIC_TABLE(jobs),
    .outboxes = CIVIC_TABLE(outboxes),
};
