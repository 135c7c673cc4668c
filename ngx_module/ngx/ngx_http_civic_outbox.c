/*
 * ngx_http_civic_outbox.c - work that must not be lost: queues that a script
 * can reach from any slot, and that jobs empty.
 *
 * A Cluster has 16,384 of each, so one look goes over a part of a shard's:
 * where it begins follows from the job's fencing number, which rises with
 * every run, and further looks of the same run go on from there.  Everything
 * goes over the bulk lane, in pipelines of a bounded length, and what most of
 * them answer (nothing) costs the request no memory.
 */

#include "ngx_http_civic.h"
#include "outbox.h"


#define NGX_HTTP_CIVIC_OUTBOX_WINDOW    1024    /* outboxes in one look */
#define NGX_HTTP_CIVIC_OUTBOX_PIPELINE  128
#define NGX_HTTP_CIVIC_OUTBOX_MAX       256     /* entries */
#define NGX_HTTP_CIVIC_OUTBOX_LEAST     4       /* asked of each, at least */
#define NGX_HTTP_CIVIC_OUTBOX_WORDS     6       /* XRANGE key - + COUNT n */
#define NGX_HTTP_CIVIC_OUTBOX_ARENA     (64 * 1024)
#define NGX_HTTP_CIVIC_OUTBOX_LIMIT     (16 * 1024 * 1024)


/* What is taken, as far as it is. */
typedef struct {
    ngx_http_civic_request_t  *request;
    civic_arena_t             *arena;       /* of one pipeline */
    const char                *name;
    const civic_job_t         *job;
    civic_outbox_entry_t      *entries;
    size_t                     max;
    size_t                     count;
} ngx_http_civic_outbox_look_t;


char *
ngx_http_civic_outbox_init(ngx_conf_t *cf, ngx_http_civic_main_conf_t *cmcf)
{
    /* made now, so that no worker has to */
    (void) civic_outbox_tag(0);

    cmcf->outbox_done = ngx_http_civic_load_script(cf, cmcf, "outbox_done");

    return cmcf->outbox_done == NULL ? NGX_CONF_ERROR : NGX_CONF_OK;
}


civic_str_t
ngx_http_civic_outbox_near(ngx_http_civic_request_t *cr, const char *name,
    civic_str_t near)
{
    char         *key;
    unsigned      number;
    civic_str_t   outbox;

    key = ngx_http_civic_alloc(&cr->public, CIVIC_OUTBOX_KEY);
    number = civic_outbox_number(near, ngx_http_civic_redis_is_cluster());

    outbox.len = civic_outbox_key(name, number, key);
    outbox.data = key;

    return outbox;
}


/* "<plugin>.<name>", or NULL: it is in no table, logged. */

static const char *
ngx_http_civic_outbox_name(ngx_http_civic_request_t *cr, const char *name)
{
    ngx_uint_t                i;
    civic_outbox_def_t        def;
    ngx_http_civic_plugin_t  *plugin = cr->plugin;

    for (i = 0; i < plugin->table->outboxes.count; i++) {
        civic_table_get(&plugin->table->outboxes, i, &def, sizeof(def));

        if (ngx_strcmp(def.name, name) == 0) {
            return civic_print(&cr->public, "%s.%s",
                               (char *) plugin->name.data, name).data;
        }
    }

    civic_log(&cr->public, CIVIC_LOG_ERROR, "plugin \"%s\" uses the outbox "
              "\"%s\", which is not in its tables", plugin->name.data, name);

    return NULL;
}


civic_str_t
ngx_http_civic_outbox(civic_request_t *r, const char *name, civic_str_t near)
{
    const char                *full;
    ngx_http_civic_request_t  *cr = ngx_http_civic_cast(r);

    full = ngx_http_civic_outbox_name(cr, name);

    /* no key: Redis refuses the script */
    return full == NULL ? CIVIC_STR("")
                        : ngx_http_civic_outbox_near(cr, full, near);
}


/* ---- taking ------------------------------------------------------------- */

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


/* The questions to so many outboxes from a place on; NULL: no memory. */

