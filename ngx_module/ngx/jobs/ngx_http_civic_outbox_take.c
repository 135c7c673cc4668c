/*
 * ngx_http_civic_outbox_take.c - what a job takes out of its outboxes.
 *
 * A look goes over those that are noted, over those of a slice of the others
 * that are not empty, so that each has its turn within a minute whatever became
 * of its note, and over all of the shard when an operator asks for the run.
 * The slice is those whose turn has come since the run before; further looks of
 * the same run go on from where one was full.  Everything goes over the bulk
 * lane, in pipelines of a bounded length, and what most outboxes answer
 * (nothing) costs the request no memory.
 */

#include "ngx_http_civic_outbox.h"


#define NGX_HTTP_CIVIC_OUTBOX_PIPELINE  128
#define NGX_HTTP_CIVIC_OUTBOX_MAX       256     /* entries */
#define NGX_HTTP_CIVIC_OUTBOX_LEAST     4       /* asked of each, at least */
#define NGX_HTTP_CIVIC_OUTBOX_WORDS     6       /* XRANGE key - + COUNT n */
#define NGX_HTTP_CIVIC_OUTBOX_DROP      256     /* notes in one call */
#define NGX_HTTP_CIVIC_OUTBOX_ARENA     (64 * 1024)
#define NGX_HTTP_CIVIC_OUTBOX_LIMIT     (16 * 1024 * 1024)


/* What is taken, as far as it is. */
typedef struct {
    ngx_http_civic_request_t  *request;
    civic_arena_t             *arena;       /* of one pipeline */
    civic_arena_t             *kept;        /* of the whole look */
    const char                *name;
    const civic_job_t         *job;
    unsigned                   mine;        /* outboxes of the shard */
    unsigned                   first;       /* place of the slice */
    unsigned                   slice;       /* how many */
    civic_str_t               *marks;       /* of notes, by place; NULL: it is
                                               not noted */
    civic_outbox_notes_t       filled;      /* of the slice, it seems */
    civic_outbox_notes_t       empty;       /* that are noted */
    civic_outbox_entry_t      *entries;
    size_t                     max;
    size_t                     count;
} ngx_http_civic_outbox_look_t;


static unsigned
ngx_http_civic_outbox_number(const ngx_http_civic_outbox_look_t *look,
    unsigned place)
{
    return civic_outbox_at(place, look->job->shard, look->job->shards,
                           ngx_http_civic_redis_is_cluster());
}


/* ---- entries ------------------------------------------------------------ */

/* For the request's life: the pipeline's memory goes. */

static civic_str_t
ngx_http_civic_outbox_keep(ngx_http_civic_outbox_look_t *look,
    civic_str_t text)
{
    char  *copy;

    copy = ngx_http_civic_alloc(&look->request->public, text.len + 1);
    ngx_memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';

    return (civic_str_t) { copy, text.len };
}


/* "1771400000000-0" [ "entry" value ] */

static ngx_uint_t
ngx_http_civic_outbox_entry(ngx_http_civic_outbox_look_t *look,
    const civic_value_t *item, civic_str_t outbox)
{
    const civic_value_t   *fields;
    civic_outbox_entry_t  *entry = &look->entries[look->count];

    if (item->type != CIVIC_VALUE_ARRAY || item->count != 2
        || item->items[0].type != CIVIC_VALUE_STRING
        || item->items[1].type != CIVIC_VALUE_ARRAY
        || item->items[1].count < 2)
    {
        return 0;
    }

    fields = item->items[1].items;

    entry->outbox = outbox;
    entry->id = ngx_http_civic_outbox_keep(look, item->items[0].str);
    entry->value = ngx_http_civic_outbox_keep(look, fields[1].str);
    entry->at = (civic_msec_t) strtoll(entry->id.data, NULL, 10);

    return 1;
}


/* Adds what one answer has; how many there were in it. */

static size_t
ngx_http_civic_outbox_add(ngx_http_civic_outbox_look_t *look,
    const ngx_http_civic_redis_call_t *call)
{
    size_t                i;
    civic_str_t           outbox;
    const civic_value_t  *value = call->value;

    if (call->result != CIVIC_OK || value->type != CIVIC_VALUE_ARRAY
        || value->count == 0)
    {
        return 0;
    }

    outbox = ngx_http_civic_outbox_keep(look, call->argv[1]);

    for (i = 0; i < value->count && look->count < look->max; i++) {
        look->count += ngx_http_civic_outbox_entry(look, &value->items[i],
                                                   outbox);
    }

    return value->count;
}


