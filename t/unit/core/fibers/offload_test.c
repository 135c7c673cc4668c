/*
 * offload_test.c - work on threads, and its way back to the loop.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/resource.h>

#include <cmocka.h>

#include "offload.h"

#define MANY  20000

typedef struct {
    civic_offload_task_t  task;
    atomic_int            worked;
    int                   done;
    int                   dropped;
    int                   policy;
    int                   nice;
    int                   blocked;
    pthread_t             thread;
} job_t;

static pthread_t   loop;
static atomic_int  gate_open;
static atomic_int  at_gate;
static int         done_count;


static int
setup(void **state)
{
    (void) state;

    loop = pthread_self();
    atomic_store(&gate_open, 0);
    atomic_store(&at_gate, 0);
    done_count = 0;

    return 0;
}


static void
nap(long ns)
{
    struct timespec  t = { 0, ns };

    nanosleep(&t, NULL);
}


static void
work(void *data)
{
    job_t     *job = data;
    sigset_t   mask;

    job->thread = pthread_self();
    job->policy = sched_getscheduler(0);
    job->nice = getpriority(PRIO_PROCESS, (id_t) gettid());
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    job->blocked = sigismember(&mask, SIGTERM) && sigismember(&mask, SIGCHLD);
    atomic_fetch_add(&job->worked, 1);
}


static void
wait_at_gate(void *data)
{
    atomic_fetch_add(&at_gate, 1);

    while (!atomic_load(&gate_open)) {
        nap(100000);
    }

    work(data);
}


static void
done(civic_offload_task_t *task)
{
    job_t  *job = task->context;

    assert_true(pthread_equal(pthread_self(), loop));
    job->done++;
    job->dropped = task->dropped;

    done_count++;
}


static civic_offload_task_t *
prepare(job_t *job, void (*fn)(void *data))
{
    memset(job, 0, sizeof(*job));
    job->task.work = fn;
    job->task.data = job;
    job->task.done = done;
    job->task.context = job;

    return &job->task;
}


/* As the loop does it; gives up after ten seconds. */
static void
collect_until(civic_offload_t *pool, int count)
{
    int            rounds;
    struct pollfd  fd = { civic_offload_fd(pool), POLLIN, 0 };

    for (rounds = 0; done_count < count && rounds < 100000; rounds++) {
        assert_int_equal(poll(&fd, 1, 10000), 1);
        civic_offload_collect(pool);
    }

    assert_int_equal(done_count, count);
}


static void
wait_for_gate(int count)
{
    int  rounds;

    for (rounds = 0; atomic_load(&at_gate) < count; rounds++) {
        assert_true(rounds < 50000);
        nap(200000);
    }
}


static void
works_on_a_thread_and_is_done_on_the_loop(void **state)
{
    job_t             job;
    civic_offload_t  *pool;

    (void) state;

    pool = civic_offload_create(2, 4, CIVIC_OFFLOAD_ORDINARY);
    assert_non_null(pool);
    assert_int_equal(civic_offload_pending(pool), 0);

    assert_int_equal(civic_offload_submit(pool, prepare(&job, work)), 0);
    assert_int_equal(civic_offload_pending(pool), 1);
    assert_int_equal(job.done, 0);

    collect_until(pool, 1);

    assert_int_equal(atomic_load(&job.worked), 1);
    assert_int_equal(job.done, 1);
    assert_int_equal(job.dropped, 0);
    assert_false(pthread_equal(job.thread, loop));
    assert_int_equal(job.policy, SCHED_OTHER);
    assert_true(job.blocked);
    assert_int_equal(civic_offload_pending(pool), 0);

    civic_offload_destroy(pool);
}


static void
idle_threads_are_idle_and_the_loop_is_not(void **state)
{
    job_t             job;
    civic_offload_t  *pool;

    (void) state;

    pool = civic_offload_create(1, 1, CIVIC_OFFLOAD_IDLE);
    civic_offload_submit(pool, prepare(&job, work));
    collect_until(pool, 1);
    assert_int_equal(job.policy, SCHED_IDLE);
    assert_int_equal(sched_getscheduler(0), SCHED_OTHER);
    civic_offload_destroy(pool);
}


