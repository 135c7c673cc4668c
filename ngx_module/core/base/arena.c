/*
 * arena.c - memory that is given back all at once, at the end of a request.
 *
 * A request makes many small things that all die together; one pointer that
 * moves forward beats a malloc and a free for each.  The first block lies
 * behind the arena itself and serves request after request.  The arena owns
 * its blocks; one thread uses it.
 *
 * Under AddressSanitizer the bytes that were not handed out are poisoned and
 * a gap stands between neighbours, so that overflows inside a block are
 * found like those of malloc's.
 */

#include <stdio.h>
#include <stdlib.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#endif

#include "arena.h"
#include "print.h"

#define CIVIC_ARENA_ALIGN      16
#define CIVIC_ARENA_MIN_BLOCK  256

/* Most texts are short: they are formatted once, here, and copied. */
#define CIVIC_ARENA_SHORT_TEXT  256

#ifdef __SANITIZE_ADDRESS__
#define CIVIC_ARENA_GAP  16
#else
#define CIVIC_ARENA_GAP  0
#endif

typedef struct civic_arena_block_s  civic_arena_block_t;

struct civic_arena_block_s {
    civic_arena_block_t  *next;
    size_t                size;         /* of the bytes behind it */
};

typedef struct civic_arena_defer_s  civic_arena_defer_t;

struct civic_arena_defer_s {
    civic_arena_defer_t  *next;
    void                (*fn)(void *data);
    void                 *data;
};

struct civic_arena_s {
    char                 *pos;
    char                 *end;
    civic_arena_block_t  *more;         /* all blocks but the first */
    civic_arena_defer_t  *deferred;     /* newest first */
    size_t                block;
    size_t                limit;
    size_t                taken;        /* sizes of all blocks */
    char                 *first;
    size_t                first_size;
};

_Static_assert(sizeof(civic_arena_block_t) % CIVIC_ARENA_ALIGN == 0,
    "what follows a block's head must be aligned");


#ifdef __SANITIZE_ADDRESS__

/* Not inlined: the compiler takes poisoning for reading what is not set. */
__attribute__((noinline))
static void
civic_arena_hide(void *start, size_t size)
{
    __asan_poison_memory_region(start, size);
}


static void
civic_arena_show(void *start, size_t size)
{
    __asan_unpoison_memory_region(start, size);
}

#else

static inline void
civic_arena_hide(void *start, size_t size)
{
    (void) start;
    (void) size;
}


static inline void
civic_arena_show(void *start, size_t size)
{
    (void) start;
    (void) size;
}

#endif


static size_t
civic_arena_round(size_t size)
{
    return (size + CIVIC_ARENA_ALIGN - 1) & ~(size_t) (CIVIC_ARENA_ALIGN - 1);
}


civic_arena_t *
civic_arena_create(size_t block, size_t limit)
{
    size_t          head;
    civic_arena_t  *arena;

    limit &= ~(size_t) (CIVIC_ARENA_ALIGN - 1);

    if (limit == 0 || limit > SIZE_MAX / 2) {
        return NULL;
    }

    if (block < CIVIC_ARENA_MIN_BLOCK) {
        block = CIVIC_ARENA_MIN_BLOCK;
    }

    block = block > limit ? limit : civic_arena_round(block);
    head = civic_arena_round(sizeof(civic_arena_t));

    arena = malloc(head + block);
    if (arena == NULL) {
        return NULL;
    }

    arena->first = (char *) arena + head;
    arena->first_size = block;
    arena->pos = arena->first;
    arena->end = arena->first + block;
    arena->more = NULL;
    arena->deferred = NULL;
    arena->block = block;
    arena->limit = limit;
    arena->taken = block;

    civic_arena_hide(arena->first, block);

    return arena;
}


void
civic_arena_destroy(civic_arena_t *arena)
{
    if (arena == NULL) {
        return;
    }

    civic_arena_reset(arena);
    civic_arena_show(arena->first, arena->first_size);
    free(arena);
}


void
civic_arena_reset(civic_arena_t *arena)
{
    civic_arena_block_t  *block;
    civic_arena_defer_t  *defer;

    /* A deferred function may defer another one. */

    while ((defer = arena->deferred) != NULL) {
        arena->deferred = defer->next;
        defer->fn(defer->data);
    }

    while ((block = arena->more) != NULL) {
        arena->more = block->next;
        civic_arena_show(block + 1, block->size);
        free(block);
    }

    arena->pos = arena->first;
    arena->end = arena->first + arena->first_size;
    arena->taken = arena->first_size;

    civic_arena_hide(arena->first, arena->first_size);
}


