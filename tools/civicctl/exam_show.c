/*
 * exam_show.c - "civicctl exam list" and "civicctl exam show".
 */

#include <stdlib.h>
#include <string.h>

#include "ctl_exam.h"

#define LIST  "civic:{exams}"

typedef struct {
    char  *id;
    char  *text;
} row_t;

typedef struct {
    ctl_t   *ctl;
    row_t   *rows;
    size_t   count;
    size_t   room;
} rows_t;


/* The title in the reader's language. */
static const char *
title_of(const ctl_t *ctl, json_t *object)
{
    json_t      *title = json_object_get(object, "title");
    const char  *zh = json_string_value(json_object_get(title, "zh"));
    const char  *en = json_string_value(json_object_get(title, "en"));

    if (zh == NULL) {
        return "?";
    }

    return ctl->language == CIVIC_ZH || en == NULL ? zh : en;
}


static const char *
text_of(json_t *object, const char *name)
{
    const char  *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "?" : text;
}


void
ctl_exam_missing(ctl_t *ctl, const char *id, const ctl_exam_seen_t *seen)
{
    if (seen->revision == 0) {
        ctl_complain(ctl, "没有考试 \"%s\"；civicctl exam list 列出所有考试",
                     "there is no exam \"%s\"; civicctl exam list has all",
                     id);
        return;
    }

    ctl_complain(ctl, "考试 \"%s\" 在 Redis 中的数据已损坏，请重新载入其文件",
                 "what Redis has of exam \"%s\" is damaged: load its file "
                 "again", id);
}


/* ---- list -------------------------------------------------------------- */

/* "<revision> <listing>" */
static void
list_one(ctl_t *ctl, const char *id, const char *text)
{
    json_t      *listing, *window;
    const char  *space = strchr(text, ' ');

    listing = space == NULL ? NULL : json_loads(space + 1, 0, NULL);
    window = json_object_get(json_object_get(listing, "windows"),
                             "registration");

    (void) fprintf(ctl->out, "%s  %.*s  %s - %s  %s\n", id,
                   space == NULL ? 1 : (int) (space - text),
                   space == NULL ? "?" : text, text_of(window, "from"),
                   text_of(window, "until"), title_of(ctl, listing));
    json_decref(listing);
}


static int
compare(const void *a, const void *b)
{
    return strcmp(((const row_t *) a)->id, ((const row_t *) b)->id);
}


static int
no_memory(ctl_t *ctl)
{
    ctl_complain(ctl, "内存不足", "no memory");

    return -1;
}


static int
keep(void *data, const char *id, const char *text)
{
    row_t   *row, *more;
    rows_t  *rows = data;

    if (rows->count == rows->room) {
        more = realloc(rows->rows, (2 * rows->room + 64) * sizeof(row_t));

        if (more == NULL) {
            return no_memory(rows->ctl);
        }

        rows->rows = more;
        rows->room = 2 * rows->room + 64;
    }

    row = &rows->rows[rows->count++];
    row->id = strdup(id);
    row->text = strdup(text);

    return row->id == NULL || row->text == NULL ? no_memory(rows->ctl) : 0;
}


static void
let_go(rows_t *rows)
{
    size_t  i;

    for (i = 0; i < rows->count; i++) {
        free(rows->rows[i].id);
        free(rows->rows[i].text);
    }

    free(rows->rows);
}


/* By id: Redis has them in no order, and some twice. */
static void
list_all(ctl_t *ctl, const rows_t *rows)
{
    size_t        i;
    const row_t  *row;

    for (i = 0; i < rows->count; i++) {
        row = &rows->rows[i];

        if (i == 0 || strcmp(row[-1].id, row->id) != 0) {
            list_one(ctl, row->id, row->text);
        }
    }
}


