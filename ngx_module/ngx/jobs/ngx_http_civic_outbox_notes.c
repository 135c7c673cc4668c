/*
 * ngx_http_civic_outbox_notes.c - tells jobs which outboxes have something.
 *
 * A worker notes the outboxes that its scripts wrote into, a bit for each, and
 * five times a second tells Redis of all at once.  What Redis did not take is
 * told again until it does.  A note that is lost all the same costs its entry
 * a minute: a job looks at every outbox about that often.
 *
 * What is told has a mark that nothing else has.  A job that found the outbox
 * empty drops the note it had read, by its mark, and never a newer one.
 */

#include "ngx_http_civic.h"
#include "ngx_http_civic_audit.h"
#include "outbox.h"

#include <openssl/rand.h>


#define NGX_HTTP_CIVIC_NOTES_TELL   200     /* ms after the first */
#define NGX_HTTP_CIVIC_NOTES_AGAIN  1000    /* ms after Redis failed */
#define NGX_HTTP_CIVIC_NOTES_MOST   512     /* in one call */
#define NGX_HTTP_CIVIC_NOTES_WORDS  (2 + NGX_HTTP_CIVIC_NOTES_MOST)


/* The outboxes of a name. */
typedef struct {
    const char                   *name;     /* "civic.pushes" */
    ngx_uint_t                    waiting;  /* notes has some */
    civic_outbox_notes_t          notes;
    civic_outbox_notes_t          telling;  /* those of this round */
} ngx_http_civic_noted_t;


/* Of a worker. */
typedef struct {
    ngx_http_civic_noted_t       *names;
    ngx_uint_t                    count;
    ngx_uint_t                    at;       /* whose notes are told */
    ngx_event_t                   timer;    /* runs while there is anything */
    ngx_http_civic_redis_call_t   call;
    civic_arena_t                *arena;
    ngx_uint_t                    busy;
    civic_str_t                   argv[NGX_HTTP_CIVIC_NOTES_WORDS];
    unsigned                      numbers[NGX_HTTP_CIVIC_NOTES_MOST];
    size_t                        told;     /* numbers of the call */
    uint32_t                      salt;
    uint64_t                      calls;
} ngx_http_civic_notes_t;


static void ngx_http_civic_notes_round(ngx_event_t *ev);
static void ngx_http_civic_notes_answered(ngx_http_civic_redis_call_t *call);

static ngx_http_civic_notes_t  ngx_http_civic_notes;


/* ---- a worker begins ---------------------------------------------------- */