static void
low_threads_are_low_and_the_loop_is_not(void **state)
{
    job_t             job;
    civic_offload_t  *pool;

    (void) state;

    pool = civic_offload_create(1, 1, CIVIC_OFFLOAD_LOW);
    civic_offload_submit(pool, prepare(&job, work));
    collect_until(pool, 1);
    assert_int_equal(job.policy, SCHED_OTHER);
    assert_int_equal(job.nice, 19);
    assert_int_not_equal(getpriority(PRIO_PROCESS, 0), 19);
    civic_offload_destroy(pool);
}


static void
the_loops_signals_stay_as_they_were(void **state)
{
    sigset_t          mask;
    civic_offload_t  *pool;

    (void) state;

    pool = civic_offload_create(2, 1, CIVIC_OFFLOAD_ORDINARY);
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    assert_false(sigismember(&mask, SIGTERM));
    civic_offload_destroy(pool);
}


static void
the_queue_is_bounded(void **state)
{
    int               i;
    job_t             jobs[6];
    civic_offload_t  *pool;

    (void) state;

    pool = civic_offload_create(2, 3, CIVIC_OFFLOAD_ORDINARY);

    for (i = 0; i < 5; i++) {
        assert_int_equal(civic_offload_submit(pool, prepare(&jobs[i],
                                                            wait_at_gate)),
                         0);
    }

    assert_int_equal(civic_offload_submit(pool, prepare(&jobs[5], work)), -1);
    wait_for_gate(2);
    assert_int_equal(civic_offload_submit(pool, prepare(&jobs[5], work)), -1);
    assert_int_equal(civic_offload_pending(pool), 5);
    assert_int_equal(atomic_load(&at_gate), 2);

    atomic_store(&gate_open, 1);
    collect_until(pool, 5);
    assert_int_equal(civic_offload_submit(pool, &jobs[5].task), 0);
    collect_until(pool, 6);

    for (i = 0; i < 6; i++) {
        assert_int_equal(atomic_load(&jobs[i].worked), 1);
        assert_int_equal(jobs[i].done, 1);
    }

    civic_offload_destroy(pool);
}


static void
a_pool_without_a_queue_takes_what_its_threads_can(void **state)
{
    job_t             jobs[2];
    civic_offload_t  *pool;

    (void) state;

    pool = civic_offload_create(1, 0, CIVIC_OFFLOAD_ORDINARY);
    assert_int_equal(civic_offload_submit(pool, prepare(&jobs[0],
                                                        wait_at_gate)), 0);
    assert_int_equal(civic_offload_submit(pool, prepare(&jobs[1], work)), -1);
    atomic_store(&gate_open, 1);
    collect_until(pool, 1);
    civic_offload_destroy(pool);
}


static int  first_in[8];
static int  first_count;


static void
note_order(civic_offload_task_t *task)
{
    job_t  *job = task->context;

    first_in[first_count++] = job->policy;
    done_count++;
}


static void
keep_policy(void *data)
{
    job_t  *job = data;

    atomic_fetch_add(&job->worked, 1);
}


static void
one_thread_keeps_the_order(void **state)
{
    int               i;
    job_t             jobs[8], gate;
    civic_offload_t  *pool;

    (void) state;

    first_count = 0;
    pool = civic_offload_create(1, 10, CIVIC_OFFLOAD_ORDINARY);
    civic_offload_submit(pool, prepare(&gate, wait_at_gate));

    for (i = 0; i < 8; i++) {
        prepare(&jobs[i], keep_policy);
        jobs[i].policy = i;
        jobs[i].task.done = note_order;
        assert_int_equal(civic_offload_submit(pool, &jobs[i].task), 0);
    }

    atomic_store(&gate_open, 1);
    collect_until(pool, 9);

    for (i = 0; i < 8; i++) {
        assert_int_equal(first_in[i], i);
    }

    civic_offload_destroy(pool);
}


