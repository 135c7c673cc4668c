/*
 * redis_script.c - the files of lua/redis/, which hold every write.
 *
 * Scripts are read while nginx is configured and live as long as the process
 * does; whoever loaded one frees it.  They may be used from any thread.
 */

#define _GNU_SOURCE                     /* O_CLOEXEC */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "redis_script.h"

#define CIVIC_SCRIPT_NAME_MAX  64
#define CIVIC_SCRIPT_PATH_MAX  4096

#define CIVIC_SHEBANG          "#!lua"

static const char  civic_script_name_chars[] =
    "abcdefghijklmnopqrstuvwxyz0123456789_";


static int
civic_script_name_valid(const char *name)
{
    size_t  len;

    len = strlen(name);

    return len > 0 && len <= CIVIC_SCRIPT_NAME_MAX
           && strspn(name, civic_script_name_chars) == len;
}


/* Reads until the end of the file or until len bytes are there. */
static ssize_t
civic_script_read_all(int fd, char *to, size_t len)
{
    ssize_t  n;
    size_t   done;

    for (done = 0; done < len; done += (size_t) n) {
        n = read(fd, to + done, len - done);

        if (n == 0) {
            break;
        }

        if (n < 0) {
            if (errno == EINTR) {
                n = 0;
                continue;
            }

            return -1;
        }
    }

    return (ssize_t) done;
}


/* The bytes of a regular file, NUL-terminated; NULL with *why. */
static char *
civic_script_read(const char *path, size_t *len, const char **why)
{
    int           fd;
    char         *text, *fit;
    ssize_t       n;
    struct stat   st;

    /* nonblocking: opening a FIFO must not hang */
    fd = open(path, O_RDONLY|O_CLOEXEC|O_NONBLOCK);
    if (fd == -1) {
        *why = strerror(errno);
        return NULL;
    }

    text = NULL;

    if (fstat(fd, &st) != 0) {
        *why = strerror(errno);

    } else if (!S_ISREG(st.st_mode)) {
        *why = "not a regular file";

    } else {
        text = malloc(CIVIC_SCRIPT_MAX_FILE + 1);
        *why = text == NULL ? "no memory" : NULL;
    }

    if (text == NULL) {
        close(fd);
        return NULL;
    }

    n = civic_script_read_all(fd, text, CIVIC_SCRIPT_MAX_FILE + 1);
    *why = n < 0 ? strerror(errno)
                 : n > CIVIC_SCRIPT_MAX_FILE ? "larger than 64 KB" : NULL;
    close(fd);

    if (*why != NULL) {
        free(text);
        return NULL;
    }

    text[n] = '\0';
    *len = (size_t) n;

    fit = realloc(text, (size_t) n + 1);

    return fit != NULL ? fit : text;
}


/* NULL, or what is wrong with the beginning of the file. */
static const char *
civic_script_check(const char *text, size_t len)
{
    size_t       shebang;
    const char  *second;

    if (memchr(text, '\0', len) != NULL) {
        return "has a NUL byte";
    }

    shebang = sizeof(CIVIC_SHEBANG) - 1;

    if (strncmp(text, CIVIC_SHEBANG, shebang) != 0
        || (text[shebang] != '\n' && text[shebang] != ' '))
    {
        return "does not begin with \"" CIVIC_SHEBANG "\"";
    }

    second = strchr(text, '\n');

    if (second == NULL || strncmp(second + 1, "--", 2) != 0) {
        return "has no comment in its second line that names KEYS, ARGV and "
               "answers";
    }

    return NULL;
}


static int
civic_script_sha1(const char *text, size_t len, char *hex)
{
    unsigned        i, size;
    unsigned char   digest[EVP_MAX_MD_SIZE];

    if (EVP_Digest(text, len, digest, &size, EVP_sha1(), NULL) != 1
        || size != 20)
    {
        return -1;
    }

    for (i = 0; i < size; i++) {
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    }

    return 0;
}


civic_redis_script_t *
civic_redis_script_load(const char *dir, const char *name,
    civic_failure_t *failure)
{
    char                   path[CIVIC_SCRIPT_PATH_MAX];
    const char            *why;
    civic_redis_script_t  *script;

    if (!civic_script_name_valid(name)) {
        snprintf(failure->text, sizeof(failure->text),
                 "\"%.64s\" is no name of a script", name);
        return NULL;
    }

    if (snprintf(path, sizeof(path), "%s/%s.lua", dir, name)
        >= (int) sizeof(path))
    {
        snprintf(failure->text, sizeof(failure->text),
                 "%s.lua: the path is too long", name);
        return NULL;
    }

    script = calloc(1, sizeof(civic_redis_script_t));
    if (script == NULL) {
        snprintf(failure->text, sizeof(failure->text), "%.200s: no memory",
                 path);
        return NULL;
    }

    why = NULL;
    script->text = civic_script_read(path, &script->len, &why);

    if (script->text != NULL) {
        why = civic_script_check(script->text, script->len);
        script->name = strdup(name);

        if (why == NULL
            && (script->name == NULL
                || civic_script_sha1(script->text, script->len,
                                     script->sha1) != 0))
        {
            why = "no memory";
        }
    }

    if (why != NULL) {
        snprintf(failure->text, sizeof(failure->text), "%.150s: %.100s", path,
                 why);
        civic_redis_script_free(script);
        return NULL;
    }

    return script;
}


