/*
 * rule.c - how long a rule call takes, JSON in and JSON out.
 *
 *     rule <file.lua> <function> <input as JSON> [<seconds>]
 *
 * Prints the median of many rounds in nanoseconds a call: the machine's
 * noise goes up only, so the median of short rounds tells most.
 */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "rules.h"

#define ROUND   2000
#define ROUNDS  4096


static double
now(void)
{
    struct timespec  t;

    clock_gettime(CLOCK_MONOTONIC, &t);

    return (double) t.tv_sec + (double) t.tv_nsec * 1e-9;
}


static int
compare(const void *a, const void *b)
{
    double  x = *(const double *) a, y = *(const double *) b;

    return x < y ? -1 : x > y;
}


/* Nanoseconds a call, or below 0. */
static double
measure(civic_rules_t *rules, const char *name, json_t *in,
    civic_failure_t *failure)
{
    int      i;
    double   begin = now();
    json_t  *out;

    for (i = 0; i < ROUND; i++) {
        if (civic_rules_call(rules, name, in, &out, failure) != 0) {
            return -1;
        }

        json_decref(out);
    }

    return (now() - begin) * 1e9 / ROUND;
}


int
main(int argc, char **argv)
{
    int               n;
    double            end, ns[ROUNDS];
    json_t           *in;
    civic_rules_t    *rules;
    civic_failure_t   failure = { "" };

    if (argc < 4) {
        fprintf(stderr, "usage: rule file.lua function input [seconds]\n");
        return 2;
    }

    in = json_loads(argv[3], 0, NULL);
    rules = civic_rules_load(argv[1], NULL, 0, &failure);

    if (in == NULL || rules == NULL) {
        fprintf(stderr, "rule: %s\n", in == NULL ? "no JSON" : failure.text);
        return 1;
    }

    end = now() + (argc > 4 ? atof(argv[4]) : 3);

    for (n = 0; n < ROUNDS && (n < 16 || now() < end); n++) {
        ns[n] = measure(rules, argv[2], in, &failure);

        if (ns[n] < 0) {
            fprintf(stderr, "rule: %s\n", failure.text);
            return 1;
        }
    }

    qsort(ns, (size_t) n, sizeof(ns[0]), compare);
    printf("%.0f\n", ns[n / 2]);

    json_decref(in);
    civic_rules_free(rules);

    return 0;
}