static civic_arena_block_t *
civic_arena_add_block(civic_arena_t *arena, size_t size)
{
    civic_arena_block_t  *block;

    block = malloc(sizeof(civic_arena_block_t) + size);
    if (block == NULL) {
        return NULL;
    }

    block->size = size;
    block->next = arena->more;
    arena->more = block;
    arena->taken += size;

    civic_arena_hide(block + 1, size);

    return block;
}


/* need is rounded and holds the gap; size is what the caller asked for. */
static void *
civic_arena_alloc_slow(civic_arena_t *arena, size_t need, size_t size)
{
    char                 *start;
    size_t                room, want;
    civic_arena_block_t  *block;

    room = arena->limit - arena->taken;

    if (need > room) {
        return NULL;
    }

    want = arena->block;

    if (want > room) {
        want = room;
    }

    if (want < need) {
        want = need;
    }

    block = civic_arena_add_block(arena, want);
    if (block == NULL) {
        return NULL;
    }

    start = (char *) (block + 1);

    /* Whichever block has more left serves what comes next. */

    if (want - need > (size_t) (arena->end - arena->pos)) {
        arena->pos = start + need;
        arena->end = start + want;
    }

    civic_arena_show(start, size);

    return start;
}


void *
civic_arena_alloc(civic_arena_t *arena, size_t size)
{
    char    *start;
    size_t   need;

    if (size > arena->limit) {
        return NULL;
    }

    need = civic_arena_round(size == 0 ? 1 : size) + CIVIC_ARENA_GAP;

    if (need > (size_t) (arena->end - arena->pos)) {
        return civic_arena_alloc_slow(arena, need, size);
    }

    start = arena->pos;
    arena->pos += need;
    civic_arena_show(start, size);

    return start;
}


void *
civic_arena_zalloc(civic_arena_t *arena, size_t size)
{
    void  *start;

    start = civic_arena_alloc(arena, size);

    if (start != NULL) {
        memset(start, 0, size);
    }

    return start;
}


civic_str_t
civic_arena_copy(civic_arena_t *arena, civic_str_t str)
{
    char         *data;
    civic_str_t   copy = { NULL, 0 };

    if (str.len == SIZE_MAX) {
        return copy;
    }

    data = civic_arena_alloc(arena, str.len + 1);
    if (data == NULL) {
        return copy;
    }

    if (str.len != 0) {
        memcpy(data, str.data, str.len);
    }

    data[str.len] = '\0';
    copy.data = data;
    copy.len = str.len;

    return copy;
}


/* Into text if it has room, and in any case its length; below 0: none. */
static int
civic_arena_format(char *text, size_t size, const char *fmt, va_list args)
{
    int      len = civic_print_plain(text, size, fmt, args);
    va_list  again;

    if (len < 0) {
        va_copy(again, args);
        len = vsnprintf(text, size, fmt, again);
        va_end(again);
    }

    return len;
}


civic_str_t
civic_arena_vprint(civic_arena_t *arena, const char *fmt, va_list args)
{
    int           len;
    char         *data, text[CIVIC_ARENA_SHORT_TEXT];
    civic_str_t   str = { NULL, 0 };

    len = civic_arena_format(text, sizeof(text), fmt, args);
    data = len < 0 ? NULL : civic_arena_alloc(arena, (size_t) len + 1);

    if (data == NULL) {
        return str;
    }

    if ((size_t) len < sizeof(text)) {
        memcpy(data, text, (size_t) len + 1);

    } else {
        vsnprintf(data, (size_t) len + 1, fmt, args);
    }

    str.data = data;
    str.len = (size_t) len;

    return str;
}


civic_str_t
civic_arena_print(civic_arena_t *arena, const char *fmt, ...)
{
    va_list      args;
    civic_str_t  str;

    va_start(args, fmt);
    str = civic_arena_vprint(arena, fmt, args);
    va_end(args);

    return str;
}


int
civic_arena_defer(civic_arena_t *arena, void (*fn)(void *data), void *data)
{
    civic_arena_defer_t  *defer;

    defer = civic_arena_alloc(arena, sizeof(civic_arena_defer_t));
    if (defer == NULL) {
        return -1;
    }

    defer->fn = fn;
    defer->data = data;
    defer->next = arena->deferred;
    arena->deferred = defer;

    return 0;
}


static void
civic_arena_drop_json(void *data)
{
    json_t  *json = data;

    json_decref(json);
}


json_t *
civic_arena_own_json(civic_arena_t *arena, json_t *json)
{
    if (json == NULL) {
        return NULL;
    }

    if (civic_arena_defer(arena, civic_arena_drop_json, json) != 0) {
        json_decref(json);
        return NULL;
    }

    return json;
}
