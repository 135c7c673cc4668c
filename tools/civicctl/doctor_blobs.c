/*
 * doctor_blobs.c - the folder of civic_blobs: can workers write it, is there
 * room, and is it the folder that every machine has?
 *
 * The last is proved: each worker keeps a file with
 * a random text in its folder and tells both in "civic:workers", and who has
 * the same folder finds that text here.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "blob.h"
#include "doctor.h"

/* Workers tell every 5 s what they have. */
#define DOCTOR_WORKER_LIVES  (15 * 1000)

#define DOCTOR_HOSTS         64         /* told apart; more is more than one */
#define DOCTOR_PATH          1024

typedef struct {
    doctor_t      *doctor;
    const char    *folder;
    int            shared;
    unsigned       living;
    unsigned       proved;
    unsigned       wrong;               /* told as a problem or a warning */
    unsigned       nhosts;
    civic_str_t    hosts[DOCTOR_HOSTS];
} doctor_fleet_t;


static const doctor_name_t  doctor_blobs_name = { "文件夹", "blobs" };


/* ---- the folder ---------------------------------------------------------- */

/* A blob gets its name by rename(), which does not cross file systems. */
static void
doctor_blobs_whole(doctor_t *doctor, const char *folder)
{
    char         path[DOCTOR_PATH];
    struct stat  top, incoming;

    (void) snprintf(path, sizeof(path), "%s/incoming", folder);

    if (stat(folder, &top) != 0 || stat(path, &incoming) != 0) {
        doctor_tell(doctor, DOCTOR_PROBLEM, "文件夹：%s：%s",
                    "blobs: %s: %s", path, strerror(errno));

    } else if (top.st_dev != incoming.st_dev) {
        doctor_tell(doctor, DOCTOR_PROBLEM,
                    "文件夹：%s 与 %s 不在同一文件系统",
                    "blobs: %s and %s are not on one file system", path,
                    folder);
    }
}


/* ---- the fleet ----------------------------------------------------------- */

/* "host/pid": the host. */
static civic_str_t
doctor_blobs_host(const char *worker)
{
    const char   *slash = strrchr(worker, '/');
    civic_str_t   host = civic_cstr(worker);

    if (slash != NULL) {
        host.len = (size_t) (slash - worker);
    }

    return host;
}


/*
 * A worker of this machine that has ended tells nothing more, and took its
 * proof away; what it told stays in Redis for a while.  In a container of
 * their own, workers have other numbers than here, but also another host's
 * name.
 */
static int
doctor_blobs_ended(const char *worker, civic_str_t here)
{
    long         pid;
    char        *end;
    const char  *slash = strrchr(worker, '/');

    if (slash == NULL || !civic_str_eq(doctor_blobs_host(worker), here)) {
        return 0;
    }

    pid = strtol(slash + 1, &end, 10);

    return pid > 0 && *end == '\0' && kill((pid_t) pid, 0) != 0
           && errno == ESRCH;
}


static void
doctor_blobs_count_host(doctor_fleet_t *fleet, civic_str_t host)
{
    unsigned  i;

    for (i = 0; i < fleet->nhosts; i++) {
        if (civic_str_eq(fleet->hosts[i], host)) {
            return;
        }
    }

    if (fleet->nhosts < DOCTOR_HOSTS) {
        fleet->hosts[fleet->nhosts++] = host;
    }
}


static void
doctor_blobs_strange(doctor_fleet_t *fleet, doctor_grade_t grade,
    const char *worker, const char *zh, const char *en)
{
    fleet->wrong++;
    doctor_tell(fleet->doctor, grade, "文件夹：worker %s：%s",
                "blobs: worker %s: %s", worker,
                fleet->doctor->ctl->language == CIVIC_ZH ? zh : en);
}


/*
 * A worker's proof is looked for here.  With a folder of each machine's own,
 * only a worker of this machine is expected to have this one.
 */
static void
doctor_blobs_prove(doctor_fleet_t *fleet, const char *worker,
    const char *file, const char *nonce)
{
    switch (civic_blob_proof_check(fleet->folder, file, nonce)) {

    case 1:
        fleet->proved++;
        return;

    case 0:
        if (fleet->shared) {
            doctor_blobs_strange(fleet, DOCTOR_PROBLEM, worker,
                                 "它用的不是这个文件夹，虽然声明为 shared",
                                 "it has another folder than this one, which "
                                 "is said to be shared");
        } else {
            doctor_blobs_strange(fleet, DOCTOR_WARNING, worker,
                                 "它在这台机器上用的不是这个文件夹",
                                 "it has another folder, on this machine");
        }
        return;

    default:
        doctor_blobs_strange(fleet, DOCTOR_WARNING, worker,
                             "无法读取它的证明文件", "its proof cannot be read");
    }
}


