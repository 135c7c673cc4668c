/*
 * ngx_http_civic_persons.c - all persons who have a key of a family, one
 * after the other, for jobs.
 *
 * One Redis is scanned.  Its cursor belongs to the process that gave it, so
 * each answer also says which process that is.
 *
 * A Cluster is walked slot by slot.  While a slot moves its keys are on two
 * nodes.  So the owner is asked for its keys first, and then, by a key that
 * nobody has, whether it still owns the slot and gives it away: that it does
 * not say "MOVED" means that it owned the slot all the time, and "ASK" names
 * who has the keys that went before.  A key that moves meanwhile was seen
 * here, or is seen there.
 *
 * Everything goes over the bulk lane, and what is no person's costs the
 * request no memory.
 */

#include "ngx_http_civic.h"
#include "outbox.h"
#include "persons.h"
#include "slots.h"


#define NGX_HTTP_CIVIC_PERSONS_TRIPS  16        /* in one call */
#define NGX_HTTP_CIVIC_PERSONS_SLOTS  16        /* in the first of them */
#define NGX_HTTP_CIVIC_PERSONS_WIDE   256       /* in any */
#define NGX_HTTP_CIVIC_PERSONS_TRIES  16        /* while slots change hands */
#define NGX_HTTP_CIVIC_PERSONS_PAUSE  20        /* ms between them */
#define NGX_HTTP_CIVIC_PERSONS_KEYS   "200000"  /* of a slot: far too many */
#define NGX_HTTP_CIVIC_PERSONS_ARENA  (64 * 1024)
#define NGX_HTTP_CIVIC_PERSONS_LIMIT  (64 * 1024 * 1024)
#define NGX_HTTP_CIVIC_PERSONS_WORDS  6


/* A walk of one call. */
typedef struct {
    ngx_http_civic_request_t  *request;
    civic_arena_t             *arena;       /* of one trip */
    const civic_job_t         *job;
    const char                *family;
    civic_persons_place_t      place;
    civic_str_t               *pids;
    size_t                     max;
    size_t                     count;
    ngx_event_t                pause;
    unsigned                   over:1;      /* nothing is left */
} ngx_http_civic_persons_t;

/* A slot of a trip. */
typedef struct {
    unsigned                       slot;
    ngx_http_civic_redis_call_t   *keys;
    ngx_http_civic_redis_call_t   *probe;
    ngx_http_civic_redis_call_t   *more;    /* NULL: it does not move */
} ngx_http_civic_persons_slot_t;


static civic_result_t
ngx_http_civic_persons_nonsense(ngx_http_civic_persons_t *walk,
    const char *what)
{
    civic_log(&walk->request->public, CIVIC_LOG_ERROR, "redis answered %s "
              "with what is no answer to it", what);

    return CIVIC_ERROR;
}


static void
ngx_http_civic_persons_take(ngx_http_civic_persons_t *walk, civic_str_t pid)
{
    char  *copy;

    copy = ngx_http_civic_alloc(&walk->request->public, pid.len + 1);
    ngx_memcpy(copy, pid.data, pid.len);
    copy[pid.len] = '\0';

    walk->pids[walk->count++] = (civic_str_t) { copy, pid.len };
}


/* A call over the bulk lane with its words in the trip's arena; -1: no
   memory. */

