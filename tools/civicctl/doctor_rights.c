/*
 * doctor_rights.c - what the workers' user can read.
 *
 * A child that became that user opens the files.  That needs root; without
 * it only owner and mode of the keyring are looked at.
 */

#define _GNU_SOURCE

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doctor.h"

#define DOCTOR_RULES    "/etc/civic/rules"
#define DOCTOR_SCRIPTS  "/usr/share/civic/redis"
#define DOCTOR_KEYRING  "/etc/civic/keyring.json"
#define DOCTOR_USER     "nobody"

#define DOCTOR_NAME     (sizeof(((struct dirent *) NULL)->d_name) + 1)

typedef struct {
    const char  *path;
    char        *file;                  /* "/" and the name of the culprit */
} doctor_read_t;


/* Who the workers are: "user name [group];", else nginx's --user. */
static void
doctor_find_user(doctor_t *doctor, ctl_conf_t *conf)
{
    static char             built_in[64];
    struct group           *group;
    struct passwd          *passwd;
    const ctl_directive_t  *directive = ctl_conf_next(conf, "user", NULL);

    if (directive != NULL && directive->count > 0) {
        doctor->user = directive->words[0];

    } else if (ctl_nginx_argument(doctor->ctl, "user", built_in,
                                  sizeof(built_in))
               == 0)
    {
        doctor->user = built_in;

    } else {
        doctor->user = DOCTOR_USER;
    }

    passwd = getpwnam(doctor->user);

    if (passwd == NULL) {
        doctor_tell(doctor, DOCTOR_PROBLEM, "没有用户 \"%s\"",
                    "there is no user \"%s\"", doctor->user);
        return;
    }

    doctor->uid = passwd->pw_uid;
    doctor->gid = passwd->pw_gid;
    doctor->can_switch = geteuid() == 0;

    if (directive != NULL && directive->count > 1) {
        group = getgrnam(directive->words[1]);

        if (group == NULL) {
            doctor_tell(doctor, DOCTOR_PROBLEM, "没有用户组 \"%s\"",
                        "there is no group \"%s\"", directive->words[1]);
            return;
        }

        doctor->gid = group->gr_gid;
    }
}


/* Whether it is a folder of parts, such as lib/. */
static int
doctor_is_folder(DIR *folder, const char *name)
{
    struct stat  st;

    return name[0] != '.' && fstatat(dirfd(folder), name, &st, 0) == 0
           && S_ISDIR(st.st_mode);
}


/* The files of one folder, and, once, of those in it; name is the folder's in
   the first.  0, or the errno of what cannot be read, with its name. */
static int
doctor_read_files(doctor_read_t *read, const char *name)
{
    int             fd, rc = 0;
    DIR            *folder;
    char            path[PATH_MAX];
    struct dirent  *entry;

    (void) snprintf(path, sizeof(path), "%s%s", read->path, name);
    (void) snprintf(read->file, DOCTOR_NAME, "%s", name);

    folder = opendir(path);

    if (folder == NULL) {
        return errno;
    }

    while (rc == 0 && (entry = readdir(folder)) != NULL) {
        (void) snprintf(read->file, DOCTOR_NAME, "%s/%s", name,
                        entry->d_name);

        if (strstr(entry->d_name, ".lua") != NULL) {
            fd = openat(dirfd(folder), entry->d_name, O_RDONLY | O_CLOEXEC);
            rc = fd < 0 ? errno : close(fd);

        } else if (name[0] == '\0'
                   && doctor_is_folder(folder, entry->d_name))
        {
            (void) snprintf(path, sizeof(path), "/%s", entry->d_name);
            rc = doctor_read_files(read, path);
        }
    }

    (void) closedir(folder);

    return rc;
}


/* In the child. */
static int
doctor_read_folder(void *data)
{
    return doctor_read_files(data, "");
}


