/*
 * photo.c - how many reports on a photo a core makes in a second.
 *
 *     photo report|whole|look|refuse <file> <seconds>
 *     photo faces <file> <seconds> <folder of the models>
 *
 * report decodes as the engine does for its measures, and measures; whole
 * decodes in full size only; look reads the header, to the end of the file, as
 * a plugin does with every upload; refuse is the same for a profile that the
 * file's width does not meet; faces finds faces in the whole picture, which
 * was decoded before.  Prints "<a second> <width>x<height>"; seconds are those
 * that the process has a core.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "faces.h"
#include "measure.h"

#define MOST  (6 << 20)

typedef struct {
    uint8_t       *data;
    size_t         size;
    jpeg_limits_t  narrow;              /* a pixel less than the photo has */
    photo_t        photo;
} job_t;

typedef int (*run_pt)(job_t *job);


/* Of the core, whoever else wants it. */
static double
now(void)
{
    struct timespec  t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);

    return (double) t.tv_sec + (double) t.tv_nsec * 1e-9;
}


static int
report(job_t *job)
{
    int         failed;
    photo_t     photo;
    measures_t  measures;

    if (jpeg_read(job->data, job->size, &measure_want, &photo)
        != JPEG_READ_OK)
    {
        return -1;
    }

    failed = measure(&photo, NULL, &measures);
    photo_free(&photo);

    return failed;
}


static int
whole(job_t *job)
{
    photo_t             photo;
    jpeg_want_t         want = { NULL, 0, 0, 0 };
    jpeg_read_status_t  status;

    status = jpeg_read(job->data, job->size, &want, &photo);
    photo_free(&photo);

    return status == JPEG_READ_OK ? 0 : -1;
}


static int
look(job_t *job)
{
    photo_t      photo;
    jpeg_want_t  want = { NULL, 0, 0, 0 };

    return jpeg_look(job->data, job->size, &want, &photo) == JPEG_READ_OK
           ? 0 : -1;
}


static int
refuse(job_t *job)
{
    photo_t      photo;
    jpeg_want_t  want = { &job->narrow, 0, 0, 0 };

    return jpeg_look(job->data, job->size, &want, &photo)
           == JPEG_READ_TOO_LARGE ? 0 : -1;
}


static int
faces(job_t *job)
{
    face_t  found[FACES_MOST];

    return faces_find(&job->photo.picture, found) == 1 ? 0 : -1;
}


static int
prepare(job_t *job, const char *file)
{
    FILE         *f = fopen(file, "r");
    jpeg_want_t   want = { NULL, 0, 0, 0 };

    job->data = malloc(MOST);

    if (f == NULL || job->data == NULL) {
        perror(file);
        return -1;
    }

    job->size = fread(job->data, 1, MOST, f);
    fclose(f);

    if (jpeg_read(job->data, job->size, &want, &job->photo) != JPEG_READ_OK) {
        fprintf(stderr, "%s: %s\n", file, job->photo.reason);
        return -1;
    }

    job->narrow = jpeg_limits;
    job->narrow.header.width = job->photo.stored_width - 1;

    return 0;
}


static int
measure_rate(run_pt run, job_t *job, double seconds)
{
    int     i, batch = run == report || run == whole || run == faces ? 1
                       : 1000;
    long    n = 0;
    double  begin = now();

    do {
        for (i = 0; i < batch; i++) {
            if (run(job) != 0) {
                fprintf(stderr, "photo: it was not done\n");
                return 1;
            }
        }

        n += batch;
    } while (now() - begin < seconds);

    printf("%.1f %ux%u\n", (double) n / (now() - begin),
           job->photo.stored_width, job->photo.stored_height);

    return 0;
}


int
main(int argc, char **argv)
{
    int     status;
    char    why[256];
    job_t   job;
    size_t  i;

    static const struct {
        const char  *name;
        run_pt       run;
    } runs[] = {
        { "report", report }, { "whole", whole }, { "look", look },
        { "refuse", refuse }, { "faces", faces }
    };

    for (i = 0; i < sizeof(runs) / sizeof(runs[0]) && argc > 3; i++) {
        if (strcmp(argv[1], runs[i].name) == 0) {
            break;
        }
    }

    if (argc < 4 || i == sizeof(runs) / sizeof(runs[0])
        || (runs[i].run == faces && argc != 5))
    {
        fprintf(stderr, "photo report|whole|look|refuse|faces <file> "
                "<seconds> [<models>]\n");
        return 2;
    }

    if (argc == 5 && faces_load(argv[4], why) != 0) {
        fprintf(stderr, "photo: %s\n", why);
        return 1;
    }

    if (prepare(&job, argv[2]) != 0) {
        return 1;
    }

    status = measure_rate(runs[i].run, &job, atof(argv[3]));
    photo_free(&job.photo);
    free(job.data);

    return status;
}