static ngx_int_t
ngx_http_civic_notes_add_plugin(ngx_cycle_t *cycle,
    ngx_http_civic_plugin_t *plugin)
{
    size_t                   size;
    ngx_uint_t               i;
    civic_outbox_def_t       def;
    ngx_http_civic_notes_t  *w = &ngx_http_civic_notes;
    u_char                  *name;

    for (i = 0; i < plugin->table->outboxes.count; i++) {
        civic_table_get(&plugin->table->outboxes, i, &def, sizeof(def));

        size = plugin->name.len + ngx_strlen(def.name) + sizeof(".");
        name = ngx_pnalloc(cycle->pool, size);
        if (name == NULL) {
            return NGX_ERROR;
        }

        *ngx_sprintf(name, "%V.%s", &plugin->name, def.name) = '\0';
        w->names[w->count++].name = (char *) name;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_civic_notes_names(ngx_cycle_t *cycle,
    ngx_http_civic_main_conf_t *cmcf)
{
    ngx_uint_t                 i, n = 1;
    ngx_http_civic_notes_t    *w = &ngx_http_civic_notes;
    ngx_http_civic_plugin_t  **plugin = cmcf->plugins.elts;

    for (i = 0; i < cmcf->plugins.nelts; i++) {
        n += plugin[i]->table->outboxes.count;
    }

    w->names = ngx_pcalloc(cycle->pool, n * sizeof(ngx_http_civic_noted_t));
    if (w->names == NULL) {
        return NGX_ERROR;
    }

    w->names[w->count++].name = CIVIC_AUDIT_OUTBOX;

    for (i = 0; i < cmcf->plugins.nelts; i++) {
        if (ngx_http_civic_notes_add_plugin(cycle, plugin[i]) != NGX_OK) {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_civic_outbox_notes_start(ngx_cycle_t *cycle,
    ngx_http_civic_main_conf_t *cmcf)
{
    ngx_http_civic_notes_t  *w = &ngx_http_civic_notes;

    w->arena = civic_arena_create(16384, 131072);

    if (w->arena == NULL
        || RAND_bytes((u_char *) &w->salt, sizeof(w->salt)) != 1
        || ngx_http_civic_notes_names(cycle, cmcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_civic_timer_init(&w->timer, ngx_http_civic_notes_round,
                              NGX_HTTP_CIVIC_TIMER_KEEPS);

    return NGX_OK;
}


/* ---- noting ------------------------------------------------------------- */

static void
ngx_http_civic_notes_add(civic_str_t name, unsigned number)
{
    ngx_uint_t               i;
    ngx_http_civic_noted_t  *noted;
    ngx_http_civic_notes_t  *w = &ngx_http_civic_notes;

    for (i = 0; i < w->count; i++) {
        noted = &w->names[i];

        if (!civic_str_eq(name, civic_cstr(noted->name))) {
            continue;
        }

        noted->waiting = 1;
        civic_outbox_notes_add(&noted->notes, number);

        if (!w->timer.timer_set) {
            ngx_add_timer(&w->timer, NGX_HTTP_CIVIC_NOTES_TELL);
        }

        return;
    }
}


void
ngx_http_civic_outbox_note(const char *name, unsigned number)
{
    ngx_http_civic_notes_add(civic_cstr(name), number);
}


void
ngx_http_civic_outbox_written(const civic_str_t *keys, size_t nkeys)
{
    size_t       i;
    unsigned     number;
    civic_str_t  name;

    for (i = 0; i < nkeys; i++) {
        if (civic_outbox_parse(keys[i], ngx_http_civic_redis_is_cluster(),
                               &name, &number)
            == 0)
        {
            ngx_http_civic_notes_add(name, number);
        }
    }
}


/* ---- telling ------------------------------------------------------------ */

/* 0, or -1: no memory. */

static ngx_int_t
ngx_http_civic_notes_prepare(ngx_http_civic_notes_t *w, const char *name,
    unsigned group)
{
    char    *key;
    size_t   i;

    civic_arena_reset(w->arena);

    key = civic_arena_alloc(w->arena, CIVIC_OUTBOX_NOTES);
    if (key == NULL) {
        return NGX_ERROR;
    }

    w->argv[0].data = key;
    w->argv[0].len = civic_outbox_notes_key(name, group, key);
    w->argv[1] = civic_arena_print(w->arena, "%08x-%llu", w->salt,
                                   (unsigned long long) w->calls++);

    for (i = 0; i < w->told; i++) {
        w->argv[2 + i] = civic_arena_print(w->arena, "%u", w->numbers[i]);
    }

    ngx_memzero(&w->call, sizeof(ngx_http_civic_redis_call_t));

    w->call.arena = w->arena;
    w->call.script = ngx_http_civic_worker.conf->outbox_note;
    w->call.argv = w->argv;
    w->call.argc = 2 + w->told;
    w->call.nkeys = 1;
    w->call.writes = 1;
    w->call.lane = NGX_HTTP_CIVIC_LANE_BULK;
    w->call.done = ngx_http_civic_notes_answered;

    /* the last of them: whoever came before it has its memory, too */
    return w->argv[1 + w->told].data == NULL ? NGX_ERROR : NGX_OK;
}


/* Not now: tried again, but no reason for a worker to stay that is told to
   quit. */

static void
ngx_http_civic_notes_keep(ngx_http_civic_notes_t *w)
{
    size_t  i;

    for (i = 0; i < w->told; i++) {
        civic_outbox_notes_add(&w->names[w->at].telling, w->numbers[i]);
    }

    w->timer.cancelable = 1;
    ngx_add_timer(&w->timer, NGX_HTTP_CIVIC_NOTES_AGAIN);
}


/* The next call of a round. */

static void
ngx_http_civic_notes_tell(ngx_http_civic_notes_t *w)
{
    unsigned                 group;
    ngx_http_civic_noted_t  *noted;

    for ( ; w->at < w->count; w->at++) {
        noted = &w->names[w->at];

        w->told = civic_outbox_notes_take(&noted->telling, w->numbers,
                                          NGX_HTTP_CIVIC_NOTES_MOST, &group);
        if (w->told == 0) {
            continue;
        }

        if (ngx_http_civic_notes_prepare(w, noted->name, group) != NGX_OK) {
            ngx_http_civic_notes_keep(w);
            return;
        }

        w->busy = 1;
        ngx_http_civic_redis_start(&w->call);
        return;
    }

    ngx_http_civic_jobs_call();
}


/* Their jobs shall look, once all is told. */

static void
ngx_http_civic_notes_told(ngx_http_civic_notes_t *w)
{
    size_t  i;

    for (i = 0; i < w->told; i++) {
        ngx_http_civic_jobs_noted(w->names[w->at].name, w->numbers[i]);
    }
}


static void
ngx_http_civic_notes_answered(ngx_http_civic_redis_call_t *call)
{
    ngx_http_civic_notes_t  *w = &ngx_http_civic_notes;

    w->busy = 0;

    if (call->result != CIVIC_OK
        || call->value->type != CIVIC_VALUE_INTEGER)
    {
        ngx_http_civic_notes_keep(w);
        return;
    }

    w->timer.cancelable = 0;
    ngx_http_civic_notes_told(w);
    ngx_http_civic_notes_tell(w);
}


/* Goes on while there is something, also while a call is on its way: a worker
   that was told to quit stays for it. */

static void
ngx_http_civic_notes_round(ngx_event_t *ev)
{
    ngx_uint_t               i;
    ngx_http_civic_notes_t  *w = &ngx_http_civic_notes;

    for (i = 0; i < w->count && !w->busy; i++) {
        if (w->names[i].waiting) {
            w->names[i].waiting = 0;
            civic_outbox_notes_move(&w->names[i].telling, &w->names[i].notes);
        }
    }

    if (!w->busy) {
        w->at = 0;
        ngx_http_civic_notes_tell(w);
    }

    if (w->busy) {
        ngx_add_timer(ev, NGX_HTTP_CIVIC_NOTES_TELL);
    }
}
