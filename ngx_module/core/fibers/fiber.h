/*
 * fiber.h - a stack of its own for each request.
 *
 * A fiber runs until it suspends or ends, and goes on where it was when
 * somebody resumes it.  Stacks are mapped with a guard below and pooled.
 * Assembly on x86-64, ucontext elsewhere; -DCIVIC_FIBER_UCONTEXT forces the
 * latter.  ASan and valgrind are told of every stack.  One thread only.
 */

#ifndef CIVIC_FIBER_H
#define CIVIC_FIBER_H

#include <stddef.h>

#define CIVIC_FIBER_STACK  (128 * 1024)
#define CIVIC_FIBER_GUARD  (64 * 1024)

typedef struct civic_fiber_s       civic_fiber_t;
typedef struct civic_fiber_pool_s  civic_fiber_pool_t;

typedef void (*civic_fiber_pt)(void *data);

/* keep: finished fibers that keep their stack for the next.  NULL without
   memory, or (ENOTSUP) where the processor's shadow stack is switched on and
   the assembly cannot follow: build with -DCIVIC_FIBER_UCONTEXT there. */
civic_fiber_pool_t *civic_fiber_pool_create(size_t keep);
/* All fibers should have ended; if not, the last one to end frees the pool. */
void civic_fiber_pool_destroy(civic_fiber_pool_t *pool);

/* A fiber that has not run yet; NULL without memory or mappings. */
civic_fiber_t *civic_fiber_create(civic_fiber_pool_t *pool, civic_fiber_pt fn,
    void *data);

/*
 * Runs the fiber until it suspends (returns 1) or ends (returns 0; the
 * fiber is back in its pool then).  Called on a fiber, it goes through
 * civic_fiber_on_main() by itself.  A fiber that is inside its own
 * civic_fiber_on_main() cannot be resumed: nothing happens, and 1 is
 * returned; whoever wakes it there leaves a mark for it to look at.
 */
int civic_fiber_resume(civic_fiber_t *fiber);

/* From inside: back to whoever resumed. */
void civic_fiber_suspend(void);

/* The running fiber, or NULL on the main stack. */
civic_fiber_t *civic_fiber_current(void);

/*
 * Runs fn(data) on the main stack and comes back; on the main stack it is a
 * plain call.  nginx and its filters must never run on a fiber's stack.
 */
void civic_fiber_on_main(void (*fn)(void *data), void *data);

/* Gives back the memory that a suspended fiber's stack holds below where it
   stands: it will wait for long.  Nothing to do with ucontext, which does not
   tell where that is. */
void civic_fiber_trim(civic_fiber_t *fiber);

/* The deepest use of the fiber's stack so far, in bytes, by the fibers that
   had it before too; for tests and status.  Touches the pages that were
   used, no others. */
size_t civic_fiber_stack_used(civic_fiber_t *fiber);

#endif
