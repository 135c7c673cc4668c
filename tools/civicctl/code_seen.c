/*
 * code_seen.c - which list was the newest that "civicctl code verify" saw: who
 * hands over an older one keeps from us what was withdrawn since.
 *
 * A file has it, decimal digits and a line's end, and is replaced by rename.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "ctl_code.h"

#define NAME  4096


int
ctl_code_seen_read(ctl_t *ctl, const char *path, int64_t *newest)
{
    int    got;
    FILE  *in = fopen(path, "r");

    *newest = 0;

    if (in == NULL && errno == ENOENT) {
        return 0;
    }

    got = in != NULL && fscanf(in, "%" SCNd64, newest) == 1 && *newest >= 0;

    if (in != NULL) {
        (void) fclose(in);
    }

    if (!got) {
        ctl_complain(ctl, "无法读取 %s，或内容不是一个时间",
                     "%s cannot be read, or has no time", path);
    }

    return got ? 0 : -1;
}


void
ctl_code_seen_write(ctl_t *ctl, const char *path, int64_t made_at)
{
    int    len, done;
    char   name[NAME];
    FILE  *out;

    len = snprintf(name, sizeof(name), "%s.new", path);
    out = len < 0 || (size_t) len >= sizeof(name) ? NULL : fopen(name, "w");
    done = out != NULL && fprintf(out, "%" PRId64 "\n", made_at) > 0;

    if (out != NULL && fclose(out) != 0) {
        done = 0;
    }

    if (!done || rename(name, path) != 0) {
        ctl_complain(ctl, "无法写入 %s：下次不能发现较旧的名单",
                     "%s cannot be written: an older list will not be noticed",
                     path);
    }
}
