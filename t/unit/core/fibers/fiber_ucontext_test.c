/*
 * fiber_ucontext_test.c - the tests of fibers again, over the fallback switch
 * that machines other than x86-64 use.
 *
 * The library holds the machine's own switch; the functions defined here
 * stand before it.
 */

#ifndef CIVIC_FIBER_UCONTEXT
#define CIVIC_FIBER_UCONTEXT  1
#endif

#define _GNU_SOURCE

#include "fiber.c"
#include "fiber_test.c"