/* 0, or -1: no memory. */

static ngx_int_t
ngx_http_civic_outbox_ask(ngx_http_civic_outbox_look_t *look,
    ngx_http_civic_redis_call_t *call, civic_str_t outbox, civic_str_t from,
    size_t count)
{
    civic_str_t  *argv;

    argv = civic_arena_alloc(look->arena, NGX_HTTP_CIVIC_OUTBOX_WORDS
                                          * sizeof(civic_str_t));
    if (argv == NULL) {
        return NGX_ERROR;
    }

    argv[0] = CIVIC_STR("XRANGE");
    argv[1] = outbox;
    argv[2] = from;
    argv[3] = CIVIC_STR("+");
    argv[4] = CIVIC_STR("COUNT");
    argv[5] = civic_arena_print(look->arena, "%zu", count);

    ngx_memzero(call, sizeof(ngx_http_civic_redis_call_t));

    call->arena = look->arena;
    call->argv = argv;
    call->argc = NGX_HTTP_CIVIC_OUTBOX_WORDS;
    call->lane = NGX_HTTP_CIVIC_LANE_BULK;

    return argv[5].data == NULL ? NGX_ERROR : NGX_OK;
}


/* An outbox that has more than it was first asked for: all that fits. */

static civic_result_t
ngx_http_civic_outbox_rest(ngx_http_civic_outbox_look_t *look,
    const ngx_http_civic_redis_call_t *first)
{
    civic_str_t                   after;
    civic_result_t                rc;
    const civic_value_t          *last;
    ngx_http_civic_redis_call_t   call;

    last = &first->value->items[first->value->count - 1];

    if (last->type != CIVIC_VALUE_ARRAY || last->count == 0) {
        return CIVIC_OK;
    }

    after = civic_arena_print(look->arena, "(%s", last->items[0].str.data);

    if (after.data == NULL
        || ngx_http_civic_outbox_ask(look, &call, first->argv[1], after,
                                     look->max - look->count)
           != NGX_OK)
    {
        return CIVIC_BUSY;
    }

    rc = ngx_http_civic_trip(look->request, &call, 1);

    if (rc == CIVIC_OK) {
        (void) ngx_http_civic_outbox_add(look, &call);
    }

    return rc;
}


/* The questions to outboxes at some places; NULL: no memory. */

static ngx_http_civic_redis_call_t *
ngx_http_civic_outbox_questions(ngx_http_civic_outbox_look_t *look,
    const unsigned *places, size_t count, size_t each)
{
    char                         *key;
    size_t                        i, len;
    ngx_http_civic_redis_call_t  *calls;

    calls = civic_arena_alloc(look->arena, count * sizeof(*calls));

    for (i = 0; calls != NULL && i < count; i++) {
        key = civic_arena_alloc(look->arena, CIVIC_OUTBOX_KEY);
        if (key == NULL) {
            return NULL;
        }

        len = civic_outbox_key(look->name,
                               ngx_http_civic_outbox_number(look, places[i]),
                               key);

        if (ngx_http_civic_outbox_ask(look, &calls[i],
                                      (civic_str_t) { key, len },
                                      CIVIC_STR("-"), each)
            != NGX_OK)
        {
            return NULL;
        }
    }

    return calls;
}


/* What was found at a place.  Something that nobody has noted is noted now:
   it may not be done before the next look. */

static void
ngx_http_civic_outbox_found(ngx_http_civic_outbox_look_t *look,
    unsigned place, size_t count)
{
    unsigned  number = ngx_http_civic_outbox_number(look, place);

    if (count > 0 && look->marks[place].data == NULL) {
        ngx_http_civic_outbox_note(look->name, number);

    } else if (count == 0 && look->marks[place].data != NULL) {
        civic_outbox_notes_add(&look->empty, number);
    }
}


/* One trip. */