/* Each may hold the loop for a while: the others are for its next turns. */
static void
collects_few_in_a_turn(void **state)
{
    int               i, told;
    job_t             jobs[10];
    struct pollfd     fd;
    civic_offload_t  *pool;

    (void) state;

    pool = civic_offload_create(1, 10, CIVIC_OFFLOAD_ORDINARY);
    fd = (struct pollfd) { civic_offload_fd(pool), POLLIN, 0 };

    for (i = 0; i < 10; i++) {
        civic_offload_submit(pool, prepare(&jobs[i], work));
    }

    for (i = 0; i < 10; i++) {
        while (atomic_load(&jobs[i].worked) == 0) {
            nap(100000);
        }
    }

    for (told = 0; done_count < 10; told = done_count) {
        assert_int_equal(poll(&fd, 1, 10000), 1);
        civic_offload_collect(pool);
        assert_in_range(done_count - told, 0, 4);

        for (i = told; i < done_count; i++) {
            assert_int_equal(jobs[i].done, 1);
        }
    }

    /* and those of nobody's turn any more */

    for (i = 0; i < 10; i++) {
        civic_offload_submit(pool, prepare(&jobs[i], work));
    }

    civic_offload_destroy(pool);
    assert_int_equal(done_count, 20);
}


static void
collecting_nothing_does_not_wait(void **state)
{
    civic_offload_t  *pool;

    (void) state;

    pool = civic_offload_create(1, 1, CIVIC_OFFLOAD_ORDINARY);
    civic_offload_collect(pool);
    civic_offload_collect(pool);
    assert_int_equal(done_count, 0);
    civic_offload_destroy(pool);
}


static void
the_event_is_cleared(void **state)
{
    job_t             job;
    struct pollfd     fd = { 0, POLLIN, 0 };
    civic_offload_t  *pool;

    (void) state;

    pool = civic_offload_create(1, 1, CIVIC_OFFLOAD_ORDINARY);
    fd.fd = civic_offload_fd(pool);
    assert_int_equal(poll(&fd, 1, 0), 0);
    civic_offload_submit(pool, prepare(&job, work));
    collect_until(pool, 1);

    /* the thread pushes first and writes then: the write may come late */
    while (poll(&fd, 1, 50) == 1) {
        civic_offload_collect(pool);
    }

    assert_int_equal(poll(&fd, 1, 0), 0);
    assert_int_equal(job.done, 1);
    civic_offload_destroy(pool);
}


static civic_offload_t  *again_pool;
static int               again_left;


static void
submit_again(civic_offload_task_t *task)
{
    done_count++;

    if (again_left-- > 0) {
        assert_int_equal(civic_offload_submit(again_pool, task), 0);
    }
}


static void
done_may_submit_again(void **state)
{
    job_t  job;

    (void) state;

    again_left = 1000;
    again_pool = civic_offload_create(1, 0, CIVIC_OFFLOAD_ORDINARY);
    prepare(&job, work);
    job.task.done = submit_again;
    assert_int_equal(civic_offload_submit(again_pool, &job.task), 0);
    collect_until(again_pool, 1001);
    assert_int_equal(atomic_load(&job.worked), 1001);
    civic_offload_destroy(again_pool);
}


static void
free_task(civic_offload_task_t *task)
{
    free(task->context);
    done_count++;
}