static void
doctor_needs(doctor_t *doctor, const char *what_zh, const char *what_en,
    const char *word)
{
    int            error;
    char          *file, *path = ctl_path(doctor->ctl, word, 0);
    doctor_read_t  read = { .path = path };

    /* Shared with the child, and zeroed. */
    file = mmap(NULL, DOCTOR_NAME, PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (path == NULL || file == MAP_FAILED) {
        free(path);
        return;
    }

    read.file = file;
    error = doctor->can_switch
            ? doctor_as_user(doctor, doctor_read_folder, &read)
            : doctor_read_folder(&read);

    if (error != 0) {
        doctor_tell(doctor, DOCTOR_PROBLEM,
                    "%s：用户 \"%s\" 无法读取 %s%s：%s",
                    "%s: user \"%s\" cannot read %s%s: %s",
                    doctor->ctl->language == CIVIC_ZH ? what_zh : what_en,
                    doctor->user, path, file, strerror(error));
    } else {
        doctor_tell(doctor, DOCTOR_FINE, "%s：用户 \"%s\" 可读 %s",
                    "%s: user \"%s\" can read %s",
                    doctor->ctl->language == CIVIC_ZH ? what_zh : what_en,
                    doctor->user, path);
    }

    (void) munmap(file, DOCTOR_NAME);
    free(path);
}


/* Root's alone: the master reads it before it forks. */
static void
doctor_keyring(doctor_t *doctor, ctl_conf_t *conf)
{
    char         *path;
    struct stat   st;

    path = ctl_path(doctor->ctl, ctl_conf_word(conf, "civic_keyring",
                                               DOCTOR_KEYRING), 0);

    if (path == NULL) {
        return;
    }

    if (stat(path, &st) != 0) {
        doctor_tell(doctor, DOCTOR_PROBLEM,
                    "密钥环 %s：%s（civicctl keyring init 可建立）",
                    "keyring %s: %s (civicctl keyring init makes one)", path,
                    strerror(errno));

    } else if ((st.st_mode & 077) != 0) {
        doctor_tell(doctor, DOCTOR_PROBLEM,
                    "密钥环 %s 的权限是 %04o，应为 0600",
                    "keyring %s has mode %04o, expected 0600", path,
                    st.st_mode & 07777);

    } else if (st.st_uid == doctor->uid && st.st_uid != 0) {
        doctor_tell(doctor, DOCTOR_PROBLEM,
                    "密钥环 %s 属于 worker 的用户 \"%s\"，应属于 root",
                    "keyring %s is owned by the workers' user \"%s\", "
                    "expected root", path, doctor->user);

    } else if (st.st_uid != 0) {
        doctor_tell(doctor, DOCTOR_WARNING,
                    "密钥环 %s 属于用户 %u，应属于 root",
                    "keyring %s is owned by user %u, expected root", path,
                    (unsigned) st.st_uid);

    } else if (geteuid() != 0 || ctl_keyring(doctor->ctl) != NULL) {
        doctor_tell(doctor, DOCTOR_FINE, "密钥环 %s 只有 root 可读",
                    "keyring %s is root's alone", path);

    } else {
        doctor_tell(doctor, DOCTOR_PROBLEM, "密钥环 %s 无法使用",
                    "keyring %s cannot be used", path);
    }

    free(path);
}


void
doctor_rights(doctor_t *doctor, ctl_conf_t *conf)
{
    doctor_find_user(doctor, conf);

    if (!doctor->can_switch) {
        doctor_tell(doctor, DOCTOR_WARNING,
                    "不是 root：无法以 worker 的用户 \"%s\" 检查权限",
                    "not root: cannot ask as the workers' user \"%s\"",
                    doctor->user);
    }

    doctor_needs(doctor, "规则", "rules",
                 ctl_conf_word(conf, "civic_rules", DOCTOR_RULES));
    doctor_needs(doctor, "脚本", "scripts",
                 ctl_conf_word(conf, "civic_scripts", DOCTOR_SCRIPTS));
    doctor_keyring(doctor, conf);
}