static civic_result_t
ngx_http_civic_outbox_look(ngx_http_civic_outbox_look_t *look,
    const unsigned *places, size_t count, civic_result_t *failed)
{
    size_t                        i, each, found;
    civic_result_t                rc;
    ngx_http_civic_redis_call_t  *calls;

    each = ngx_max((look->max - look->count + count - 1) / count,
                   NGX_HTTP_CIVIC_OUTBOX_LEAST);

    calls = ngx_http_civic_outbox_questions(look, places, count, each);
    if (calls == NULL) {
        return CIVIC_BUSY;
    }

    rc = ngx_http_civic_trip(look->request, calls, count);

    for (i = 0; rc == CIVIC_OK && i < count; i++) {

        if (calls[i].result != CIVIC_OK
            || calls[i].value->type == CIVIC_VALUE_ERROR)
        {
            *failed = calls[i].result == CIVIC_OK ? CIVIC_ERROR
                                                  : calls[i].result;
            continue;
        }

        found = ngx_http_civic_outbox_add(look, &calls[i]);
        ngx_http_civic_outbox_found(look, places[i], found);

        if (found == each && look->count < look->max) {
            rc = ngx_http_civic_outbox_rest(look, &calls[i]);
        }
    }

    return rc;
}


/* ---- notes -------------------------------------------------------------- */

/* [ number mark ... ]; some are of other shards. */

static void
ngx_http_civic_outbox_learn(ngx_http_civic_outbox_look_t *look,
    const civic_value_t *value)
{
    size_t     i;
    unsigned   shard = look->job->shard, shards = look->job->shards;
    ngx_int_t  number;

    for (i = 0; i + 1 < value->count; i += 2) {
        number = ngx_atoi((u_char *) value->items[i].str.data,
                          value->items[i].str.len);

        if (number >= 0 && number % shards == shard
            && number / shards < look->mine)
        {
            look->marks[number / shards] = value->items[i + 1].str;
        }
    }
}


/* Of all groups in which the shard has outboxes.  What cannot be read is made
   up for by the slice. */

static civic_result_t
ngx_http_civic_outbox_read_notes(ngx_http_civic_outbox_look_t *look)
{
    char                         *key;
    size_t                        n = 0;
    unsigned                      group, step;
    civic_str_t                  *argv;
    civic_result_t                rc;
    ngx_http_civic_redis_call_t   calls[CIVIC_OUTBOX_GROUPS];

    ngx_memzero(calls, sizeof(calls));
    step = ngx_min(look->job->shards, CIVIC_OUTBOX_GROUPS);

    for (group = look->job->shard % step; group < CIVIC_OUTBOX_GROUPS;
         group += step)
    {
        key = civic_arena_alloc(look->kept, CIVIC_OUTBOX_NOTES);
        argv = civic_arena_alloc(look->kept, 2 * sizeof(civic_str_t));
        if (key == NULL || argv == NULL) {
            return CIVIC_BUSY;
        }

        argv[0] = CIVIC_STR("HGETALL");
        argv[1].data = key;
        argv[1].len = civic_outbox_notes_key(look->name, group, key);

        calls[n].arena = look->kept;
        calls[n].argv = argv;
        calls[n].argc = 2;
        calls[n++].lane = NGX_HTTP_CIVIC_LANE_BULK;
    }

    rc = ngx_http_civic_trip(look->request, calls, n);

    while (rc == CIVIC_OK && n-- > 0) {
        if (calls[n].result == CIVIC_OK
            && calls[n].value->type == CIVIC_VALUE_ARRAY)
        {
            ngx_http_civic_outbox_learn(look, calls[n].value);
        }
    }

    return rc;
}


/* Drops notes that led to nothing, of one group.  What Redis does not take
   leads to another look. */

