/*
 * sandbox.c - see sandbox.h.
 *
 * The order matters: what takes rights to give up comes first, the list of
 * system calls, under which none of the rest could be done, last.
 *
 * With sanitizers there is no bound of the address space, for they reserve
 * terabytes, and a call that is not on the list fails instead of ending the
 * worker, so that what they found can be told.
 */

#define _GNU_SOURCE                     /* unshare() */

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox.h"

#ifdef __SANITIZE_ADDRESS__
#define SANDBOX_DEFAULT  SCMP_ACT_ERRNO(EPERM)
#define SANDBOX_SANITIZED  1
#else
#define SANDBOX_DEFAULT  SCMP_ACT_KILL_PROCESS
#define SANDBOX_SANITIZED  0
#endif

/* The socket, one connection, stderr, and what select() and its like add. */
#define SANDBOX_FILES  16

/* Redis and nginx are worth more than a picture. */
#define SANDBOX_OOM_SCORE  "500"

/* OpenBLAS asks on which node its memory should lie, and can do without. */
static const int  refused_calls[] = {
    SCMP_SYS(mbind), SCMP_SYS(get_mempolicy), SCMP_SYS(set_mempolicy)
};

/* Without a look at their arguments. */
static const int  calls[] = {
    /* a connection */
    SCMP_SYS(accept), SCMP_SYS(accept4), SCMP_SYS(select), SCMP_SYS(pselect6),
    SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(read), SCMP_SYS(readv),
    SCMP_SYS(recvfrom), SCMP_SYS(recvmsg), SCMP_SYS(write), SCMP_SYS(writev),
    SCMP_SYS(sendto), SCMP_SYS(sendmsg), SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt), SCMP_SYS(shutdown), SCMP_SYS(close),
    SCMP_SYS(fcntl),

    /* memory */
    SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),

    /* time */
    SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(time),
    SCMP_SYS(setitimer),

    /* itself */
    SCMP_SYS(futex), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getrandom),
    SCMP_SYS(sched_yield), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigaction), SCMP_SYS(restart_syscall), SCMP_SYS(exit),
    SCMP_SYS(exit_group),

#if SANDBOX_SANITIZED
    SCMP_SYS(sigaltstack), SCMP_SYS(getrlimit), SCMP_SYS(prlimit64),
    SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(readlink), SCMP_SYS(fstat),
    SCMP_SYS(newfstatat), SCMP_SYS(pread64), SCMP_SYS(lseek),
    SCMP_SYS(mmap), SCMP_SYS(mprotect), SCMP_SYS(prctl),
    SCMP_SYS(sched_getaffinity),
#endif
};


static int
failed(char why[SANDBOX_WHY], const char *what)
{
    (void) snprintf(why, SANDBOX_WHY, "%s: %s", what, strerror(errno));
    return -1;
}


/* ---- rights -------------------------------------------------------------- */

/* Best effort: a worker that may not do it has no socket() either. */
static void
sandbox_no_network(void)
{
    if (unshare(CLONE_NEWNET) != 0) {
        (void) unshare(CLONE_NEWUSER | CLONE_NEWNET);
    }
}


static void
sandbox_die_first(void)
{
    int  fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

    if (fd != -1) {
        if (write(fd, SANDBOX_OOM_SCORE, sizeof(SANDBOX_OOM_SCORE) - 1) < 0) {
            (void) errno;               /* then as likely as the others */
        }

        (void) close(fd);
    }
}


static int
sandbox_user(const options_t *options, char why[SANDBOX_WHY])
{
    int  capability;

    if (geteuid() != 0) {
        return 0;
    }

    /* In one loop to the first that the kernel does not know. */
    for (capability = 0;
         prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0;
         capability++)
    {
        continue;
    }

    if (setgroups(0, NULL) != 0
        || setresgid(options->user_group, options->user_group,
                     options->user_group) != 0
        || setresuid(options->user, options->user, options->user) != 0)
    {
        return failed(why, "cannot become --user");
    }

    return 0;
}