int
ctl_exam_list(ctl_t *ctl, int argc, char **argv)
{
    int     rc;
    rows_t  rows = { .ctl = ctl };

    (void) argv;

    if (argc != 1) {
        return ctl_exam_usage(ctl, "list");
    }

    rc = ctl_conf(ctl) == NULL ? -1 : ctl_exam_rows(ctl, LIST, keep, &rows);

    if (rc == 0 && rows.count == 0) {
        ctl_say(ctl, "还没有考试；civicctl exam load 载入一个",
                "there is no exam yet; civicctl exam load brings one");

    } else if (rc == 0) {
        qsort(rows.rows, rows.count, sizeof(row_t), compare);
        list_all(ctl, &rows);
    }

    let_go(&rows);

    return rc == 0 ? CTL_FINE : CTL_PROBLEM;
}


/* ---- show -------------------------------------------------------------- */

static void
show_windows(ctl_t *ctl, json_t *windows)
{
    static const char *const  zh[] = { "报名", "审核", "缴费", "打印准考证" };

    int      i;
    json_t  *window;

    for (i = 0; i < CIVIC_EXAM_WINDOWS; i++) {
        window = json_object_get(windows, civic_exam_window_name(i));

        if (window != NULL) {
            ctl_say(ctl, "%s%.0s：%s - %s", "%.0s%s: %s - %s", zh[i],
                    civic_exam_window_name(i), text_of(window, "from"),
                    text_of(window, "until"));
        }
    }
}


static void
show(ctl_t *ctl, const ctl_exam_seen_t *seen)
{
    size_t       i, j, rooms = 0;
    json_t      *site, *room, *sites = json_object_get(seen->tree, "sites");
    long long    seats = 0, fen;
    const char  *profile;

    json_array_foreach(sites, i, site) {
        json_array_foreach(json_object_get(site, "rooms"), j, room) {
            seats += json_integer_value(json_object_get(room, "seats"));
            rooms++;
        }
    }

    fen = json_integer_value(json_object_get(json_object_get(seen->tree,
                                                             "fee"), "fen"));
    profile = json_string_value(json_object_get(seen->tree,
                                                "photo_profile"));

    ctl_say(ctl, "%s  %s，第 %lld 版", "%s  %s, revision %lld",
            text_of(seen->tree, "exam_id"), title_of(ctl, seen->tree),
            (long long) seen->revision);
    show_windows(ctl, json_object_get(seen->tree, "windows"));
    ctl_say(ctl, "费用：%lld.%02lld 元", "fee: %lld.%02lld yuan", fen / 100,
            fen % 100);
    ctl_say(ctl, "照片要求：%s", "photo profile: %s",
            profile == NULL ? "-" : profile);
    ctl_say(ctl, "职位：%zu；表单项：%zu；科目：%zu",
            "positions: %zu, fields of the form: %zu, subjects: %zu",
            json_array_size(json_object_get(seen->tree, "positions")),
            json_array_size(json_object_get(seen->tree, "form")),
            json_array_size(json_object_get(seen->tree, "subjects")));
    ctl_say(ctl, "考点：%zu；考场：%zu；座位：%lld",
            "sites: %zu, rooms: %zu, seats: %lld", json_array_size(sites),
            rooms, seats);
}


int
ctl_exam_show(ctl_t *ctl, int argc, char **argv)
{
    int              json;
    ctl_exam_seen_t  seen;

    json = argc == 3 && strcmp(argv[2], "--json") == 0;

    if (argc != 2 && !json) {
        return ctl_exam_usage(ctl, "show");
    }

    if (ctl_exam_check_id(ctl, argv[1]) != 0) {
        return CTL_USAGE;
    }

    if (ctl_conf(ctl) == NULL || ctl_exam_read(ctl, argv[1], 1, &seen) != 0) {
        return CTL_PROBLEM;
    }

    if (seen.tree == NULL) {
        ctl_exam_missing(ctl, argv[1], &seen);
        return CTL_PROBLEM;
    }

    if (json) {
        (void) json_dumpf(seen.tree, ctl->out, JSON_INDENT(2));
        (void) fputc('\n', ctl->out);

    } else {
        show(ctl, &seen);
    }

    json_decref(seen.tree);

    return CTL_FINE;
}