static civic_result_t
ngx_http_civic_outbox_drop(ngx_http_civic_outbox_look_t *look,
    unsigned group, const unsigned *numbers, size_t count)
{
    char                         *key;
    size_t                        i;
    civic_str_t                  *argv;
    ngx_http_civic_redis_call_t   call;

    key = civic_arena_alloc(look->kept, CIVIC_OUTBOX_NOTES);
    argv = civic_arena_alloc(look->kept, (1 + 2 * count)
                                         * sizeof(civic_str_t));
    if (key == NULL || argv == NULL) {
        return CIVIC_BUSY;
    }

    argv[0].data = key;
    argv[0].len = civic_outbox_notes_key(look->name, group, key);

    for (i = 0; i < count; i++) {
        argv[1 + 2 * i] = civic_arena_print(look->kept, "%u", numbers[i]);
        argv[2 + 2 * i] = look->marks[numbers[i] / look->job->shards];
    }

    ngx_memzero(&call, sizeof(ngx_http_civic_redis_call_t));

    call.arena = look->kept;
    call.script = ngx_http_civic_worker.conf->outbox_looked;
    call.argv = argv;
    call.argc = 1 + 2 * count;
    call.nkeys = 1;
    call.writes = 1;
    call.lane = NGX_HTTP_CIVIC_LANE_BULK;

    return ngx_http_civic_trip(look->request, &call, 1);
}


static civic_result_t
ngx_http_civic_outbox_drop_notes(ngx_http_civic_outbox_look_t *look)
{
    size_t          n;
    unsigned        group, numbers[NGX_HTTP_CIVIC_OUTBOX_DROP];
    civic_result_t  rc = CIVIC_OK;

    while (rc == CIVIC_OK) {
        n = civic_outbox_notes_take(&look->empty, numbers,
                                    NGX_HTTP_CIVIC_OUTBOX_DROP, &group);
        if (n == 0) {
            break;
        }

        rc = ngx_http_civic_outbox_drop(look, group, numbers, n);
    }

    return rc;
}


/* ---- the slice ---------------------------------------------------------- */

/* The next places of it that nobody noted: how many. */

static size_t
ngx_http_civic_outbox_unnoted(const ngx_http_civic_outbox_look_t *look,
    unsigned *i, unsigned *numbers)
{
    size_t    n = 0;
    unsigned  place;

    for ( ; *i < look->slice && n < NGX_HTTP_CIVIC_OUTBOX_MANY; (*i)++) {
        place = (look->first + *i) % look->mine;

        if (look->marks[place].data == NULL) {
            numbers[n++] = ngx_http_civic_outbox_number(look, place);
        }
    }

    return n;
}


static civic_result_t
ngx_http_civic_outbox_read_slice(ngx_http_civic_outbox_look_t *look)
{
    size_t          n;
    unsigned        i = 0, numbers[NGX_HTTP_CIVIC_OUTBOX_MANY];
    civic_result_t  rc = CIVIC_OK;

    while (rc == CIVIC_OK) {
        n = ngx_http_civic_outbox_unnoted(look, &i, numbers);
        if (n == 0) {
            break;
        }

        civic_arena_reset(look->arena);
        rc = ngx_http_civic_outbox_filled(look->request, look->arena,
                                          look->name, numbers, n,
                                          &look->filled);
    }

    return rc;
}


/* ---- a look ------------------------------------------------------------- */

/* Whether it is looked at a place. */

static ngx_uint_t
ngx_http_civic_outbox_due(const ngx_http_civic_outbox_look_t *look,
    unsigned place)
{
    return look->request->asked || look->marks[place].data != NULL
           || civic_outbox_notes_has(&look->filled,
                                     ngx_http_civic_outbox_number(look,
                                                                  place));
}


/* The next places, from the i-th of a round on: how many. */

static size_t
ngx_http_civic_outbox_places(const ngx_http_civic_outbox_look_t *look,
    unsigned start, unsigned *i, unsigned *places)
{
    size_t    n = 0;
    unsigned  place;

    for ( ; *i < look->mine && n < NGX_HTTP_CIVIC_OUTBOX_PIPELINE; (*i)++) {
        place = (start + *i) % look->mine;

        if (ngx_http_civic_outbox_due(look, place)) {
            places[n++] = place;
        }
    }

    return n;
}


/* Once round, from where the last look of this run was full, or from the
   slice on. */

