/*
 * captcha_random.h - chance for drawing and mixing, on a thread.
 *
 * The seed comes from civic_random(); the generator only has to look
 * random to a program that reads pictures, it guards no secret.
 */

#ifndef CIVIC_LOGIN_CAPTCHA_RANDOM_H
#define CIVIC_LOGIN_CAPTCHA_RANDOM_H

#include <stdint.h>

typedef struct {
    uint64_t  state;
} captcha_random_t;

/* xorshift64*, Vigna 2016. */
static inline uint32_t
captcha_random(captcha_random_t *random)
{
    random->state ^= random->state >> 12;
    random->state ^= random->state << 25;
    random->state ^= random->state >> 27;

    return (uint32_t) ((random->state * 2685821657736338717ULL) >> 32);
}

/* 0 to below. */
static inline double
captcha_random_up_to(captcha_random_t *random, double below)
{
    return captcha_random(random) / 4294967296.0 * below;
}

static inline double
captcha_random_between(captcha_random_t *random, double from, double to)
{
    return from + captcha_random_up_to(random, to - from);
}

#endif
