/*
 * exam_rows.c - a hash of Redis that may be large, a page at a time: while it
 * is read nobody else is to wait for Redis.
 */

#include <string.h>

#include "ctl_exam.h"

#define PAGE  "500"


static int
take_page(const redisReply *rows, ctl_exam_row_pt take, void *data)
{
    size_t  i;

    for (i = 0; i + 1 < rows->elements; i += 2) {
        if (rows->element[i]->type == REDIS_REPLY_STRING
            && rows->element[i + 1]->type == REDIS_REPLY_STRING
            && take(data, rows->element[i]->str, rows->element[i + 1]->str)
               != 0)
        {
            return -1;
        }
    }

    return 0;
}


int
ctl_exam_rows(ctl_t *ctl, const char *key, ctl_exam_row_pt take, void *data)
{
    int          rc;
    char         cursor[32] = "0";
    redisReply  *reply;

    do {
        reply = CTL_REDIS(ctl, CIVIC_STR("HSCAN"), civic_cstr(key),
                          civic_cstr(cursor), CIVIC_STR("COUNT"),
                          CIVIC_STR(PAGE));

        if (reply == NULL) {
            return -1;
        }

        if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 2
            || reply->element[0]->type != REDIS_REPLY_STRING
            || reply->element[1]->type != REDIS_REPLY_ARRAY)
        {
            freeReplyObject(reply);
            ctl_complain(ctl, "%s：Redis 的回答无法理解",
                         "%s: Redis answers what nobody understands", key);
            return -1;
        }

        (void) snprintf(cursor, sizeof(cursor), "%s", reply->element[0]->str);
        rc = take_page(reply->element[1], take, data);
        freeReplyObject(reply);

    } while (rc == 0 && strcmp(cursor, "0") != 0);

    return rc;
}
