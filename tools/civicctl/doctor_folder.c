/*
 * doctor_folder.c - a folder that workers write: rights, mode, room.
 *
 * Whether they can write it is tried, by a child that becomes their user and
 * does what they would do.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <grp.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "doctor.h"

#define DOCTOR_ROOM_SHARE  10           /* percent free, below it a warning */


static const char *
doctor_folder_name(const doctor_t *doctor, const doctor_name_t *name)
{
    return doctor->ctl->language == CIVIC_ZH ? name->zh : name->en;
}


/* As the workers' user: 0, or an errno. */
static int
doctor_folder_try(const doctor_t *doctor, const char *folder,
    doctor_try_pt try)
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

        _exit(try(folder));
    }

    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            return errno;
        }
    }

    return WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
}


static void
doctor_folder_rights(doctor_t *doctor, const doctor_name_t *name,
    const char *folder, doctor_try_pt try)
{
    int  error;

    if (!doctor->can_switch) {
        return;                         /* doctor_rights() has told */
    }

    error = doctor_folder_try(doctor, folder, try);

    if (error != 0) {
        doctor_tell(doctor, DOCTOR_PROBLEM,
                    "%s：用户 \"%s\" 无法写入 %s：%s",
                    "%s: user \"%s\" cannot write %s: %s",
                    doctor_folder_name(doctor, name), doctor->user, folder,
                    strerror(error));
    } else {
        doctor_tell(doctor, DOCTOR_FINE, "%s：用户 \"%s\" 可写 %s",
                    "%s: user \"%s\" can write %s",
                    doctor_folder_name(doctor, name), doctor->user, folder);
    }
}


static void
doctor_folder_room(doctor_t *doctor, const doctor_name_t *name,
    const char *folder)
{
    double          share, gigabytes;
    doctor_grade_t  grade;
    struct statvfs  fs;

    if (statvfs(folder, &fs) != 0 || fs.f_blocks == 0) {
        return;
    }

    share = 100.0 * (double) fs.f_bavail / (double) fs.f_blocks;
    gigabytes = (double) fs.f_bavail * (double) fs.f_frsize / 1e9;
    grade = share < DOCTOR_ROOM_SHARE ? DOCTOR_WARNING : DOCTOR_FINE;

    doctor_tell(doctor, grade, "%s：剩余 %.1f GB（%.0f%%）",
                "%s: %.1f GB free (%.0f %%)",
                doctor_folder_name(doctor, name), gigabytes, share);
}


/* Nobody but the workers has a reason to look, even at noise. */
static void
doctor_folder_mode(doctor_t *doctor, const doctor_name_t *name,
    const char *folder, mode_t mode)
{
    if ((mode & 077) != 0) {
        doctor_tell(doctor, DOCTOR_WARNING,
                    "%s：%s 的权限是 %04o，应为 0700",
                    "%s: %s has mode %04o, expected 0700",
                    doctor_folder_name(doctor, name), folder,
                    (unsigned) mode & 07777);
    }
}


int
doctor_folder(doctor_t *doctor, const doctor_name_t *name,
    const char *folder, doctor_try_pt try)
{
    struct stat  st;

    if (stat(folder, &st) != 0) {
        doctor_tell(doctor, DOCTOR_WARNING,
                    "%s：%s：%s（nginx 启动时建立）",
                    "%s: %s: %s (nginx makes it at its start)",
                    doctor_folder_name(doctor, name), folder,
                    strerror(errno));
        return -1;
    }

    if (!S_ISDIR(st.st_mode)) {
        doctor_tell(doctor, DOCTOR_PROBLEM, "%s：%s 不是文件夹",
                    "%s: %s is no folder", doctor_folder_name(doctor, name),
                    folder);
        return -1;
    }

    doctor_folder_mode(doctor, name, folder, st.st_mode);
    doctor_folder_rights(doctor, name, folder, try);
    doctor_folder_room(doctor, name, folder);

    return 0;
}
