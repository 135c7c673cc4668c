/*
 * fiber.c - a stack of its own for each request.
 *
 * Handlers are straight-line C, and nginx is an event loop: a fiber is what
 * lets the one wait inside the other.  The pool owns all stacks; a fiber is
 * its creator's until civic_fiber_resume() has returned 0.  Everything here
 * runs on one thread, the worker's.
 *
 * One mapping looks like this; the fiber's own record lies on the page that
 * every stack touches first, so a suspended fiber costs one page:
 *
 *     low                                                     high
 *     | guard, PROT_NONE | stack, grows to the left | record |
 *
 * The guard catches overflows only together with -fstack-clash-protection,
 * without which one big frame jumps over it.
 */

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/mman.h>

#if defined(__x86_64__) && defined(__LP64__)                                  \
    && !defined(CIVIC_FIBER_UCONTEXT)
#define CIVIC_FIBER_ASSEMBLY  1
#else
#include <ucontext.h>
#endif

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define VALGRIND_STACK_REGISTER(low, high)  ((void) (low), (void) (high), 0u)
#define VALGRIND_STACK_DEREGISTER(id)       ((void) (id))
#define VALGRIND_DISABLE_ERROR_REPORTING
#define VALGRIND_ENABLE_ERROR_REPORTING
#endif

#include "fiber.h"

#define CIVIC_FIBER_MAPPING  (CIVIC_FIBER_GUARD + CIVIC_FIBER_STACK)
#define CIVIC_FIBER_ALIGN    64

/* The smallest page that Linux has; a larger one only makes fewer of them. */
#define CIVIC_FIBER_MIN_PAGE  4096

typedef enum {
    CIVIC_FIBER_NEW = 0,
    CIVIC_FIBER_RUNNING,
    CIVIC_FIBER_SUSPENDED,
    CIVIC_FIBER_CALLING,                /* inside civic_fiber_on_main() */
    CIVIC_FIBER_ENDED
} civic_fiber_state_t;

/* tools/gdb/civic_fibers.py reads this record and the lists by their names. */
struct civic_fiber_s {
#ifdef CIVIC_FIBER_ASSEMBLY
    void                 *sp;           /* where it stands while away */
    void                 *main_sp;      /* where its resumer stands */
#else
    ucontext_t            context;
    ucontext_t           *main_context;
#endif

    civic_fiber_state_t   state;
    unsigned              valgrind_id;
    civic_fiber_pool_t   *pool;
    civic_fiber_t        *next;         /* of the live or of the idle */
    civic_fiber_t        *prev;         /* of the live */
    char                 *stack;        /* its lowest byte, above the guard */

    civic_fiber_pt        fn;
    void                 *data;

    void                (*call)(void *data);
    void                 *call_data;

#ifdef __SANITIZE_ADDRESS__
    void                 *fake_stack;
    const void           *main_stack;
    size_t                main_size;
#endif
};

struct civic_fiber_pool_s {
    civic_fiber_pool_t   *next;
    civic_fiber_t        *live;
    civic_fiber_t        *idle;
    size_t                idle_count;
    size_t                keep;
    int                   closed;
};

_Static_assert(sizeof(civic_fiber_t) <= CIVIC_FIBER_MIN_PAGE / 2,
    "the record must leave room for frames on its page");

static civic_fiber_t       *civic_fiber_running;

/* For the debugger, which has nowhere else to start from. */
static civic_fiber_pool_t  *civic_fiber_pools;

static void civic_fiber_main(void);


/* ---- the switch -------------------------------------------------------- */

#ifdef CIVIC_FIBER_ASSEMBLY

/* Saves the callee's registers of the System V ABI and the stack pointer to
   *save, and goes on where load was saved. */
void civic_fiber_switch(void **save, void *load)
    __attribute__((visibility("hidden")));

/* Where a new fiber begins.  Not to be called from C. */
void civic_fiber_begin(void) __attribute__((visibility("hidden")));

/* What civic_fiber_switch() leaves on a stack, lowest first. */
typedef struct {
    uint32_t  mxcsr;
    uint32_t  x87_control;
    void     *r15;
    void     *r14;
    void     *r13;
    void     *r12;
    void     *rbx;
    void     *rbp;
    void    (*rip)(void);
} civic_fiber_frame_t;

