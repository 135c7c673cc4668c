/*
 * probe.c - what the bytes of a picture say before anybody decodes it.
 *
 * The first half kilobyte is at hand when an upload has arrived, so most of
 * what is no photo is told apart at once, without reading it.  Counting scans
 * takes all of it: a file that was made to be slow takes milliseconds, so
 * that is for a thread.
 */

#include "engine.h"

typedef struct {
    civic_jpeg_probe_t    probe;
    civic_jpeg_status_t   status;
    civic_str_t           bytes;
} probe_t;


static const char *
wrong_of(const civic_jpeg_probe_t *probe, civic_jpeg_status_t status)
{
    if (status == CIVIC_JPEG_NOT_JPEG) {
        return "not_jpeg";
    }

    if (status == CIVIC_JPEG_TOO_LARGE) {
        return probe->reason == CIVIC_JPEG_HEADER
               || probe->reason == CIVIC_JPEG_SCANS
               ? "too_many_scans" : "too_large";
    }

    if (status == CIVIC_JPEG_BROKEN) {
        return probe->reason == CIVIC_JPEG_CODING ? "unsupported" : "damaged";
    }

    if (status != CIVIC_JPEG_OK) {
        return NULL;
    }

    return probe->cmyk || probe->arithmetic || probe->precision != 8
           ? "unsupported" : NULL;
}


static void
take(photo_file_t *file, const civic_jpeg_probe_t *probe)
{
    int  lies = probe->orientation >= 5;        /* on its side */

    file->width = lies ? probe->height : probe->width;
    file->height = lies ? probe->width : probe->height;
}


void
photo_probe_head(const civic_upload_t *upload, const photo_limits_t *limits,
    photo_file_t *file)
{
    civic_jpeg_probe_t   probe;
    civic_jpeg_status_t  status;

    memset(file, 0, sizeof(photo_file_t));
    file->bytes = upload->size;

    civic_jpeg_init(&probe, &limits->jpeg);
    status = civic_jpeg_probe(&probe, upload->head.data, upload->head.len);

    take(file, &probe);
    file->wrong = wrong_of(&probe, status);

    if (status == CIVIC_JPEG_MORE && upload->size <= upload->head.len) {
        file->wrong = "damaged";
    }
}


/* ---- all of it --------------------------------------------------------- */

static void
work(void *data)
{
    probe_t  *probe = data;

    probe->status = civic_jpeg_probe(&probe->probe, probe->bytes.data,
                                     probe->bytes.len);
}


civic_result_t
photo_probe(civic_request_t *r, civic_str_t bytes,
    const photo_limits_t *limits, photo_file_t *file)
{
    probe_t         *probe = civic_alloc(r, sizeof(probe_t));
    civic_result_t   rc;

    memset(file, 0, sizeof(photo_file_t));
    file->bytes = bytes.len;

    probe->bytes = bytes;
    civic_jpeg_init(&probe->probe, &limits->jpeg);

    rc = civic_offload(r, CIVIC_THREADS_WORK, work, probe);
    if (rc != CIVIC_OK) {
        return rc;
    }

    take(file, &probe->probe);
    file->wrong = wrong_of(&probe->probe, probe->status);

    /* it ends before its end */
    if (file->wrong == NULL
        && (probe->status == CIVIC_JPEG_MORE || !probe->probe.ended))
    {
        file->wrong = "damaged";
    }

    return CIVIC_OK;
}
