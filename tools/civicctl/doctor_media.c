/*
 * doctor_media.c - the media engine, of which nothing is seen until somebody
 * sends a photo: is it there, may workers speak to it, has it its models?
 *
 * Only engines of this machine are asked, each on its own socket, as the
 * workers' user if that can be done.
 */

#include <errno.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "doctor.h"

#define DOCTOR_GROUP    "civic-"
#define DOCTOR_ANSWER   2048
#define DOCTOR_SECONDS  15              /* a busy engine has us wait */

/* What is no errno: answers, and those that are none. */
#define DOCTOR_NO_FACES     ENODATA
#define DOCTOR_NO_ENGINE    EPROTO

static const char  question[] = "GET /v1/health HTTP/1.1\r\nHost: media\r\n"
                                "Connection: close\r\n\r\n";


/* What was read up to its end: 0, or an errno. */
static int
doctor_read_answer(int fd, char answer[DOCTOR_ANSWER])
{
    size_t   len = 0;
    ssize_t  n;

    do {
        n = read(fd, answer + len, DOCTOR_ANSWER - 1 - len);

        if (n < 0) {
            return errno == EAGAIN ? ETIMEDOUT : errno;
        }

        len += (size_t) n;
        answer[len] = '\0';
    } while (n > 0 && len < DOCTOR_ANSWER - 1);

    return 0;
}


static int
doctor_converse(int fd, const struct sockaddr_un *address,
    char answer[DOCTOR_ANSWER])
{
    struct timeval  wait = { .tv_sec = DOCTOR_SECONDS, .tv_usec = 0 };

    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) != 0
        || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) != 0
        || connect(fd, (const struct sockaddr *) address, sizeof(*address))
           != 0
        || send(fd, question, sizeof(question) - 1, MSG_NOSIGNAL)
           != (ssize_t) sizeof(question) - 1)
    {
        return errno;
    }

    return doctor_read_answer(fd, answer);
}


/* In the child: 0, or an errno. */
static int
doctor_ask_engine(void *data)
{
    int                  fd, error;
    char                 answer[DOCTOR_ANSWER] = "";
    const char          *path = data;
    struct sockaddr_un   address = { .sun_family = AF_UNIX };

    if (strlen(path) >= sizeof(address.sun_path)) {
        return ENAMETOOLONG;
    }

    memcpy(address.sun_path, path, strlen(path));
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd == -1) {
        return errno;
    }

    error = doctor_converse(fd, &address, answer);
    (void) close(fd);

    if (error != 0) {
        return error;
    }

    if (strncmp(answer, "HTTP/1.1 200 ", 13) != 0
        || strstr(answer, "\"version\"") == NULL)
    {
        return DOCTOR_NO_ENGINE;
    }

    return strstr(answer, "\"faces\":true") == NULL ? DOCTOR_NO_FACES : 0;
}


static void
doctor_engine(doctor_t *doctor, const char *name, char *path)
{
    int  error = doctor->can_switch
                 ? doctor_as_user(doctor, doctor_ask_engine, path)
                 : doctor_ask_engine(path);

    switch (error) {

    case 0:
        doctor_tell(doctor, DOCTOR_FINE, "媒体引擎 \"%s\"（%s）",
                    "media engine \"%s\" (%s)", name, path);
        break;

    case DOCTOR_NO_FACES:
        doctor_tell(doctor, DOCTOR_WARNING,
                    "媒体引擎 \"%s\"（%s）没有人脸模型，照片将转人工审核：见 "
                    "docs/operations.md",
                    "media engine \"%s\" (%s) has no face models, so that "
                    "photos wait for staff: see docs/operations.md", name,
                    path);
        break;

    case DOCTOR_NO_ENGINE:
        doctor_tell(doctor, DOCTOR_PROBLEM,
                    "上游 \"%s\"（%s）不是媒体引擎：/v1/health 的回答不符",
                    "upstream \"%s\" (%s) is no media engine by its "
                    "/v1/health", name, path);
        break;

    default:
        doctor_tell(doctor, DOCTOR_PROBLEM,
                    "媒体引擎 \"%s\"（%s）没有回答：%s；见 docs/operations.md",
                    "media engine \"%s\" (%s) does not answer: %s; see "
                    "docs/operations.md", name, path, strerror(error));
        break;
    }
}


/* "server unix:/path ...;" of the group of that name. */
void
doctor_media(doctor_t *doctor, const ctl_conf_t *conf, const char *name)
{
    size_t                  len = sizeof(DOCTOR_GROUP) - 1;
    const ctl_directive_t  *group = NULL, *d;

    while ((group = ctl_conf_next(conf, "upstream", group)) != NULL) {
        if (group->count == 0
            || strncmp(group->words[0], DOCTOR_GROUP, len) != 0
            || strcmp(group->words[0] + len, name) != 0)
        {
            continue;
        }

        d = group;

        while ((d = ctl_conf_next(conf, NULL, d)) != NULL
               && d->depth > group->depth)
        {
            if (strcmp(d->name, "server") == 0 && d->count > 0
                && strncmp(d->words[0], "unix:", 5) == 0)
            {
                doctor_engine(doctor, name, d->words[0] + 5);
            }
        }
    }
}