_Static_assert(sizeof(civic_fiber_frame_t) == 64,
    "the assembly below relies on the layout");

/* Both control words as the ABI wants them when a program starts. */
#define CIVIC_FIBER_MXCSR  0x1f80
#define CIVIC_FIBER_X87    0x037f

/*
 * civic_fiber_begin calls what rbx holds; rip is undefined there and rbp is
 * zero, so backtraces by unwind tables and by frame pointers both end.
 */
__asm__(
    "    .pushsection .text\n"
    "    .p2align 4\n"
    "    .globl civic_fiber_switch\n"
    "    .hidden civic_fiber_switch\n"
    "    .type civic_fiber_switch, @function\n"
    "civic_fiber_switch:\n"
    "    .cfi_startproc\n"
    "    endbr64\n"
    "    pushq %rbp\n"
    "    .cfi_adjust_cfa_offset 8\n"
    "    .cfi_rel_offset %rbp, 0\n"
    "    pushq %rbx\n"
    "    .cfi_adjust_cfa_offset 8\n"
    "    .cfi_rel_offset %rbx, 0\n"
    "    pushq %r12\n"
    "    .cfi_adjust_cfa_offset 8\n"
    "    .cfi_rel_offset %r12, 0\n"
    "    pushq %r13\n"
    "    .cfi_adjust_cfa_offset 8\n"
    "    .cfi_rel_offset %r13, 0\n"
    "    pushq %r14\n"
    "    .cfi_adjust_cfa_offset 8\n"
    "    .cfi_rel_offset %r14, 0\n"
    "    pushq %r15\n"
    "    .cfi_adjust_cfa_offset 8\n"
    "    .cfi_rel_offset %r15, 0\n"
    "    subq $8, %rsp\n"
    "    .cfi_adjust_cfa_offset 8\n"
    "    stmxcsr (%rsp)\n"
    "    fnstcw 4(%rsp)\n"
    "    movq %rsp, (%rdi)\n"
    "    movq %rsi, %rsp\n"
    "    ldmxcsr (%rsp)\n"
    "    fldcw 4(%rsp)\n"
    "    addq $8, %rsp\n"
    "    .cfi_adjust_cfa_offset -8\n"
    "    popq %r15\n"
    "    .cfi_adjust_cfa_offset -8\n"
    "    .cfi_restore %r15\n"
    "    popq %r14\n"
    "    .cfi_adjust_cfa_offset -8\n"
    "    .cfi_restore %r14\n"
    "    popq %r13\n"
    "    .cfi_adjust_cfa_offset -8\n"
    "    .cfi_restore %r13\n"
    "    popq %r12\n"
    "    .cfi_adjust_cfa_offset -8\n"
    "    .cfi_restore %r12\n"
    "    popq %rbx\n"
    "    .cfi_adjust_cfa_offset -8\n"
    "    .cfi_restore %rbx\n"
    "    popq %rbp\n"
    "    .cfi_adjust_cfa_offset -8\n"
    "    .cfi_restore %rbp\n"
    "    ret\n"
    "    .cfi_endproc\n"
    "    .size civic_fiber_switch, . - civic_fiber_switch\n"
    "\n"
    "    .p2align 4\n"
    "    .globl civic_fiber_begin\n"
    "    .hidden civic_fiber_begin\n"
    "    .type civic_fiber_begin, @function\n"
    "civic_fiber_begin:\n"
    "    .cfi_startproc\n"
    "    .cfi_undefined %rip\n"
    "    endbr64\n"
    "    xorl %ebp, %ebp\n"
    "    call *%rbx\n"
    "    ud2\n"
    "    .cfi_endproc\n"
    "    .size civic_fiber_begin, . - civic_fiber_begin\n"
    "    .popsection\n"
);


/* The record's address is aligned, so rsp is at the call in begin too. */
static int
civic_fiber_prepare(civic_fiber_t *fiber)
{
    civic_fiber_frame_t  *frame;

    frame = (civic_fiber_frame_t *) (void *) fiber - 1;

    *frame = (civic_fiber_frame_t) {
        .mxcsr = CIVIC_FIBER_MXCSR,
        .x87_control = CIVIC_FIBER_X87,
        .rbx = (void *) (uintptr_t) civic_fiber_main,
        .rip = civic_fiber_begin
    };

    fiber->sp = frame;

    return 0;
}