static ngx_http_civic_redis_call_t *
ngx_http_civic_outbox_questions(ngx_http_civic_outbox_look_t *look,
    uint64_t place, size_t count, size_t each)
{
    char                         *key;
    size_t                        i, len;
    unsigned                      number;
    ngx_http_civic_redis_call_t  *calls;

    calls = civic_arena_alloc(look->arena, count * sizeof(*calls));

    for (i = 0; calls != NULL && i < count; i++) {
        key = civic_arena_alloc(look->arena, CIVIC_OUTBOX_KEY);
        if (key == NULL) {
            return NULL;
        }

        number = civic_outbox_at(place + i, look->job->shard,
                                 look->job->shards,
                                 ngx_http_civic_redis_is_cluster());
        len = civic_outbox_key(look->name, number, key);

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


/* One trip. */

static civic_result_t
ngx_http_civic_outbox_look(ngx_http_civic_outbox_look_t *look, uint64_t place,
    size_t count, civic_result_t *failed)
{
    size_t                        i, each;
    civic_result_t                rc;
    ngx_http_civic_redis_call_t  *calls;

    each = ngx_max((look->max - look->count + count - 1) / count,
                   NGX_HTTP_CIVIC_OUTBOX_LEAST);

    calls = ngx_http_civic_outbox_questions(look, place, count, each);
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

        if (ngx_http_civic_outbox_add(look, &calls[i]) == each
            && look->count < look->max)
        {
            rc = ngx_http_civic_outbox_rest(look, &calls[i]);
        }
    }

    return rc;
}


/* From where the last look of this run has ended, or from where the fencing
   number says. */

static civic_result_t
ngx_http_civic_outbox_window(ngx_http_civic_outbox_look_t *look)
{
    size_t                     n, looked, mine, window;
    uint64_t                   place;
    civic_result_t             rc, failed = CIVIC_OK;
    ngx_http_civic_request_t  *cr = look->request;

    mine = civic_outbox_count(ngx_http_civic_redis_is_cluster())
           / look->job->shards;
    window = ngx_min(mine, NGX_HTTP_CIVIC_OUTBOX_WINDOW);

    if (!cr->outbox_began) {
        cr->outbox_began = 1;
        cr->outbox_place = look->job->fence * (mine > window ? window : 1);
    }

    place = cr->outbox_place;

    for (looked = 0; looked < window && look->count < look->max; looked += n)
    {
        n = ngx_min(window - looked, NGX_HTTP_CIVIC_OUTBOX_PIPELINE);
        cr->outbox_place = place + looked;

        civic_arena_reset(look->arena);

        rc = ngx_http_civic_outbox_look(look, place + looked, n, &failed);
        if (rc != CIVIC_OK) {
            return rc;
        }
    }

    /* full: the next look begins with those that had more */
    if (look->count < look->max) {
        cr->outbox_place = place + looked;
    }

    return look->count == 0 ? failed : CIVIC_OK;
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

    look.request = cr;
    look.name = name;
    look.job = job;
    look.entries = entries;
    look.max = max;
    look.count = 0;

    look.arena = civic_arena_create(NGX_HTTP_CIVIC_OUTBOX_ARENA,
                                    NGX_HTTP_CIVIC_OUTBOX_LIMIT);
    if (look.arena == NULL) {
        return CIVIC_BUSY;
    }

    rc = ngx_http_civic_outbox_window(&look);
    civic_arena_destroy(look.arena);

    if (rc == CIVIC_OK) {
        *count = look.count;
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


/* ---- done --------------------------------------------------------------- */

/* The entries that stand in the same outbox as the first. */

static size_t
ngx_http_civic_outbox_same(const civic_outbox_entry_t *entries, size_t count)
{
    size_t  n = 1;

    while (n < count && civic_str_eq(entries[n].outbox, entries[0].outbox)) {
        n++;
    }

    return n;
}


static void
ngx_http_civic_outbox_delete(ngx_http_civic_request_t *cr,
    ngx_http_civic_redis_call_t *call, const civic_outbox_entry_t *entries,
    size_t count)
{
    size_t        i;
    civic_str_t  *argv;

    argv = ngx_http_civic_alloc(&cr->public,
                                (count + 1) * sizeof(civic_str_t));
    argv[0] = entries[0].outbox;

    for (i = 0; i < count; i++) {
        argv[i + 1] = entries[i].id;
    }

    ngx_memzero(call, sizeof(ngx_http_civic_redis_call_t));

    call->script = ngx_http_civic_worker.conf->outbox_done;
    call->argv = argv;
    call->argc = count + 1;
    call->nkeys = 1;
    call->writes = 1;
    call->lane = NGX_HTTP_CIVIC_LANE_BULK;
}


civic_result_t
ngx_http_civic_outbox_done(civic_request_t *r,
    const civic_outbox_entry_t *entries, size_t count)
{
    size_t                        i, n, ncalls = 0;
    civic_result_t                rc;
    ngx_http_civic_request_t     *cr = ngx_http_civic_cast(r);
    ngx_http_civic_redis_call_t  *calls;

    if (ngx_http_civic_is_over(r)) {
        return CIVIC_ABORTED;
    }

    if (count == 0) {
        return CIVIC_OK;
    }

    calls = ngx_http_civic_alloc(r, count * sizeof(*calls));

    for (i = 0; i < count; i += n) {
        n = ngx_http_civic_outbox_same(&entries[i], count - i);
        ngx_http_civic_outbox_delete(cr, &calls[ncalls++], &entries[i], n);
    }

    cr->committed = 1;

    rc = ngx_http_civic_trip(cr, calls, ncalls);

    for (i = 0; rc == CIVIC_OK && i < ncalls; i++) {
        rc = calls[i].result == CIVIC_OK
             && calls[i].value->type == CIVIC_VALUE_ERROR ? CIVIC_ERROR
                                                          : calls[i].result;
    }

    return rc;
}
