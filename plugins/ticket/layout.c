/*
 * layout.c - what stands where on a ticket: an A4 sheet, upright, that reads
 * from top to bottom as this file does.  Millimetres from the top left corner.
 *
 *     exam's title                                            head()
 *     准 考 证
 *     ┌ 姓名 ... 性别 ┐ ┌───────┐
 *     │ 准考证号      │ │ photo │                             person()
 *     │ 证件号码 ...  │ └───────┘
 *     ├ 考点, address, 考场号, 座位号 ┤                       place()
 *     ├ 科目, date, time ┤                                    timetable()
 *     考生须知 1. 2. 3. ...            ▒ code                 rest()
 *
 * A sheet is Chinese, as the doors read it.
 */

#include "china_time.h"
#include "document.h"
#include "id_number.h"
#include "ticket.h"
#include "values.h"

#define LEFT        20.0
#define RIGHT       190.0
#define WIDTH       (RIGHT - LEFT)

#define TITLE_TOP   16.0
#define NAME_TOP    31.0
#define TABLE_TOP   48.0

#define PHOTO_WIDTH   35.0              /* two inches, as photos are cut */
#define PHOTO_HEIGHT  49.0
#define PHOTO_GAP     4.0

#define LABEL       26.0                /* width of a label's cell */
#define ROW         10.0
#define GAP         4.0

#define SUBJECTS    12                  /* that stand on the first page */
#define SUBJECT_ROW 8.0

#define CODE        38.0                /* of the QR code, with its margin */
#define BOTTOM      283.0               /* nothing stands below */

#define INK         "#1a1a1a"
#define GREY        "#666666"
#define SHADE       "#f2f4f7"
#define RULE        "#8a8f98"
#define THIN        0.2

static const shared_document_text_t  label_text = {
    .size = 10.5, .least = 7, .align = SHARED_DOCUMENT_CENTRE, .middle = 1,
    .colour = GREY
};

static const shared_document_text_t  value_text = {
    .size = 11.5, .least = 6, .middle = 1, .colour = INK
};


static const shared_document_text_t  centred_text = {
    .size = 11, .least = 6, .align = SHARED_DOCUMENT_CENTRE, .middle = 1,
    .colour = INK
};

/* What the door reads aloud. */
static const shared_document_text_t  number_text = {
    .size = 14, .least = 8, .bold = 1, .middle = 1, .colour = INK
};


/* ---- cells ------------------------------------------------------------- */

static void
cell(shared_document_t *page, const shared_document_text_t *how, double x,
    double y, double width, double height, const char *fill,
    civic_str_t text)
{
    shared_document_text_t  inside = *how;

    shared_document_rect(page, x, y, width, height, THIN, RULE, fill);
    inside.x = x + 2;
    inside.y = y + 0.5;
    inside.width = width - 4;
    inside.height = height - 1;
    shared_document_text(page, &inside, text);
}


/* A label and what it says, side by side. */
static void
pair(shared_document_t *page, double x, double y, double width,
    double height, const char *label, civic_str_t value)
{
    cell(page, &label_text, x, y, LABEL, height, SHADE, civic_cstr(label));
    cell(page, &value_text, x + LABEL, y, width - LABEL, height, "#ffffff",
         value);
}


/* ---- the head ---------------------------------------------------------- */

static void
head(shared_document_t *page, const ticket_sheet_t *sheet)
{
    shared_document_text(page, &(shared_document_text_t) {
        .x = LEFT, .y = TITLE_TOP, .width = WIDTH, .height = 14, .size = 19,
        .least = 11, .lines = 2, .bold = 1, .middle = 1, .colour = INK,
        .align = SHARED_DOCUMENT_CENTRE },
        shared_text_in(json_object_get(sheet->exam->facts, "title"), "zh"));
    shared_document_text(page, &(shared_document_text_t) {
        .x = LEFT, .y = NAME_TOP, .width = WIDTH, .height = 13, .size = 25,
        .bold = 1, .middle = 1, .colour = INK,
        .align = SHARED_DOCUMENT_CENTRE }, CIVIC_STR("准 考 证"));
}


/* ---- the person -------------------------------------------------------- */

static civic_str_t
sex_of(civic_str_t number)
{
    civic_id_rules_t    rules = { .today = { 9999, 12, 31 },
                                  .minimum_year = 1800 };
    civic_id_number_t   id;

    if (civic_id_number_parse(number.data, number.len, &rules, &id)
        != CIVIC_ID_OK || !id.has_birth)
    {
        return CIVIC_STR("");
    }

    return id.sex == 'M' ? CIVIC_STR("男") : CIVIC_STR("女");
}


