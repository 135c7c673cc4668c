/*
 * doctor_user.c - what the workers' user can do, asked of the kernel: a
 * child becomes that user, with its groups, and tries.
 *
 * That needs root: only if can_switch.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <grp.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doctor.h"


int
doctor_as_user(const doctor_t *doctor, doctor_deed_pt deed, void *data)
{
    int    status;
    pid_t  pid = fork();

    if (pid < 0) {
        return errno;
    }

    if (pid == 0) {
        if (initgroups(doctor->user, doctor->gid) != 0
            || setgid(doctor->gid) != 0 || setuid(doctor->uid) != 0)
        {
            _exit(errno);
        }

        _exit(deed(data));
    }

    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            return errno;
        }
    }

    return WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
}
