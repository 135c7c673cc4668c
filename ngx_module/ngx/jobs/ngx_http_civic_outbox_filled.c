/*
 * ngx_http_civic_outbox_filled.c - which outboxes may have something, of many
 * that nobody noted.
 *
 * Nearly all of them are empty, and a Cluster has 16,384 of each name.  So
 * each node is asked of all that it has at once.  What it does not know (a
 * slot moves, a node is away, its answer is none) counts as filled: it is
 * looked at one by one, as if there were no such question.
 */

#include "ngx_http_civic_outbox.h"


/* A question to a node. */
typedef struct {
    ngx_http_civic_redis_call_t  *call;     /* NULL: none yet */
    civic_str_t                  *argv;
    unsigned                     *numbers;  /* of the tags */
    size_t                        count;
} ngx_http_civic_outbox_question_t;


static ngx_int_t
ngx_http_civic_outbox_node(unsigned number)
{
    return ngx_http_civic_redis_is_cluster()
           ? ngx_http_civic_redis_slot_node(number) : 0;
}


/* 0, or -1: no memory. */

static ngx_int_t
ngx_http_civic_outbox_open_question(civic_arena_t *arena,
    ngx_http_civic_outbox_question_t *question,
    ngx_http_civic_redis_call_t *call, const char *name, ngx_uint_t node)
{
    question->argv = civic_arena_alloc(arena,
                                       (1 + NGX_HTTP_CIVIC_OUTBOX_MANY)
                                       * sizeof(civic_str_t));
    question->numbers = civic_arena_alloc(arena, NGX_HTTP_CIVIC_OUTBOX_MANY
                                                 * sizeof(unsigned));

    if (question->argv == NULL || question->numbers == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(call, sizeof(ngx_http_civic_redis_call_t));

    question->argv[0] = civic_cstr(name);
    question->call = call;

    call->arena = arena;
    call->script = ngx_http_civic_worker.conf->outbox_filled;
    call->argv = question->argv;
    call->argc = 1;
    call->lane = NGX_HTTP_CIVIC_LANE_BULK;
    call->directed = 1;
    call->here = 1;
    call->node = node;

    return NGX_OK;
}


static void
ngx_http_civic_outbox_close_question(
    const ngx_http_civic_outbox_question_t *question,
    civic_outbox_notes_t *filled)
{
    size_t                i;
    int64_t               place;
    const civic_value_t  *value = question->call->value;

    if (question->call->result != CIVIC_OK
        || value->type != CIVIC_VALUE_ARRAY)
    {
        for (i = 0; i < question->count; i++) {
            civic_outbox_notes_add(filled, question->numbers[i]);
        }

        return;
    }

    for (i = 0; i < value->count; i++) {
        place = value->items[i].integer;

        if (place >= 1 && (size_t) place <= question->count) {
            civic_outbox_notes_add(filled, question->numbers[place - 1]);
        }
    }
}


civic_result_t
ngx_http_civic_outbox_filled(ngx_http_civic_request_t *cr,
    civic_arena_t *arena, const char *name, const unsigned *numbers,
    size_t count, civic_outbox_notes_t *filled)
{
    size_t                             i, ncalls = 0;
    ngx_int_t                          node;
    ngx_uint_t                         n = ngx_http_civic_redis_nodes();
    civic_result_t                     rc;
    ngx_http_civic_redis_call_t       *calls;
    ngx_http_civic_outbox_question_t  *questions, *question;

    calls = civic_arena_alloc(arena, ngx_min(n, count) * sizeof(*calls));
    questions = civic_arena_zalloc(arena, n * sizeof(*questions));

    if (calls == NULL || questions == NULL) {
        return CIVIC_BUSY;
    }

    for (i = 0; i < count; i++) {
        node = ngx_http_civic_outbox_node(numbers[i]);

        if (node < 0 || (ngx_uint_t) node >= n) {
            civic_outbox_notes_add(filled, numbers[i]);
            continue;
        }

        question = &questions[node];

        if (question->call == NULL
            && ngx_http_civic_outbox_open_question(arena, question,
                                                   &calls[ncalls++], name,
                                                   node)
               != NGX_OK)
        {
            return CIVIC_BUSY;
        }

        question->numbers[question->count++] = numbers[i];
        question->argv[question->call->argc++]
            = civic_cstr(civic_outbox_tag(numbers[i]));
    }

    rc = ncalls == 0 ? CIVIC_OK : ngx_http_civic_trip(cr, calls, ncalls);

    for (i = 0; rc == CIVIC_OK && i < n; i++) {
        if (questions[i].call != NULL) {
            ngx_http_civic_outbox_close_question(&questions[i], filled);
        }
    }

    return rc;
}