static void
many_tasks_each_once(void **state)
{
    int               i, idle, worked;
    job_t            *jobs, *job;
    civic_offload_t  *pool;

    (void) state;

    jobs = calloc(MANY, sizeof(job_t));
    assert_non_null(jobs);

    for (idle = 0; idle < 2; idle++) {
        done_count = 0;
        pool = civic_offload_create(4, 61, idle);

        for (i = 0; i < MANY; i++) {
            prepare(&jobs[i], work);

            while (civic_offload_submit(pool, &jobs[i].task) != 0) {
                civic_offload_collect(pool);
                sched_yield();
            }
        }

        collect_until(pool, MANY);

        for (i = 0, worked = 0; i < MANY; i++) {
            worked += atomic_load(&jobs[i].worked);
            assert_int_equal(jobs[i].done, 1);
        }

        assert_int_equal(worked, MANY);
        civic_offload_destroy(pool);
    }

    free(jobs);

    /* tasks that are freed as soon as they are done */

    done_count = 0;
    pool = civic_offload_create(3, 10, CIVIC_OFFLOAD_ORDINARY);

    for (i = 0; i < 2000; i++) {
        job = malloc(sizeof(job_t));
        prepare(job, work);
        job->task.done = free_task;

        while (civic_offload_submit(pool, &job->task) != 0) {
            civic_offload_collect(pool);
            sched_yield();
        }
    }

    collect_until(pool, 2000);
    civic_offload_destroy(pool);
}


static void *
opens_the_gate(void *data)
{
    (void) data;

    nap(20000000);
    atomic_store(&gate_open, 1);

    return NULL;
}


static void
destroying_waits_for_running_and_drops_waiting(void **state)
{
    int               i;
    job_t             jobs[7];
    pthread_t         opener;
    civic_offload_t  *pool;

    (void) state;

    pool = civic_offload_create(2, 5, CIVIC_OFFLOAD_ORDINARY);

    for (i = 0; i < 7; i++) {
        civic_offload_submit(pool, prepare(&jobs[i], wait_at_gate));
    }

    wait_for_gate(2);
    assert_int_equal(pthread_create(&opener, NULL, opens_the_gate, NULL), 0);
    civic_offload_destroy(pool);
    pthread_join(opener, NULL);

    assert_int_equal(done_count, 7);

    for (i = 0; i < 7; i++) {
        assert_int_equal(jobs[i].done, 1);
        assert_int_equal(atomic_load(&jobs[i].worked), !jobs[i].dropped);
    }

    /* the two that ran were the first; all others were told */
    for (i = 0; i < 7; i++) {
        assert_int_equal(jobs[i].dropped, i >= 2);
    }

    civic_offload_destroy(NULL);
}


static void
submit_is_refused(civic_offload_task_t *task)
{
    assert_int_equal(civic_offload_submit(again_pool, task), -1);
    done_count++;
}


static void
nothing_is_taken_while_it_is_destroyed(void **state)
{
    job_t  job;

    (void) state;

    again_pool = civic_offload_create(1, 5, CIVIC_OFFLOAD_ORDINARY);
    prepare(&job, work);
    job.task.done = submit_is_refused;
    civic_offload_submit(again_pool, &job.task);
    civic_offload_destroy(again_pool);
    assert_int_equal(done_count, 1);
}


static void
absurd_sizes_are_refused(void **state)
{
    (void) state;

    assert_null(civic_offload_create(0, 1, CIVIC_OFFLOAD_ORDINARY));
    assert_null(civic_offload_create(100000, 1, 0));
    assert_null(civic_offload_create(1, SIZE_MAX, 0));
}


#ifndef __SANITIZE_ADDRESS__
#ifndef __SANITIZE_THREAD__

static atomic_int  burn;


static void
burn_until_told(void *data)
{
    volatile unsigned  n = 0;

    while (atomic_load_explicit(&burn, memory_order_relaxed)) {
        n++;
    }

    work(data);
}


/* How often this thread had to give its processor to others; who waits for a
   lock gives it by himself. */
static long
put_off(void)
{
    struct rusage  usage;

    (void) getrusage(RUSAGE_THREAD, &usage);

    return usage.ru_nivcsw;
}


/* Idle threads on every processor, and ordinary load beside them: what the
   loop does must still take it microseconds. */