static ngx_int_t
ngx_http_civic_persons_call(ngx_http_civic_persons_t *walk,
    ngx_http_civic_redis_call_t *call, const civic_str_t *words, size_t count)
{
    civic_str_t  *argv;

    argv = civic_arena_alloc(walk->arena, count * sizeof(civic_str_t));
    if (argv == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(argv, words, count * sizeof(civic_str_t));
    ngx_memzero(call, sizeof(ngx_http_civic_redis_call_t));

    call->arena = walk->arena;
    call->argv = argv;
    call->argc = count;
    call->lane = NGX_HTTP_CIVIC_LANE_BULK;
    call->keyless = 1;

    return NGX_OK;
}


/* The first of these answers that is none. */

static civic_result_t
ngx_http_civic_persons_result(const ngx_http_civic_redis_call_t *calls,
    size_t count)
{
    size_t  i;

    for (i = 0; i < count; i++) {
        if (calls[i].result != CIVIC_OK) {
            return calls[i].result;
        }
    }

    return CIVIC_OK;
}


/* ---- one Redis ----------------------------------------------------------- */

/* One SCAN, and who answered it: in this order, for a process that answers
   the second one has answered the first one too, or another did. */

static civic_result_t
ngx_http_civic_persons_ask(ngx_http_civic_persons_t *walk, size_t most,
    ngx_http_civic_redis_call_t calls[2])
{
    char            pattern[CIVIC_PERSONS_PATTERN];
    civic_str_t     scan[NGX_HTTP_CIVIC_PERSONS_WORDS], info[2];
    civic_result_t  rc;

    civic_arena_reset(walk->arena);

    scan[0] = CIVIC_STR("SCAN");
    scan[1] = civic_arena_print(walk->arena, "%llu",
                                (unsigned long long) walk->place.scan);
    scan[2] = CIVIC_STR("MATCH");
    scan[3] = civic_arena_copy(walk->arena,
                               civic_persons_pattern(walk->family, pattern));
    scan[4] = CIVIC_STR("COUNT");
    scan[5] = civic_arena_print(walk->arena, "%zu", most);
    info[0] = CIVIC_STR("INFO");
    info[1] = CIVIC_STR("server");

    if (scan[1].data == NULL || scan[3].data == NULL || scan[5].data == NULL
        || ngx_http_civic_persons_call(walk, &calls[0], scan, 6) != NGX_OK
        || ngx_http_civic_persons_call(walk, &calls[1], info, 2) != NGX_OK)
    {
        return CIVIC_BUSY;
    }

    rc = ngx_http_civic_trip(walk->request, calls, 2);

    return rc != CIVIC_OK ? rc : ngx_http_civic_persons_result(calls, 2);
}


/* CIVIC_NOT_SENT: it is another process, to which the cursor says nothing. */

static civic_result_t
ngx_http_civic_persons_same(ngx_http_civic_persons_t *walk,
    const civic_value_t *info)
{
    unsigned  server = 0;

    if (info->type == CIVIC_VALUE_STRING) {
        server = civic_persons_server(info->str);
    }

    if (server == 0) {
        return ngx_http_civic_persons_nonsense(walk, "INFO");
    }

    if (walk->place.server != 0 && walk->place.server != server) {
        return CIVIC_NOT_SENT;
    }

    walk->place.server = server;

    return CIVIC_OK;
}


static size_t
ngx_http_civic_persons_mine(ngx_http_civic_persons_t *walk,
    const civic_value_t *keys, civic_str_t *pids)
{
    size_t       i, n = 0;
    civic_str_t  pid;

    for (i = 0; i < keys->count; i++) {
        pid = civic_persons_pid(keys->items[i].str, walk->family);

        if (pid.len != 0
            && civic_persons_slot(pid) % walk->job->shards
               == walk->job->shard)
        {
            pids[n++] = pid;
        }
    }

    return n;
}


/* Asked for so many, Redis may answer more: then it is asked again for fewer,
   from the same place. */

static civic_result_t
ngx_http_civic_persons_scan(ngx_http_civic_persons_t *walk)
{
    size_t                        i, n, most = walk->max - walk->count;
    uint64_t                      cursor;
    civic_str_t                  *pids;
    civic_result_t                rc;
    const civic_value_t          *keys;
    ngx_http_civic_redis_call_t   calls[2];

    for (n = SIZE_MAX; most > 0; most /= 2) {
        rc = ngx_http_civic_persons_ask(walk, most, calls);

        if (rc == CIVIC_OK) {
            rc = ngx_http_civic_persons_same(walk, calls[1].value);
        }

        if (rc != CIVIC_OK) {
            return rc;
        }

        if (civic_persons_scanned(calls[0].value, &cursor, &keys) != 0) {
            return ngx_http_civic_persons_nonsense(walk, "SCAN");
        }

        pids = civic_arena_alloc(walk->arena,
                                 (keys->count + 1) * sizeof(civic_str_t));
        if (pids == NULL) {
            return CIVIC_BUSY;
        }

        n = ngx_http_civic_persons_mine(walk, keys, pids);

        if (n <= walk->max - walk->count) {
            break;
        }
    }

    if (most == 0) {
        return CIVIC_BUSY;          /* its table is being made far smaller */
    }

    for (i = 0; i < n; i++) {
        ngx_http_civic_persons_take(walk, pids[i]);
    }

    walk->place.scan = cursor;
    walk->over = cursor == 0;

    return CIVIC_OK;
}


static civic_result_t
ngx_http_civic_persons_single(ngx_http_civic_persons_t *walk)
{
    ngx_uint_t      i;
    civic_result_t  rc = CIVIC_OK;

    /* what is left of max may be too little for an answer of Redis' own size */

    for (i = 0; i < NGX_HTTP_CIVIC_PERSONS_TRIPS && rc == CIVIC_OK
                && !walk->over && walk->count <= walk->max / 2; i++)
    {
        rc = ngx_http_civic_persons_scan(walk);
    }

    return rc;
}


/* ---- a Cluster ----------------------------------------------------------- */

/* The next so many slots of the shard: how many there are. */

static size_t
ngx_http_civic_persons_slots(ngx_http_civic_persons_t *walk,
    ngx_http_civic_persons_slot_t *slots, size_t count)
{
    size_t    n = 0;
    unsigned  slot;

    for (slot = walk->place.slot; slot < CIVIC_SLOTS && n < count;
         slot += walk->job->shards)
    {
        ngx_memzero(&slots[n], sizeof(ngx_http_civic_persons_slot_t));
        slots[n++].slot = slot;
    }

    return n;
}


static ngx_int_t
ngx_http_civic_persons_keys(ngx_http_civic_persons_t *walk,
    ngx_http_civic_redis_call_t *call, unsigned slot, ngx_int_t node)
{
    civic_str_t  words[4];

    words[0] = CIVIC_STR("CLUSTER");
    words[1] = CIVIC_STR("GETKEYSINSLOT");
    words[2] = civic_arena_print(walk->arena, "%u", slot);
    words[3] = CIVIC_STR(NGX_HTTP_CIVIC_PERSONS_KEYS);

    if (words[2].data == NULL
        || ngx_http_civic_persons_call(walk, call, words, 4) != NGX_OK)
    {
        return NGX_ERROR;
    }

    call->directed = 1;
    call->node = (ngx_uint_t) node;

    return NGX_OK;
}


static ngx_int_t
ngx_http_civic_persons_probe(ngx_http_civic_persons_t *walk,
    ngx_http_civic_redis_call_t *call, unsigned slot, ngx_uint_t node)
{
    civic_str_t  words[2];

    words[0] = CIVIC_STR("EXISTS");
    words[1] = civic_arena_print(walk->arena, "civic:nobody:{%s}",
                                 civic_outbox_tag(slot));

    if (words[1].data == NULL
        || ngx_http_civic_persons_call(walk, call, words, 2) != NGX_OK)
    {
        return NGX_ERROR;
    }

    call->directed = 1;
    call->here = 1;
    call->node = node;

    return NGX_OK;
}


/* The keys of each slot, of its owner; then what the owner says of it. */

static civic_result_t
ngx_http_civic_persons_owners(ngx_http_civic_persons_t *walk,
    ngx_http_civic_persons_slot_t *slots, size_t count)
{
    size_t                        i;
    ngx_int_t                     node;
    civic_result_t                rc;
    ngx_http_civic_redis_call_t  *calls;

    calls = civic_arena_alloc(walk->arena, 2 * count * sizeof(*calls));
    if (calls == NULL) {
        return CIVIC_BUSY;
    }

    for (i = 0; i < count; i++) {
        node = ngx_http_civic_redis_slot_node(slots[i].slot);
        if (node < 0) {
            return CIVIC_NOT_SENT;
        }

        slots[i].keys = &calls[i];
        slots[i].probe = &calls[count + i];

        if (ngx_http_civic_persons_keys(walk, slots[i].keys, slots[i].slot,
                                        node)
            != NGX_OK
            || ngx_http_civic_persons_probe(walk, slots[i].probe,
                                            slots[i].slot, (ngx_uint_t) node)
               != NGX_OK)
        {
            return CIVIC_BUSY;
        }
    }

    rc = ngx_http_civic_trip(walk->request, calls, count);

    if (rc == CIVIC_OK) {
        rc = ngx_http_civic_persons_result(calls, count);
    }

    if (rc == CIVIC_OK) {
        rc = ngx_http_civic_trip(walk->request, calls + count, count);
    }

    return rc != CIVIC_OK
           ? rc : ngx_http_civic_persons_result(calls + count, count);
}


/* Slots that are on their way: the keys that went before.  *moved: an owner
   is none any more. */

static civic_result_t
ngx_http_civic_persons_movers(ngx_http_civic_persons_t *walk,
    ngx_http_civic_persons_slot_t *slots, size_t count, ngx_uint_t *moved)
{
    size_t                        i, n = 0;
    ngx_int_t                     node;
    civic_result_t                rc;
    const civic_value_t          *value;
    ngx_http_civic_redis_call_t  *calls;

    *moved = 0;

    calls = civic_arena_alloc(walk->arena, count * sizeof(*calls));
    if (calls == NULL) {
        return CIVIC_BUSY;
    }

    for (i = 0; i < count; i++) {
        value = slots[i].probe->value;

        if (value->type == CIVIC_VALUE_INTEGER) {
            continue;
        }

        if (value->type != CIVIC_VALUE_ERROR) {
            return ngx_http_civic_persons_nonsense(walk, "EXISTS");
        }

        node = ngx_http_civic_redis_named_node(slots[i].probe->node, value);
        if (node < 0) {
            return CIVIC_NOT_SENT;
        }

        if (ngx_strncmp(value->str.data, "MOVED ", 6) == 0) {
            ngx_http_civic_redis_slot_moved(slots[i].slot, node);
            *moved = 1;
            continue;
        }

        slots[i].more = &calls[n++];

        if (ngx_http_civic_persons_keys(walk, slots[i].more, slots[i].slot,
                                        node)
            != NGX_OK)
        {
            return CIVIC_BUSY;
        }
    }

    if (n == 0 || *moved) {
        return CIVIC_OK;
    }

    rc = ngx_http_civic_trip(walk->request, calls, n);

    return rc != CIVIC_OK ? rc : ngx_http_civic_persons_result(calls, n);
}


/* Nodes that disagree about a slot agree soon. */

static void
ngx_http_civic_persons_resumed(ngx_event_t *ev)
{
    ngx_http_civic_persons_t  *walk = ev->data;

    ngx_http_civic_resume(walk->request);
}


static void
ngx_http_civic_persons_pause_start(ngx_http_civic_request_t *cr)
{
    ngx_http_civic_persons_t  *walk = cr->waiting;

    ngx_add_timer(&walk->pause, NGX_HTTP_CIVIC_PERSONS_PAUSE);
}


static void
ngx_http_civic_persons_pause_cancel(ngx_http_civic_request_t *cr)
{
    ngx_http_civic_persons_t  *walk = cr->waiting;

    ngx_del_timer(&walk->pause);
}


static civic_result_t
ngx_http_civic_persons_pause(ngx_http_civic_persons_t *walk)
{
    civic_result_t  rc;

    walk->pause.handler = ngx_http_civic_persons_resumed;
    walk->pause.data = walk;
    walk->pause.log = ngx_cycle->log;

    walk->request->waiting = walk;
    rc = ngx_http_civic_suspend(walk->request,
                                ngx_http_civic_persons_pause_start,
                                ngx_http_civic_persons_pause_cancel);
    walk->request->waiting = NULL;

    return rc;
}


/* All keys of these slots. */

static civic_result_t
ngx_http_civic_persons_look(ngx_http_civic_persons_t *walk,
    ngx_http_civic_persons_slot_t **slots, size_t *count)
{
    ngx_uint_t      i, moved;
    civic_result_t  rc;

    for (i = 0; i < NGX_HTTP_CIVIC_PERSONS_TRIES; i++) {
        civic_arena_reset(walk->arena);

        *slots = civic_arena_alloc(walk->arena, *count * sizeof(**slots));
        if (*slots == NULL) {
            return CIVIC_BUSY;
        }

        *count = ngx_http_civic_persons_slots(walk, *slots, *count);

        rc = ngx_http_civic_persons_owners(walk, *slots, *count);

        if (rc == CIVIC_OK) {
            rc = ngx_http_civic_persons_movers(walk, *slots, *count, &moved);
        }

        if (rc != CIVIC_OK || !moved) {
            return rc;
        }

        /* the first time it was merely our map that was old */

        rc = i == 0 ? CIVIC_OK : ngx_http_civic_persons_pause(walk);
        if (rc != CIVIC_OK) {
            return rc;
        }
    }

    return CIVIC_NOT_SENT;
}


/* The persons of one slot, as many as there is room for.  CIVIC_TIMEOUT: some
   are left, and the place says from where on. */

static civic_result_t
ngx_http_civic_persons_slot(ngx_http_civic_persons_t *walk,
    const ngx_http_civic_persons_slot_t *slot)
{
    size_t                i, n, most, first;
    int64_t               found;
    uint64_t              next;
    civic_person_t       *persons;
    const civic_value_t  *keys = slot->keys->value;
    const civic_value_t  *more = slot->more != NULL ? slot->more->value
                                                    : NULL;

    most = (size_t) ngx_atoi((u_char *) NGX_HTTP_CIVIC_PERSONS_KEYS,
                             sizeof(NGX_HTTP_CIVIC_PERSONS_KEYS) - 1);

    if (keys->count >= most || (more != NULL && more->count >= most)) {
        civic_log(&walk->request->public, CIVIC_LOG_ERROR, "the slot %u has "
                  "more keys than may be looked through", slot->slot);
        return CIVIC_ERROR;
    }

    persons = civic_arena_alloc(walk->arena,
                                (keys->count + (more ? more->count : 0) + 1)
                                * sizeof(*persons));
    if (persons == NULL) {
        return CIVIC_BUSY;
    }

    found = civic_persons_add(persons, 0, keys, walk->family, slot->slot);

    if (found >= 0 && more != NULL) {
        found = civic_persons_add(persons, (size_t) found, more, walk->family,
                                  slot->slot);
    }

    if (found < 0) {
        return ngx_http_civic_persons_nonsense(walk, "GETKEYSINSLOT");
    }

    n = civic_persons_choose(persons, (size_t) found, walk->place.mark,
                             walk->max - walk->count, &first, &next);

    for (i = 0; i < n; i++) {
        ngx_http_civic_persons_take(walk, persons[first + i].pid);
    }

    walk->place.mark = next;

    return next != 0 ? CIVIC_TIMEOUT : CIVIC_OK;
}


/* One trip over so many slots; fewer, if there is no room for more. */

static civic_result_t
ngx_http_civic_persons_trip(ngx_http_civic_persons_t *walk, size_t count)
{
    size_t                          i;
    civic_result_t                  rc;
    ngx_http_civic_persons_slot_t  *slots;

    rc = ngx_http_civic_persons_look(walk, &slots, &count);

    for (i = 0; rc == CIVIC_OK && i < count; i++) {
        rc = ngx_http_civic_persons_slot(walk, &slots[i]);

        if (rc == CIVIC_OK) {
            walk->place.slot += walk->job->shards;
        }
    }

    walk->over = walk->place.slot >= CIVIC_SLOTS;

    return rc;
}


/* As many slots at once as may have what there is room for. */

static civic_result_t
ngx_http_civic_persons_cluster(ngx_http_civic_persons_t *walk)
{
    size_t          before, wide = NGX_HTTP_CIVIC_PERSONS_SLOTS;
    ngx_uint_t      i;
    civic_result_t  rc = CIVIC_OK;

    for (i = 0; i < NGX_HTTP_CIVIC_PERSONS_TRIPS && rc == CIVIC_OK
                && !walk->over && walk->count < walk->max; i++)
    {
        before = walk->count;
        rc = ngx_http_civic_persons_trip(walk, wide);

        wide = (walk->max - walk->count) * wide
               / (walk->count - before + 1);
        wide = ngx_max(wide, 1);
        wide = ngx_min(wide, NGX_HTTP_CIVIC_PERSONS_WIDE);
    }

    if (rc != CIVIC_TIMEOUT) {
        return rc;
    }

    if (walk->count == 0) {
        return ngx_http_civic_persons_nonsense(walk, "GETKEYSINSLOT");
    }

    return CIVIC_OK;
}


/* ---- the service --------------------------------------------------------- */

static civic_result_t
ngx_http_civic_persons_check(ngx_http_civic_request_t *cr,
    const civic_job_t *job, const char *family, size_t max)
{
    /* a request without a client that has a log of its own is a job's */

    if (cr->http != NULL || cr->log == NULL || job == NULL
        || job->shards == 0 || job->shards > CIVIC_PERSONS_SHARDS
        || job->shard >= job->shards)
    {
        civic_log(&cr->public, CIVIC_LOG_ERROR, "plugin \"%s\" walks through "
                  "all persons, and is in no job",
                  (char *) cr->plugin->name.data);
        return CIVIC_ERROR;
    }

    if (!civic_persons_family_valid(family)
        || max < CIVIC_PERSONS_LEAST || max > CIVIC_PERSONS_MOST)
    {
        civic_log(&cr->public, CIVIC_LOG_ERROR, "plugin \"%s\" cannot walk "
                  "through the persons of \"%.64s\", %zu at once",
                  (char *) cr->plugin->name.data, family, max);
        return CIVIC_ERROR;
    }

    return CIVIC_OK;
}


static civic_result_t
ngx_http_civic_persons_tell(ngx_http_civic_persons_t *walk, uint64_t *cursor,
    size_t *count)
{
    uint64_t  next = 0;

    if (!walk->over) {
        next = civic_persons_cursor(&walk->place);

        if (next == 0) {
            return ngx_http_civic_persons_nonsense(walk, "SCAN");
        }
    }

    *cursor = next;
    *count = walk->count;

    return CIVIC_OK;
}


civic_result_t
ngx_http_civic_persons(civic_request_t *r, const civic_job_t *job,
    const char *family, uint64_t *cursor, civic_str_t *pids, size_t max,
    size_t *count)
{
    civic_result_t             rc;
    ngx_uint_t                 cluster = ngx_http_civic_redis_is_cluster();
    ngx_http_civic_persons_t   walk;
    ngx_http_civic_request_t  *cr = ngx_http_civic_cast(r);

    *count = 0;

    if (ngx_http_civic_is_over(r)) {
        return CIVIC_ABORTED;
    }

    if (ngx_http_civic_persons_check(cr, job, family, max) != CIVIC_OK) {
        return CIVIC_ERROR;
    }

    ngx_memzero(&walk, sizeof(ngx_http_civic_persons_t));

    walk.request = cr;
    walk.job = job;
    walk.family = family;
    walk.pids = pids;
    walk.max = max;

    /* Redis became a Cluster, or the job has other shards */

    if (civic_persons_place(*cursor, cluster, job->shard, &walk.place) != 0
        || (cluster && walk.place.slot % job->shards != job->shard))
    {
        return CIVIC_NOT_SENT;
    }

    walk.arena = civic_arena_create(NGX_HTTP_CIVIC_PERSONS_ARENA,
                                    NGX_HTTP_CIVIC_PERSONS_LIMIT);
    if (walk.arena == NULL) {
        return CIVIC_BUSY;
    }

    rc = cluster ? ngx_http_civic_persons_cluster(&walk)
                 : ngx_http_civic_persons_single(&walk);

    if (rc == CIVIC_OK) {
        rc = ngx_http_civic_persons_tell(&walk, cursor, count);
    }

    civic_arena_destroy(walk.arena);

    return rc;
}
