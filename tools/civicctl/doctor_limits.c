/*
 * doctor_limits.c - the kernel's and nginx's bounds against civic_fibers,
 * nginx's bound of bodies against what routes take, and how much it does in a
 * turn of its event loop.
 *
 * civic_fibers is for one worker.  A request holds a connection of nginx
 * (hence a descriptor) and a fiber (hence two mappings: stack and guard).
 */

#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "doctor.h"

#define DOCTOR_FIBERS           1024    /* the module's default */
#define DOCTOR_CONNECTIONS      512     /* nginx's default */
#define DOCTOR_BODY             (1024 * 1024)   /* likewise */
#define DOCTOR_EVENTS           512             /* likewise, epoll_events */
#define DOCTOR_EVENTS_MOST      32              /* docs/adr/0027 */

/* Redis lanes and nodes, log files, listening sockets, channels. */
#define DOCTOR_OTHER_FILES      128

/* Mappings of a worker without any fiber: libraries, stacks, caches. */
#define DOCTOR_OTHER_MAPPINGS   2048
#define DOCTOR_FIBER_MAPPINGS   2


static long
doctor_number(const char *text)
{
    return text == NULL ? -1 : strtol(text, NULL, 10);
}


static void
doctor_connections(doctor_t *doctor, ctl_conf_t *conf, long fibers)
{
    long  connections;

    connections = doctor_number(ctl_conf_word(conf, "worker_connections",
                                              NULL));

    if (connections < 0) {
        connections = DOCTOR_CONNECTIONS;
    }

    if (connections < fibers + DOCTOR_OTHER_FILES) {
        doctor_tell(doctor, DOCTOR_PROBLEM,
                    "worker_connections %ld 不足：civic_fibers %ld 之外还需 %d",
                    "worker_connections %ld is too low: civic_fibers %ld and "
                    "%d others", connections, fibers, DOCTOR_OTHER_FILES);
    } else {
        doctor_tell(doctor, DOCTOR_FINE,
                    "worker_connections %ld 足够 civic_fibers %ld",
                    "worker_connections %ld is enough for civic_fibers %ld",
                    connections, fibers);
    }
}


static void
doctor_turns(doctor_t *doctor, ctl_conf_t *conf)
{
    long  events = doctor_number(ctl_conf_word(conf, "epoll_events", NULL));

    events = events < 0 ? DOCTOR_EVENTS : events;

    if (events > DOCTOR_EVENTS_MOST) {
        doctor_tell(doctor, DOCTOR_WARNING,
                    "epoll_events %ld：拥挤时一次循环可超过 1 毫秒，"
                    "建议在 events { } 中设 epoll_events 8",
                    "epoll_events %ld: in a crowd a turn of the event loop "
                    "takes over 1 ms; set epoll_events 8 in events { }",
                    events);
    }
}


static void
doctor_descriptors(doctor_t *doctor, ctl_conf_t *conf)
{
    long           connections, files;
    struct rlimit  limit;

    connections = doctor_number(ctl_conf_word(conf, "worker_connections",
                                              NULL));

    if (connections < 0) {
        connections = DOCTOR_CONNECTIONS;
    }

    files = doctor_number(ctl_conf_word(conf, "worker_rlimit_nofile", NULL));

    if (files < 0) {
        files = getrlimit(RLIMIT_NOFILE, &limit) == 0
                ? (long) limit.rlim_cur : 0;
    }

    if (files < connections + DOCTOR_OTHER_FILES) {
        doctor_tell(doctor, DOCTOR_WARNING,
                    "文件描述符上限 %ld 低于 worker_connections %ld + %d："
                    "请设置 worker_rlimit_nofile",
                    "the limit of %ld file descriptors is below "
                    "worker_connections %ld + %d: set worker_rlimit_nofile",
                    files, connections, DOCTOR_OTHER_FILES);
    } else {
        doctor_tell(doctor, DOCTOR_FINE, "文件描述符上限 %ld",
                    "%ld file descriptors are enough", files);
    }
}


static void
doctor_mappings(doctor_t *doctor, long fibers)
{
    long   limit = 0, needed;
    FILE  *file = fopen("/proc/sys/vm/max_map_count", "re");

    if (file == NULL || fscanf(file, "%ld", &limit) != 1) {
        limit = 0;
    }

    if (file != NULL) {
        (void) fclose(file);
    }

    needed = fibers * DOCTOR_FIBER_MAPPINGS + DOCTOR_OTHER_MAPPINGS;

    if (limit == 0) {
        doctor_tell(doctor, DOCTOR_WARNING, "无法读取 vm.max_map_count",
                    "cannot read vm.max_map_count");

    } else if (limit < needed) {
        doctor_tell(doctor, DOCTOR_PROBLEM,
                    "vm.max_map_count %ld 低于 civic_fibers %ld 所需的 %ld",
                    "vm.max_map_count %ld: civic_fibers %ld needs %ld", limit,
                    fibers, needed);
    } else {
        doctor_tell(doctor, DOCTOR_FINE, "vm.max_map_count %ld 足够",
                    "vm.max_map_count %ld is enough", limit);
    }
}


/* "8m": bytes.  0: no bound. */
static size_t
doctor_size(const char *text)
{
    char                *unit;
    unsigned long long   size = strtoull(text, &unit, 10);

    switch (*unit) {

    case 'k':
    case 'K':
        return (size_t) size << 10;

    case 'm':
    case 'M':
        return (size_t) size << 20;

    case 'g':
    case 'G':
        return (size_t) size << 30;

    default:
        return (size_t) size;
    }
}


/*
 * nginx refuses what is over its own bound before the module sees it.  Which
 * place serves which route is not known here: the largest bound of all counts,
 * so that what is told is true.
 */
static void
doctor_bodies(doctor_t *doctor, ctl_conf_t *conf)
{
    size_t                  size, bound = 0;
    const ctl_directive_t  *d = NULL;

    while ((d = ctl_conf_next(conf, "client_max_body_size", d)) != NULL) {
        size = d->count == 0 ? 0 : doctor_size(d->words[0]);
        bound = size == 0 ? SIZE_MAX : size > bound ? size : bound;
    }

    if (bound == 0) {
        bound = DOCTOR_BODY;
    }

    if (doctor->max_body > bound) {
        doctor_tell(doctor, DOCTOR_WARNING,
                    "client_max_body_size 为 %zu 字节，而 %s 接受 %zu 字节："
                    "nginx 会以 413 拒绝更大的内容",
                    "client_max_body_size is %zu bytes, and %s takes %zu: "
                    "nginx refuses what is larger with 413", bound,
                    doctor->max_body_route, doctor->max_body);
    }
}


void
doctor_limits(doctor_t *doctor, ctl_conf_t *conf)
{
    long  fibers = doctor_number(ctl_conf_word(conf, "civic_fibers", NULL));

    if (fibers < 0) {
        fibers = DOCTOR_FIBERS;
    }

    doctor_connections(doctor, conf, fibers);
    doctor_turns(doctor, conf);
    doctor_descriptors(doctor, conf);
    doctor_mappings(doctor, fibers);
    doctor_bodies(doctor, conf);
}
