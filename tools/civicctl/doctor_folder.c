/*
 * doctor_folder.c - a folder that workers write: rights, mode, room.
 *
 * Whether they can write it is tried, by a child that becomes their user and
 * does what they would do.
 */

#include <errno.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "doctor.h"

#define DOCTOR_ROOM_SHARE  10           /* percent free, below it a warning */

typedef struct {
    const char     *folder;
    doctor_try_pt   try;
} doctor_folder_t;


static const char *
doctor_folder_name(const doctor_t *doctor, const doctor_name_t *name)
{
    return doctor->ctl->language == CIVIC_ZH ? name->zh : name->en;
}


/* In the child. */
static int
doctor_folder_try(void *data)
{
    doctor_folder_t  *tried = data;

    return tried->try(tried->folder);
}


static void
doctor_folder_rights(doctor_t *doctor, const doctor_name_t *name,
    const char *folder, doctor_try_pt try)
{
    int              error;
    doctor_folder_t  tried = { .folder = folder, .try = try };

    if (!doctor->can_switch) {
        return;                         /* doctor_rights() has told */
    }

    error = doctor_as_user(doctor, doctor_folder_try, &tried);

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