static void
busy_idle_threads_do_not_hold_the_loop(void **state)
{
    int               i, slow = 0;
    long              ns, before;
    job_t             jobs[300];
    struct timespec   t0, t1;
    civic_offload_t  *pool;

    (void) state;

    atomic_store(&burn, 1);
    pool = civic_offload_create(4, 400, 1);

    for (i = 0; i < 300; i++) {
        prepare(&jobs[i], i < 3 ? burn_until_told : work);
        before = put_off();
        clock_gettime(CLOCK_MONOTONIC, &t0);
        assert_int_equal(civic_offload_submit(pool, &jobs[i].task), 0);
        civic_offload_collect(pool);
        clock_gettime(CLOCK_MONOTONIC, &t1);
        ns = (t1.tv_sec - t0.tv_sec) * 1000000000L + t1.tv_nsec - t0.tv_nsec;
        slow += ns > 1000000 && put_off() == before;
        nap(100000);
    }

    atomic_store(&burn, 0);
    collect_until(pool, 300);
    print_message("offload: %d of 300 rounds over 1 ms\n", slow);

    /* others share the machine, so some may be; a lock makes many */
    assert_true(slow <= 15);
    civic_offload_destroy(pool);
}

#endif
#endif


/* The gate stands for a processor that others keep busy. */
static void
what_stands_still_is_relieved(void **state)
{
    int               i;
    job_t             held, waiting;
    civic_offload_t  *pool;

    (void) state;

    pool = civic_offload_create(1, 8, 1);
    assert_int_equal(civic_offload_submit(pool, prepare(&held, wait_at_gate)),
                     0);

    while (!atomic_load(&at_gate)) {
        nap(100000);
    }

    assert_int_equal(civic_offload_submit(pool, prepare(&waiting, work)), 0);

    civic_offload_relieve(pool);
    nap(50000000);
    assert_int_equal(atomic_load(&waiting.worked), 0);  /* it is too early */

    for (i = 0; i < 100 && !atomic_load(&waiting.worked); i++) {
        civic_offload_relieve(pool);
        nap(50000000);
    }

    assert_int_equal(atomic_load(&waiting.worked), 1);
    assert_int_equal(waiting.policy, SCHED_OTHER);
    assert_int_equal(atomic_load(&held.worked), 0);

    atomic_store(&gate_open, 1);
    collect_until(pool, 2);
    assert_int_equal(held.policy, SCHED_IDLE);

    civic_offload_destroy(pool);
}


#define TEST(fn)  cmocka_unit_test_setup(fn, setup)

int
main(void)
{
    const struct CMUnitTest  tests[] = {
        TEST(works_on_a_thread_and_is_done_on_the_loop),
        TEST(idle_threads_are_idle_and_the_loop_is_not),
        TEST(low_threads_are_low_and_the_loop_is_not),
        TEST(the_loops_signals_stay_as_they_were),
        TEST(the_queue_is_bounded),
        TEST(a_pool_without_a_queue_takes_what_its_threads_can),
        TEST(one_thread_keeps_the_order),
        TEST(collects_few_in_a_turn),
        TEST(collecting_nothing_does_not_wait),
        TEST(the_event_is_cleared),
        TEST(done_may_submit_again),
        TEST(many_tasks_each_once),
        TEST(destroying_waits_for_running_and_drops_waiting),
        TEST(nothing_is_taken_while_it_is_destroyed),
        TEST(absurd_sizes_are_refused),
        TEST(what_stands_still_is_relieved),
#ifndef __SANITIZE_ADDRESS__
#ifndef __SANITIZE_THREAD__
        TEST(busy_idle_threads_do_not_hold_the_loop),
#endif
#endif
    };

    /* The loop's own policy is looked at: it is not that of who runs this. */
    sched_setscheduler(0, SCHED_OTHER, &(struct sched_param) { 0 });

    return cmocka_run_group_tests(tests, NULL, NULL);
}