static civic_result_t
ngx_http_civic_outbox_walk(ngx_http_civic_outbox_look_t *look)
{
    size_t                     n;
    unsigned                   i = 0, start;
    unsigned                   places[NGX_HTTP_CIVIC_OUTBOX_PIPELINE];
    civic_result_t             rc, failed = CIVIC_OK;
    ngx_http_civic_request_t  *cr = look->request;

    start = cr->outbox_began ? cr->outbox_place : look->first;

    cr->outbox_began = 1;
    cr->outbox_place = start;

    while (look->count < look->max) {
        n = ngx_http_civic_outbox_places(look, start, &i, places);
        if (n == 0) {
            cr->outbox_place = start;
            break;
        }

        /* if it gets full: the next look begins with those that had more */
        cr->outbox_place = places[0];
        civic_arena_reset(look->arena);

        rc = ngx_http_civic_outbox_look(look, places, n, &failed);
        if (rc != CIVIC_OK) {
            return rc;
        }
    }

    rc = ngx_http_civic_outbox_drop_notes(look);

    return rc == CIVIC_OK && look->count == 0 ? failed : rc;
}


static civic_result_t
ngx_http_civic_outbox_begin(ngx_http_civic_outbox_look_t *look)
{
    size_t          size;
    ngx_uint_t      cluster = ngx_http_civic_redis_is_cluster();
    unsigned        shards = look->job->shards;
    civic_result_t  rc;

    look->mine = civic_outbox_count(cluster) / shards;
    look->slice = civic_outbox_slice(look->request->taken_at,
                                     look->request->since, shards, cluster,
                                     &look->first);

    size = look->mine * sizeof(civic_str_t);
    look->marks = civic_arena_zalloc(look->kept, size);
    if (look->marks == NULL) {
        return CIVIC_BUSY;
    }

    rc = ngx_http_civic_outbox_read_notes(look);

    if (rc == CIVIC_OK && !look->request->asked) {
        rc = ngx_http_civic_outbox_read_slice(look);
    }

    return rc == CIVIC_OK ? ngx_http_civic_outbox_walk(look) : rc;
}


/*
 * Of an outbox by its full name.  A node that is down keeps its entries; what
 * the others have is taken.
 */

civic_result_t
ngx_http_civic_outbox_take_named(ngx_http_civic_request_t *cr,
    const char *name, const civic_job_t *job, civic_outbox_entry_t *entries,
    size_t max, size_t *count)
{
    civic_result_t                rc;
    ngx_http_civic_outbox_look_t  look;

    *count = 0;

    ngx_memzero(&look, sizeof(ngx_http_civic_outbox_look_t));

    look.request = cr;
    look.name = name;
    look.job = job;
    look.entries = entries;
    look.max = max;

    look.arena = civic_arena_create(NGX_HTTP_CIVIC_OUTBOX_ARENA,
                                    NGX_HTTP_CIVIC_OUTBOX_LIMIT);
    look.kept = civic_arena_create(NGX_HTTP_CIVIC_OUTBOX_ARENA,
                                   NGX_HTTP_CIVIC_OUTBOX_LIMIT);

    rc = look.arena == NULL || look.kept == NULL
         ? CIVIC_BUSY : ngx_http_civic_outbox_begin(&look);

    civic_arena_destroy(look.arena);
    civic_arena_destroy(look.kept);

    if (rc == CIVIC_OK) {
        *count = look.count;
        cr->outbox_looked = 1;
        cr->outbox_found |= look.count > 0;
    }

    return rc;
}


civic_result_t
ngx_http_civic_outbox_take(civic_request_t *r, const char *name,
    const civic_job_t *job, civic_outbox_entry_t *entries, size_t max,
    size_t *count)
{
    const char                *full;
    ngx_http_civic_request_t  *cr = ngx_http_civic_cast(r);

    *count = 0;

    if (ngx_http_civic_is_over(r)) {
        return CIVIC_ABORTED;
    }

    full = ngx_http_civic_outbox_name(cr, name);
    if (full == NULL) {
        return CIVIC_ERROR;
    }

    if (!civic_outbox_shards_valid(job->shards) || job->shard >= job->shards
        || max < 1 || max > NGX_HTTP_CIVIC_OUTBOX_MAX)
    {
        civic_log(r, CIVIC_LOG_ERROR, "the outbox \"%s\" cannot be taken "
                  "from in %u shards, %zu entries at once", full, job->shards,
                  max);
        return CIVIC_ERROR;
    }

    return ngx_http_civic_outbox_take_named(cr, full, job, entries, max,
                                            count);
}