void
civic_redis_script_free(civic_redis_script_t *script)
{
    if (script == NULL) {
        return;
    }

    free(script->name);
    free(script->text);
    free(script);
}


/* ---- once -------------------------------------------------------------- */

/* Around the script's text, whose first line is a comment to Lua, too. */
static const char  civic_once_head[] =
    "#!lua\n"
    "-- Run once: KEYS[#KEYS] is the request's record, and keeps the answer.\n"
    "local function script(KEYS, ARGV)\n";

static const char  civic_once_tail[] =
    "\nend\n"
    "local record = KEYS[#KEYS]\n"
    "local field = 'script:%s'\n"
    "local kept = redis.call('HGET', record, field)\n"
    "if kept then return cmsgpack.unpack(kept) end\n"
    "local answer = script({unpack(KEYS, 1, #KEYS - 1)}, ARGV)\n"
    "if type(answer) == 'table' and answer.err then return answer end\n"
    "redis.call('HSET', record, field, cmsgpack.pack(answer))\n"
    "return answer\n";


static char *
civic_once_text(const civic_redis_script_t *script, size_t *len)
{
    int          n;
    char        *text;
    size_t       size;
    const char  *body;

    /* the loader has seen to it that there is a second line */
    body = strchr(script->text, '\n') + 1;

    size = sizeof(civic_once_head) + sizeof(civic_once_tail) + script->len
           + CIVIC_SCRIPT_NAME_MAX;

    text = malloc(size);
    if (text == NULL) {
        return NULL;
    }

    n = snprintf(text, size, "%s%s", civic_once_head, body);
    n += snprintf(text + n, size - (size_t) n, civic_once_tail, script->name);

    *len = (size_t) n;

    return text;
}


civic_redis_script_t *
civic_redis_script_once(const civic_redis_script_t *script)
{
    civic_redis_script_t  *once;

    once = calloc(1, sizeof(civic_redis_script_t));
    if (once == NULL) {
        return NULL;
    }

    once->name = strdup(script->name);
    once->text = civic_once_text(script, &once->len);

    if (once->name == NULL || once->text == NULL
        || civic_script_sha1(once->text, once->len, once->sha1) != 0)
    {
        civic_redis_script_free(once);
        return NULL;
    }

    return once;
}


/* ---- commands ---------------------------------------------------------- */

/*
 * Commands that change nothing, whose key is the first argument, and that do
 * not block.  Not among them: TOUCH and OBJECT (they look at the eviction's
 * data), PFCOUNT (writes its cache), GEORADIUS and SORT (they can STORE),
 * SCAN and KEYS (no key).  In the order of strcmp().
 */
static const char *const  civic_redis_reading[] = {
    "BITCOUNT", "BITFIELD_RO", "BITPOS", "DUMP", "EXISTS", "EXPIRETIME",
    "GEODIST", "GEOHASH", "GEOPOS", "GEOSEARCH", "GET", "GETBIT", "GETRANGE",
    "HEXISTS", "HGET", "HGETALL", "HKEYS", "HLEN", "HMGET", "HRANDFIELD",
    "HSCAN", "HSTRLEN", "HVALS", "LINDEX", "LLEN", "LPOS", "LRANGE", "MGET",
    "PEXPIRETIME", "PTTL", "SCARD", "SDIFF", "SINTER", "SISMEMBER",
    "SMEMBERS", "SMISMEMBER", "SORT_RO", "SRANDMEMBER", "SSCAN", "STRLEN",
    "SUNION", "TTL", "TYPE", "XLEN", "XRANGE", "XREVRANGE", "ZCARD", "ZCOUNT",
    "ZLEXCOUNT", "ZMSCORE", "ZRANDMEMBER", "ZRANGE", "ZRANGEBYLEX",
    "ZRANGEBYSCORE", "ZRANK", "ZREVRANGE", "ZREVRANGEBYLEX",
    "ZREVRANGEBYSCORE", "ZREVRANK", "ZSCAN", "ZSCORE"
};

#define CIVIC_REDIS_READING                                                   \
    (sizeof(civic_redis_reading) / sizeof(civic_redis_reading[0]))

/* The longest of them has 16 letters. */
#define CIVIC_REDIS_COMMAND_MAX  16


static int
civic_redis_compare(const void *one, const void *two)
{
    return strcmp(one, *(const char *const *) two);
}


int
civic_redis_reads_only(civic_str_t command)
{
    char    name[CIVIC_REDIS_COMMAND_MAX + 1];
    size_t  i;

    if (command.len == 0 || command.len > CIVIC_REDIS_COMMAND_MAX
        || memchr(command.data, '\0', command.len) != NULL)
    {
        return 0;
    }

    for (i = 0; i < command.len; i++) {
        name[i] = command.data[i];
        if (name[i] >= 'a' && name[i] <= 'z') {
            name[i] = (char) (name[i] - 'a' + 'A');
        }
    }

    name[i] = '\0';

    return bsearch(name, civic_redis_reading, CIVIC_REDIS_READING,
                   sizeof(civic_redis_reading[0]), civic_redis_compare)
           != NULL;
}