/* "综合管理科员（0101）" */
static civic_str_t
position_name(civic_request_t *r, const ticket_sheet_t *sheet)
{
    civic_str_t  code = sheet->entitled->position;
    civic_str_t  name = shared_text_in(json_object_get(sheet->position,
                                                       "name"), "zh");

    return name.len == 0 ? code
           : civic_print(r, "%.*s（%.*s）", (int) name.len, name.data,
                         (int) code.len, code.data);
}


static void
photo(shared_document_t *page, const ticket_sheet_t *sheet)
{
    double  x = RIGHT - PHOTO_WIDTH;

    shared_document_rect(page, x, TABLE_TOP, PHOTO_WIDTH, PHOTO_HEIGHT, THIN,
                         RULE, "#ffffff");

    if (sheet->photo.len > 0) {
        shared_document_picture(page, x + 0.5, TABLE_TOP + 0.5,
                                PHOTO_WIDTH - 1, PHOTO_HEIGHT - 1,
                                "image/jpeg", sheet->photo);
        return;
    }

    shared_document_text(page, &(shared_document_text_t) {
        .x = x, .y = TABLE_TOP, .width = PHOTO_WIDTH, .height = PHOTO_HEIGHT,
        .size = 10, .middle = 1, .colour = GREY,
        .align = SHARED_DOCUMENT_CENTRE }, CIVIC_STR("照片"));
}


/* Where it ends. */
static double
person(civic_request_t *r, shared_document_t *page,
    const ticket_sheet_t *sheet)
{
    double  y = TABLE_TOP, width = WIDTH - PHOTO_WIDTH - PHOTO_GAP;
    double  half = 40;

    photo(page, sheet);

    pair(page, LEFT, y, width - half, ROW, "姓　　名", sheet->entitled->name);
    cell(page, &label_text, LEFT + width - half, y, 18, ROW, SHADE,
         CIVIC_STR("性别"));
    cell(page, &value_text, LEFT + width - half + 18, y, half - 18, ROW,
         "#ffffff", sex_of(sheet->entitled->id_number));
    y += ROW;

    cell(page, &label_text, LEFT, y, LABEL, ROW, SHADE,
         CIVIC_STR("准考证号"));
    cell(page, &number_text, LEFT + LABEL, y, width - LABEL, ROW, "#ffffff",
         sheet->person->number);
    y += ROW;
    pair(page, LEFT, y, width, ROW, "证件号码", sheet->entitled->id_number);
    y += ROW;
    pair(page, LEFT, y, width, ROW, "报考单位",
         shared_text_in(json_object_get(sheet->position, "unit"), "zh"));
    y += ROW;
    pair(page, LEFT, y, width, PHOTO_HEIGHT - 4 * ROW, "报考职位",
         position_name(r, sheet));

    return TABLE_TOP + PHOTO_HEIGHT;
}


/* ---- the place --------------------------------------------------------- */

static civic_str_t
room_name(civic_request_t *r, const ticket_sheet_t *sheet, json_t *site)
{
    civic_str_t  name = shared_text_in(json_object_get(
                               ticket_room(site, sheet->seat), "name"), "zh");

    return name.len == 0
           ? civic_print(r, "%03u", sheet->seat->room)
           : civic_print(r, "%03u（%.*s）", sheet->seat->room,
                         (int) name.len, name.data);
}


static double
place(civic_request_t *r, shared_document_t *page,
    const ticket_sheet_t *sheet, double y)
{
    json_t  *site = ticket_site(sheet->exam, sheet->seat);

    pair(page, LEFT, y, WIDTH, ROW, "考　　点",
         civic_print(r, "%s（%02u）",
                     shared_text_in(json_object_get(site, "name"), "zh").data,
                     sheet->seat->site));
    y += ROW;
    pair(page, LEFT, y, WIDTH, ROW, "考点地址",
         shared_text_in(json_object_get(site, "address"), "zh"));
    y += ROW;
    pair(page, LEFT, y, WIDTH / 2, ROW, "考 场 号",
         room_name(r, sheet, site));
    pair(page, LEFT + WIDTH / 2, y, WIDTH / 2, ROW, "座 位 号",
         civic_print(r, "%02u", sheet->seat->seat));

    return y + ROW;
}


/* ---- the timetable ----------------------------------------------------- */

/* "2026年3月14日" and "09:00—11:00" */
static void
when(civic_request_t *r, json_t *subject, civic_str_t *day,
    civic_str_t *hours)
{
    int   year = 0, month = 0, date = 0;
    char  from[CIVIC_CHINA_TIME_TEXT], until[CIVIC_CHINA_TIME_TEXT];

    civic_china_time_format(ticket_instant(subject, "from_ms"), from);
    civic_china_time_format(ticket_instant(subject, "until_ms"), until);
    (void) sscanf(from, "%d-%d-%d", &year, &month, &date);
    *day = civic_print(r, "%d年%d月%d日", year, month, date);
    *hours = civic_print(r, "%.5s—%.5s", from + 11, until + 11);
}


