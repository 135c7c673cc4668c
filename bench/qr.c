/*
 * qr.c - how many pictures of a QR code a core makes in a second.
 *
 *     qr png|svg <bytes of text> <seconds>
 *     qr dump <bytes of text>
 *
 * The text is that of bench/peers/qr.js, the look its scale 4 and margin 4.
 * Prints "<pictures a second> <bytes of one>"; dump writes one PNG.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "qr_image.h"

#define BEGIN  "https://pay.example.org/q/"
#define ROUND  20

static const char  alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";


static double
now(void)
{
    struct timespec  t;

    clock_gettime(CLOCK_MONOTONIC, &t);

    return (double) t.tv_sec + (double) t.tv_nsec * 1e-9;
}


static void
fill(char *text, size_t len)
{
    size_t    i;
    unsigned  seed = 1;

    memcpy(text, BEGIN, sizeof(BEGIN) - 1);

    for (i = sizeof(BEGIN) - 1; i < len; i++) {
        seed = seed * 1103515245u + 12345u;
        text[i] = alphabet[(seed >> 16) & 63];
    }
}


int
main(int argc, char **argv)
{
    int                i;
    char               text[CIVIC_QR_TEXT];
    long               n = 0;
    size_t             len;
    double             begin, seconds;
    civic_qr_look_t    look = { 4, CIVIC_QR_MARGIN };
    civic_qr_buffer_t  out = { NULL, 0, 0 };
    civic_qr_status_t  (*draw)(const char *, size_t, const civic_qr_look_t *,
                               civic_qr_buffer_t *);

    len = argc > 2 ? (size_t) atoi(argv[2]) : 0;
    if (len < sizeof(BEGIN) || len > sizeof(text)) {
        fprintf(stderr, "qr png|svg|dump <bytes> [<seconds>]\n");
        return 2;
    }

    draw = strcmp(argv[1], "svg") == 0 ? civic_qr_svg : civic_qr_png;
    seconds = argc > 3 ? atof(argv[3]) : 1;
    fill(text, len);
    begin = now();

    do {
        for (i = 0; i < ROUND; i++) {
            text[len - 1] = alphabet[n++ & 63];

            if (draw(text, len, &look, &out) != CIVIC_QR_OK) {
                fprintf(stderr, "qr: not drawn\n");
                return 1;
            }
        }
    } while (strcmp(argv[1], "dump") != 0 && now() - begin < seconds);

    if (strcmp(argv[1], "dump") == 0) {
        fwrite(out.data, 1, out.len, stdout);

    } else {
        printf("%.1f %zu\n", (double) n / (now() - begin), out.len);
    }

    civic_qr_buffer_free(&out);

    return 0;
}