static void
doctor_blobs_worker(doctor_fleet_t *fleet, const char *worker,
    const json_t *told, civic_str_t here)
{
    int           local = !fleet->shared;
    json_t       *blobs = json_object_get(told, "blobs");
    const char   *mode, *file, *nonce;
    civic_str_t   host = doctor_blobs_host(worker);

    fleet->living++;
    doctor_blobs_count_host(fleet, host);

    mode = json_string_value(json_object_get(blobs, "mode"));
    file = json_string_value(json_object_get(blobs, "file"));
    nonce = json_string_value(json_object_get(blobs, "nonce"));

    if (mode == NULL) {
        doctor_blobs_strange(fleet, DOCTOR_PROBLEM, worker,
                             "它没有 civic_blobs", "it has no civic_blobs");

    } else if ((strcmp(mode, "shared") == 0) == local) {
        doctor_blobs_strange(fleet, DOCTOR_PROBLEM, worker,
                             local ? "它的 civic_blobs 是 shared，这里是 local"
                                   : "它的 civic_blobs 是 local，这里是 shared",
                             local ? "its civic_blobs says shared, here it is "
                                     "local"
                                   : "its civic_blobs says local, here it is "
                                     "shared");

    } else if (file == NULL || nonce == NULL) {
        doctor_blobs_strange(fleet, DOCTOR_PROBLEM, worker,
                             "它无法写入自己的文件夹",
                             "it cannot write its folder");

    } else if (fleet->shared || civic_str_eq(host, here)) {
        doctor_blobs_prove(fleet, worker, file, nonce);
    }
}


static void
doctor_blobs_verdict(doctor_fleet_t *fleet)
{
    doctor_t  *doctor = fleet->doctor;

    if (fleet->living == 0) {
        doctor_tell(doctor, DOCTOR_WARNING,
                    "文件夹：没有运行中的 worker，无从证明",
                    "blobs: no worker lives, so nothing is proved");

    } else if (!fleet->shared && fleet->nhosts > 1) {
        doctor_tell(doctor, DOCTOR_WARNING,
                    "文件夹：声明为 local，而 worker 分布在 %u 台机器上："
                    "在一台上传的文件，其他机器打不开",
                    "blobs: said to be local, and workers live on %u "
                    "machines: what is uploaded to one, the others cannot "
                    "open", fleet->nhosts);

    } else if (fleet->wrong == 0 && fleet->shared) {
        doctor_tell(doctor, DOCTOR_FINE,
                    "文件夹：%u 台机器上的 %u 个 worker 共用 %s，已证明",
                    "blobs: %u {machine|machines}, %u {worker shares|workers "
                    "share} %s, proved",
                    fleet->nhosts, fleet->proved, fleet->folder);

    } else if (fleet->wrong == 0) {
        doctor_tell(doctor, DOCTOR_FINE,
                    "文件夹：%u 个 worker 都用 %s（local）",
                    "blobs: %u {worker has|workers all have} %s (local)",
                    fleet->proved, fleet->folder);
    }
}


/* What workers told: field and value by turns, as HGETALL answers. */
void
doctor_blobs_fleet(doctor_t *doctor, const char *folder, int shared,
    const char *here, const redisReply *hash, civic_msec_t now)
{
    size_t           i;
    json_t          *told;
    doctor_fleet_t   fleet = { .doctor = doctor, .folder = folder,
                               .shared = shared };

    for (i = 0; hash->type == REDIS_REPLY_ARRAY && i + 1 < hash->elements;
         i += 2)
    {
        told = json_loadb(hash->element[i + 1]->str,
                          hash->element[i + 1]->len, 0, NULL);

        if (json_integer_value(json_object_get(told, "at"))
            >= now - DOCTOR_WORKER_LIVES
            && !doctor_blobs_ended(hash->element[i]->str, civic_cstr(here)))
        {
            doctor_blobs_worker(&fleet, hash->element[i]->str, told,
                                civic_cstr(here));
        }

        json_decref(told);
    }

    doctor_blobs_verdict(&fleet);
}


static void
doctor_blobs_ask(doctor_t *doctor, const char *folder, int shared)
{
    char            *p, here[256] = "";
    redisReply      *hash;
    struct timespec  ts;

    if (doctor->ctl->redis == NULL
        || gethostname(here, sizeof(here) - 1) != 0)
    {
        return;                         /* doctor_redis() has told */
    }

    /* as nginx takes it */
    for (p = here; *p != '\0'; p++) {
        *p = *p >= 'A' && *p <= 'Z' ? (char) (*p | 0x20) : *p;
    }

    hash = CTL_REDIS(doctor->ctl, CIVIC_STR("HGETALL"),
                     CIVIC_STR("civic:workers"));
    if (hash == NULL) {
        doctor->problems++;
        return;
    }

    (void) clock_gettime(CLOCK_REALTIME, &ts);
    doctor_blobs_fleet(doctor, folder, shared, here, hash,
                       (civic_msec_t) ts.tv_sec * 1000
                       + ts.tv_nsec / 1000000);
    freeReplyObject(hash);
}


void
doctor_blobs(doctor_t *doctor, ctl_conf_t *conf)
{
    int                     shared;
    char                   *folder;
    const ctl_directive_t  *d = ctl_conf_next(conf, "civic_blobs", NULL);

    if (d == NULL || d->count == 0) {
        return;                         /* nginx -t refuses if it is needed */
    }

    shared = d->count > 1 && strcmp(d->words[1], "shared") == 0;
    folder = ctl_path(doctor->ctl, d->words[0], 0);

    if (folder == NULL) {
        return;
    }

    if (doctor_folder(doctor, &doctor_blobs_name, folder,
                      civic_blob_folder_try)
        == 0)
    {
        doctor_blobs_whole(doctor, folder);
        doctor_blobs_ask(doctor, folder, shared);
    }

    free(folder);
}