static void
civic_fiber_switch_in(civic_fiber_t *fiber)
{
    civic_fiber_switch(&fiber->main_sp, fiber->sp);
}


static void
civic_fiber_switch_out(civic_fiber_t *fiber)
{
    civic_fiber_switch(&fiber->sp, fiber->main_sp);
}


/* A hardware shadow stack would not follow the switch and kill the worker;
   the instruction leaves its register alone where there is none. */
static int
civic_fiber_supported(void)
{
    uintptr_t  shadow = 0;

    __asm__ volatile ("rdsspq %0" : "+r" (shadow));

    return shadow == 0;
}

#else /* ucontext */

static int
civic_fiber_prepare(civic_fiber_t *fiber)
{
    if (getcontext(&fiber->context) != 0) {
        return -1;
    }

    fiber->context.uc_stack.ss_sp = fiber->stack;
    fiber->context.uc_stack.ss_size = (size_t) ((char *) fiber - fiber->stack);
    fiber->context.uc_link = NULL;
    makecontext(&fiber->context, civic_fiber_main, 0);

    return 0;
}


static void
civic_fiber_switch_in(civic_fiber_t *fiber)
{
    ucontext_t  here;

    fiber->main_context = &here;
    swapcontext(&here, &fiber->context);
}


static void
civic_fiber_switch_out(civic_fiber_t *fiber)
{
    swapcontext(&fiber->context, fiber->main_context);
}


static int
civic_fiber_supported(void)
{
    return 1;
}

#endif


/* ---- what AddressSanitizer is told ------------------------------------- */

#ifdef __SANITIZE_ADDRESS__

static void
civic_fiber_enter(civic_fiber_t *fiber)
{
    void  *fake_stack;

    __sanitizer_start_switch_fiber(&fake_stack, fiber->stack,
                                   (size_t) ((char *) fiber - fiber->stack));
    civic_fiber_switch_in(fiber);
    __sanitizer_finish_switch_fiber(fake_stack, NULL, NULL);
}


static void
civic_fiber_entered(civic_fiber_t *fiber)
{
    __sanitizer_finish_switch_fiber(fiber->fake_stack, &fiber->main_stack,
                                    &fiber->main_size);
}


/* Without a place to keep it, the fake stack of an ended fiber is freed. */
static void
civic_fiber_leave(civic_fiber_t *fiber)
{
    void  **keep;

    keep = fiber->state == CIVIC_FIBER_ENDED ? NULL : &fiber->fake_stack;

    __sanitizer_start_switch_fiber(keep, fiber->main_stack, fiber->main_size);
    civic_fiber_switch_out(fiber);
    civic_fiber_entered(fiber);
}


/* The frames that never returned have left their marks behind. */
static void
civic_fiber_forget(civic_fiber_t *fiber)
{
    fiber->fake_stack = NULL;
    __asan_unpoison_memory_region(fiber->stack, CIVIC_FIBER_STACK);
}

#else

static inline void
civic_fiber_enter(civic_fiber_t *fiber)
{
    civic_fiber_switch_in(fiber);
}


static inline void
civic_fiber_entered(civic_fiber_t *fiber)
{
    (void) fiber;
}


static inline void
civic_fiber_leave(civic_fiber_t *fiber)
{
    civic_fiber_switch_out(fiber);
}


static inline void
civic_fiber_forget(civic_fiber_t *fiber)
{
    (void) fiber;
}

#endif


/* ---- stacks ------------------------------------------------------------ */