/* A parent that is no root may still have been given some. */
static int
sandbox_capabilities(char why[SANDBOX_WHY])
{
    struct __user_cap_header_struct  head = {
        .version = _LINUX_CAPABILITY_VERSION_3, .pid = 0
    };
    struct __user_cap_data_struct    none[2];

    memset(none, 0, sizeof(none));
    (void) prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);

    if (syscall(SYS_capset, &head, none) != 0) {
        return failed(why, "cannot drop capabilities");
    }

    return 0;
}


static int
sandbox_process(pid_t parent, char why[SANDBOX_WHY])
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
        || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0
        || prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0)
    {
        return failed(why, "prctl");
    }

    if (getppid() != parent) {
        (void) snprintf(why, SANDBOX_WHY, "the parent has ended");
        return -1;
    }

    return 0;
}


/* ---- limits -------------------------------------------------------------- */

static int
sandbox_limit(int what, rlim_t most)
{
    struct rlimit  limit = { most, most };

    return setrlimit((__rlimit_resource_t) what, &limit);
}


/* Bytes of address space that are taken already: libraries and models, most
   of it shared with the parent. */
static rlim_t
sandbox_taken(void)
{
    FILE           *file = fopen("/proc/self/statm", "re");
    unsigned long   pages = 0;

    if (file == NULL) {
        return 0;
    }

    if (fscanf(file, "%lu", &pages) != 1) {
        pages = 0;
    }

    (void) fclose(file);

    return (rlim_t) pages * (rlim_t) sysconf(_SC_PAGESIZE);
}


/* The one file that a worker may have, then, and make longer. */
static int
sandbox_logs_to_file(void)
{
    struct stat  st;

    return fstat(STDERR_FILENO, &st) == 0 && S_ISREG(st.st_mode);
}


static int
sandbox_limits(const options_t *options, char why[SANDBOX_WHY])
{
    rlim_t  memory = (rlim_t) options->memory * 1024 * 1024;
    rlim_t  taken = sandbox_taken();

    if (taken == 0) {
        (void) snprintf(why, SANDBOX_WHY, "cannot read /proc/self/statm, by "
                        "which memory is limited");
        return -1;
    }

    if ((!SANDBOX_SANITIZED && sandbox_limit(RLIMIT_AS, taken + memory) != 0)
        || sandbox_limit(RLIMIT_CORE, 0) != 0
        || sandbox_limit(RLIMIT_NOFILE, SANDBOX_FILES) != 0
        || (!sandbox_logs_to_file() && sandbox_limit(RLIMIT_FSIZE, 0) != 0))
    {
        return failed(why, "setrlimit");
    }

    return 0;
}


/* ---- system calls -------------------------------------------------------- */

static int
sandbox_allow(scmp_filter_ctx list)
{
    size_t  i;
    int     status = 0;

    for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        status |= seccomp_rule_add(list, SCMP_ACT_ALLOW, calls[i], 0);
    }

    for (i = 0; i < sizeof(refused_calls) / sizeof(refused_calls[0]); i++) {
        status |= seccomp_rule_add(list, SCMP_ACT_ERRNO(ENOSYS),
                                   refused_calls[i], 0);
    }

#if !SANDBOX_SANITIZED
    /* Memory that can be written never becomes code. */
    status |= seccomp_rule_add(list, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
                               SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    status |= seccomp_rule_add(list, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                               SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
#endif

    /* abort() */
    status |= seccomp_rule_add(list, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                               SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t) getpid()));

    return status;
}


static int
sandbox_calls(char why[SANDBOX_WHY])
{
    int              status;
    scmp_filter_ctx  list = seccomp_init(SANDBOX_DEFAULT);

    if (list == NULL) {
        return failed(why, "seccomp_init");
    }

    status = sandbox_allow(list);

    if (status == 0) {
        status = seccomp_load(list);
    }

    seccomp_release(list);

    if (status != 0) {
        (void) snprintf(why, SANDBOX_WHY, "the list of system calls is not "
                        "taken: %s", strerror(-status));
        return -1;
    }

    return 0;
}


int
sandbox_enter(const options_t *options, pid_t parent, char why[SANDBOX_WHY])
{
    sandbox_die_first();
    sandbox_no_network();

    if (sandbox_user(options, why) != 0
        || sandbox_capabilities(why) != 0
        || sandbox_process(parent, why) != 0
        || sandbox_limits(options, why) != 0
        || sandbox_calls(why) != 0)
    {
        return -1;
    }

    return 0;
}
