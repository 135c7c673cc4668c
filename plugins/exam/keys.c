/*
 * keys.c - the names of an exam's keys; all of one exam share a slot.
 */

#include "exam.h"


civic_str_t
exam_key(civic_request_t *r, civic_str_t id, const char *name)
{
    return civic_print(r, "civic:{exam:%.*s}:%s", (int) id.len, id.data,
                       name);
}


civic_str_t
exam_positions_key(civic_request_t *r, civic_str_t id, int64_t revision)
{
    return civic_print(r, "civic:{exam:%.*s}:positions:%lld", (int) id.len,
                       id.data, (long long) revision);
}
