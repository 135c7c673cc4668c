/*
 * rules_memory.c - the memory of a rule file's state: bounded, and quick.
 *
 * LuaJIT asks for small blocks in each call and gives them back when it
 * collects.  Those that come back are kept, up to a bound, in lists by size,
 * which is several times quicker than malloc.  Everything belongs to one
 * civic_rules_t and is used by one thread at a time.
 */

#include <stdlib.h>

#include "rules_vm.h"

/* At most this many bytes are kept for the next call. */
#define MAX_SPARE  (256 * 1024)


/* Which list, or RULES_CLASSES if it is too large for any. */
static size_t
class_of(size_t size)
{
    size_t  class = (size + RULES_CLASS_STEP - 1) / RULES_CLASS_STEP;

    return class > RULES_CLASSES ? RULES_CLASSES : class - 1;
}

static void *
block_take(civic_rules_t *rules, size_t size)
{
    size_t          class = class_of(size);
    rules_spare_t  *spare;

    if (class == RULES_CLASSES) {
        return malloc(size);
    }

    spare = rules->spare[class];
    if (spare == NULL) {
        return malloc((class + 1) * RULES_CLASS_STEP);
    }

    rules->spare[class] = spare->next;
    rules->spare_size -= (class + 1) * RULES_CLASS_STEP;

    return spare;
}

static void
block_give(civic_rules_t *rules, void *block, size_t size)
{
    size_t          class;
    rules_spare_t  *spare = block;

    if (block == NULL) {
        return;
    }

    class = class_of(size);
    if (class == RULES_CLASSES || rules->spare_size > MAX_SPARE) {
        free(block);
        return;
    }

    spare->next = rules->spare[class];
    rules->spare[class] = spare;
    rules->spare_size += (class + 1) * RULES_CLASS_STEP;
}

static void *
block_resize(civic_rules_t *rules, void *block, size_t old_size, size_t size)
{
    void    *p;
    size_t   class = class_of(size);

    if (class == class_of(old_size)) {
        return class == RULES_CLASSES ? realloc(block, size) : block;
    }

    p = block_take(rules, size);
    if (p != NULL) {
        memcpy(p, block, old_size < size ? old_size : size);
        block_give(rules, block, old_size);
    }

    return p;
}

/*
 * A rule that was refused memory must end, whatever its pcall thinks: near
 * the end of the stack not even the hook finds room, so that nothing would
 * count any more.  With the hook at each instruction, it raises or is
 * refused itself, which raises as well.
 */
static void
spend(civic_rules_t *rules)
{
    if (rules->L != NULL && rules->spent == NULL) {
        rules->spent = "took too much memory";
        lua_sethook(rules->L, rules_hook, LUA_MASKCOUNT, 1);
    }
}

/* LuaJIT's allocator.  Shrinking is never refused by a bound. */
void *
rules_alloc(void *data, void *block, size_t old_size, size_t size)
{
    void           *p;
    civic_rules_t  *rules = data;

    if (size == 0) {
        rules->used -= old_size;
        block_give(rules, block, old_size);
        return NULL;
    }

    if (size > old_size
        && (size > rules->block_limit
            || size - old_size > rules->limit
            || rules->used > rules->limit - (size - old_size)))
    {
        spend(rules);
        return NULL;
    }

    p = block == NULL ? block_take(rules, size)
                      : block_resize(rules, block, old_size, size);
    if (p != NULL) {
        rules->used = rules->used - old_size + size;
    }

    return p;
}

void
rules_free_spare(civic_rules_t *rules)
{
    size_t          class;
    rules_spare_t  *spare;

    for (class = 0; class < RULES_CLASSES; class++) {
        while ((spare = rules->spare[class]) != NULL) {
            rules->spare[class] = spare->next;
            free(spare);
        }
    }

    rules->spare_size = 0;
}
