/*
 * captcha_image.h - draws digits that a program finds hard to read.
 */

#ifndef CIVIC_LOGIN_CAPTCHA_IMAGE_H
#define CIVIC_LOGIN_CAPTCHA_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#define LOGIN_CAPTCHA_MAX  8                /* digits */

/*
 * A PNG of the digits (NUL-terminated, at most LOGIN_CAPTCHA_MAX), in memory
 * that login_image_free() gives back.  NULL when the font cannot be read or
 * memory is out.  For any thread; takes some milliseconds.  seed: not 0.
 */
void *login_image_draw(const char *font, const char *digits, uint64_t seed,
    size_t *len);
void login_image_free(void *png);

/* Once per process before the first drawing, and after the last. */
int login_image_start(void);
void login_image_stop(void);

#endif