static civic_fiber_t *
civic_fiber_map(civic_fiber_pool_t *pool)
{
    char           *low;
    civic_fiber_t  *fiber;

    /* MAP_STACK also keeps huge pages away from what shall cost one page. */

    low = mmap(NULL, CIVIC_FIBER_MAPPING, PROT_NONE,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (low == MAP_FAILED) {
        return NULL;
    }

    if (mprotect(low + CIVIC_FIBER_GUARD, CIVIC_FIBER_STACK,
                 PROT_READ | PROT_WRITE)
        != 0)
    {
        munmap(low, CIVIC_FIBER_MAPPING);
        return NULL;
    }

    fiber = (civic_fiber_t *) (void *)
            (low + CIVIC_FIBER_MAPPING
             - (sizeof(civic_fiber_t) + CIVIC_FIBER_ALIGN - 1)
               / CIVIC_FIBER_ALIGN * CIVIC_FIBER_ALIGN);

    fiber->pool = pool;
    fiber->stack = low + CIVIC_FIBER_GUARD;
    fiber->valgrind_id = VALGRIND_STACK_REGISTER(fiber->stack, (char *) fiber);

    return fiber;
}


static void
civic_fiber_unmap(civic_fiber_t *fiber)
{
    VALGRIND_STACK_DEREGISTER(fiber->valgrind_id);
    munmap(fiber->stack - CIVIC_FIBER_GUARD, CIVIC_FIBER_MAPPING);
}


static void
civic_fiber_pool_free(civic_fiber_pool_t *pool)
{
    civic_fiber_pool_t  **link;

    for (link = &civic_fiber_pools; *link != NULL; link = &(*link)->next) {
        if (*link == pool) {
            *link = pool->next;
            break;
        }
    }

    free(pool);
}


civic_fiber_pool_t *
civic_fiber_pool_create(size_t keep)
{
    civic_fiber_pool_t  *pool;

    if (!civic_fiber_supported()) {
        errno = ENOTSUP;
        return NULL;
    }

    pool = calloc(1, sizeof(civic_fiber_pool_t));
    if (pool == NULL) {
        return NULL;
    }

    pool->keep = keep;
    pool->next = civic_fiber_pools;
    civic_fiber_pools = pool;

    return pool;
}


/* A fiber that still lives would crash on return from a stack that is gone:
   the last one to end takes the pool with it. */
void
civic_fiber_pool_destroy(civic_fiber_pool_t *pool)
{
    civic_fiber_t  *fiber;

    if (pool == NULL) {
        return;
    }

    while ((fiber = pool->idle) != NULL) {
        pool->idle = fiber->next;
        civic_fiber_unmap(fiber);
    }

    pool->idle_count = 0;
    pool->keep = 0;
    pool->closed = 1;

    if (pool->live == NULL) {
        civic_fiber_pool_free(pool);
    }
}


static civic_fiber_t *
civic_fiber_take(civic_fiber_pool_t *pool)
{
    civic_fiber_t  *fiber;

    fiber = pool->idle;
    if (fiber == NULL) {
        return civic_fiber_map(pool);
    }

    pool->idle = fiber->next;
    pool->idle_count--;

    return fiber;
}


static void
civic_fiber_put(civic_fiber_pool_t *pool, civic_fiber_t *fiber)
{
    civic_fiber_forget(fiber);

    if (pool->idle_count >= pool->keep) {
        civic_fiber_unmap(fiber);
        return;
    }

    fiber->next = pool->idle;
    pool->idle = fiber;
    pool->idle_count++;
}


static void
civic_fiber_release(civic_fiber_t *fiber)
{
    civic_fiber_pool_t  *pool = fiber->pool;

    if (fiber->prev != NULL) {
        fiber->prev->next = fiber->next;

    } else {
        pool->live = fiber->next;
    }

    if (fiber->next != NULL) {
        fiber->next->prev = fiber->prev;
    }

    civic_fiber_put(pool, fiber);

    if (pool->closed && pool->live == NULL) {
        civic_fiber_pool_free(pool);
    }
}


/* ---- fibers ------------------------------------------------------------ */

civic_fiber_t *
civic_fiber_create(civic_fiber_pool_t *pool, civic_fiber_pt fn, void *data)
{
    civic_fiber_t  *fiber;

    fiber = civic_fiber_take(pool);
    if (fiber == NULL) {
        return NULL;
    }

    if (civic_fiber_prepare(fiber) != 0) {
        civic_fiber_put(pool, fiber);
        return NULL;
    }

    fiber->state = CIVIC_FIBER_NEW;
    fiber->fn = fn;
    fiber->data = data;

    fiber->prev = NULL;
    fiber->next = pool->live;

    if (pool->live != NULL) {
        pool->live->prev = fiber;
    }

    pool->live = fiber;

    return fiber;
}


/* The first frame of every fiber; nobody can return from it. */
static void
civic_fiber_main(void)
{
    civic_fiber_t  *fiber = civic_fiber_running;

    civic_fiber_entered(fiber);
    fiber->fn(fiber->data);
    fiber->state = CIVIC_FIBER_ENDED;
    civic_fiber_leave(fiber);
    abort();
}


typedef struct {
    civic_fiber_t  *fiber;
    int             alive;
} civic_fiber_wish_t;


static void
civic_fiber_grant(void *data)
{
    civic_fiber_wish_t  *wish = data;

    wish->alive = civic_fiber_resume(wish->fiber);
}


int
civic_fiber_resume(civic_fiber_t *fiber)
{
    civic_fiber_wish_t  wish = { fiber, 1 };

    if (civic_fiber_running != NULL) {
        civic_fiber_on_main(civic_fiber_grant, &wish);
        return wish.alive;
    }

    /* It waits for the main stack, which is busy right here. */

    if (fiber->state == CIVIC_FIBER_CALLING) {
        return 1;
    }

    for ( ;; ) {
        fiber->state = CIVIC_FIBER_RUNNING;
        civic_fiber_running = fiber;
        civic_fiber_enter(fiber);
        civic_fiber_running = NULL;

        if (fiber->state != CIVIC_FIBER_CALLING) {
            break;
        }

        fiber->call(fiber->call_data);
    }

    if (fiber->state != CIVIC_FIBER_ENDED) {
        return 1;
    }

    civic_fiber_release(fiber);

    return 0;
}


void
civic_fiber_suspend(void)
{
    civic_fiber_t  *fiber = civic_fiber_running;

    if (fiber == NULL) {
        return;
    }

    fiber->state = CIVIC_FIBER_SUSPENDED;
    civic_fiber_leave(fiber);
}


civic_fiber_t *
civic_fiber_current(void)
{
    return civic_fiber_running;
}


void
civic_fiber_on_main(void (*fn)(void *data), void *data)
{
    civic_fiber_t  *fiber = civic_fiber_running;

    if (fiber == NULL) {
        fn(data);
        return;
    }

    fiber->call = fn;
    fiber->call_data = data;
    fiber->state = CIVIC_FIBER_CALLING;
    civic_fiber_leave(fiber);
}


/* ---- giving back ------------------------------------------------------- */

#ifdef CIVIC_FIBER_ASSEMBLY

void
civic_fiber_trim(civic_fiber_t *fiber)
{
    char       *low = fiber->stack;
    uintptr_t   page = (uintptr_t) sysconf(_SC_PAGESIZE);

    if (fiber->state == CIVIC_FIBER_SUSPENDED) {
        (void) madvise(low, ((uintptr_t) fiber->sp & ~(page - 1))
                            - (uintptr_t) low, MADV_DONTNEED);
    }
}

#else

void
civic_fiber_trim(civic_fiber_t *fiber)
{
    (void) fiber;
}

#endif


/* ---- how deep ---------------------------------------------------------- */

/* Looks at what lies below live frames, which no checker likes. */
__attribute__((no_sanitize("address")))
static size_t
civic_fiber_clean_bytes(const char *page, const char *end)
{
    const uintptr_t  *word = (const uintptr_t *) (const void *) page;

    while ((const char *) word < end && *word == 0) {
        word++;
    }

    return (size_t) ((const char *) word - page);
}


size_t
civic_fiber_stack_used(civic_fiber_t *fiber)
{
    size_t         page, n, used;
    const char    *low, *end;
    unsigned char  resident[CIVIC_FIBER_STACK / CIVIC_FIBER_MIN_PAGE];

    page = (size_t) sysconf(_SC_PAGESIZE);
    end = (const char *) fiber;

    if (mincore(fiber->stack, CIVIC_FIBER_STACK, resident) != 0) {
        return 0;
    }

    for (n = 0; n < CIVIC_FIBER_STACK / page; n++) {
        if (resident[n] & 1) {
            break;
        }
    }

    low = fiber->stack + n * page;

    VALGRIND_DISABLE_ERROR_REPORTING;
    used = (size_t) (end - low) - civic_fiber_clean_bytes(low, end);
    VALGRIND_ENABLE_ERROR_REPORTING;

    return used;
}