static const double  columns[] = { 90, 42, 38 };


static void
subject_row(shared_document_t *page, double y, const civic_str_t *texts,
    int is_head)
{
    size_t  i;
    double  x = LEFT;

    for (i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
        cell(page, is_head ? &label_text
                           : i > 0 ? &centred_text : &value_text,
             x, y, columns[i], SUBJECT_ROW, is_head ? SHADE : "#ffffff",
             texts[i]);
        x += columns[i];
    }
}


static double
timetable(civic_request_t *r, shared_document_t *page,
    const ticket_subjects_t *subjects, size_t first, size_t last, double y)
{
    size_t       i;
    civic_str_t  texts[] = { CIVIC_STR("科目"), CIVIC_STR("日期"),
                             CIVIC_STR("时间") };

    subject_row(page, y, texts, 1);
    y += SUBJECT_ROW;

    for (i = first; i < last; i++) {
        texts[0] = shared_text_in(json_object_get(subjects->subjects[i],
                                                  "name"), "zh");
        when(r, subjects->subjects[i], &texts[1], &texts[2]);
        subject_row(page, y, texts, 0);
        y += SUBJECT_ROW;
    }

    return y;
}


/* ---- instructions and code --------------------------------------------- */

static civic_str_t
numbered(civic_request_t *r, json_t *instructions)
{
    size_t       i;
    json_t      *one;
    civic_str_t  line, all = CIVIC_STR("");

    json_array_foreach(instructions, i, one) {
        line = shared_text_in(one, "zh");
        all = civic_print(r, "%.*s%s%zu. %.*s", (int) all.len, all.data,
                          i == 0 ? "" : "\n", i + 1, (int) line.len,
                          line.data);
    }

    return all;
}


static void
rest(civic_request_t *r, shared_document_t *page,
    const ticket_sheet_t *sheet, double y)
{
    double  x = RIGHT - CODE, width = WIDTH - CODE - GAP;

    shared_document_text(page, &(shared_document_text_t) {
        .x = LEFT, .y = y, .width = width, .size = 12, .bold = 1,
        .colour = INK, .lines = 1 }, CIVIC_STR("考生须知"));
    shared_document_text(page, &(shared_document_text_t) {
        .x = LEFT, .y = y + 8, .width = width, .height = BOTTOM - y - 8,
        .size = 9.5, .least = 5, .line_height = 1.5, .colour = INK },
        numbered(r, sheet->instructions));

    shared_document_picture(page, x, y, CODE, CODE, "image/png",
                            sheet->code);
    shared_document_text(page, &(shared_document_text_t) {
        .x = x, .y = y + CODE, .width = CODE, .size = 8.5, .colour = GREY,
        .align = SHARED_DOCUMENT_CENTRE, .lines = 2 },
        CIVIC_STR("入场时扫码核验\n请勿折叠或污损"));
}


/* ---- the sheet --------------------------------------------------------- */

/* More subjects than fit have a page of their own. */
static void
more_subjects(civic_request_t *r, shared_document_t *page,
    const ticket_sheet_t *sheet, size_t first)
{
    size_t  last;

    for ( /* void */ ; first < sheet->subjects->count; first = last) {
        last = first + 28;

        if (last > sheet->subjects->count) {
            last = sheet->subjects->count;
        }

        shared_document_page(page, SHARED_DOCUMENT_A4_WIDTH,
                             SHARED_DOCUMENT_A4_HEIGHT);
        head(page, sheet);
        (void) timetable(r, page, sheet->subjects, first, last, TABLE_TOP);
    }
}


shared_document_t *
ticket_layout(civic_request_t *r, const ticket_sheet_t *sheet)
{
    double              y;
    size_t              first = sheet->subjects->count;
    shared_document_t  *page;

    if (first > SUBJECTS) {
        first = SUBJECTS;
    }

    page = shared_document(r, CIVIC_STR("准考证"), "zh-CN");
    shared_document_page(page, SHARED_DOCUMENT_A4_WIDTH,
                         SHARED_DOCUMENT_A4_HEIGHT);
    head(page, sheet);
    y = person(r, page, sheet);
    y = place(r, page, sheet, y + GAP);
    y = timetable(r, page, sheet->subjects, 0, first, y + GAP);
    rest(r, page, sheet, y + 2 * GAP);
    more_subjects(r, page, sheet, first);

    return page;
}
