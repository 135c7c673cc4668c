/*
 * live.c - the code on a phone: whose it is and for how long, sealed, so that
 * only we can read it and nobody can make one.
 *
 * It holds for a window of some seconds.  Windows of different people begin at
 * different times, or all phones of a city would ask in the same second.
 *
 * On the screen it is base45 behind a word of its own: whoever scans it can
 * tell it from the codes on paper ("CIVIC1:") and from anything else.
 *
 *   byte 0        1, the version
 *        1        0 the own code, 1 a relative's
 *        2 - 17   pid
 *       18 - 33   the binding; zeros for an own code
 *       34 - 41   the window's begin, ms of the real time, big-endian
 *       42 - 45   its length, ms, big-endian
 */

#include "base45.h"
#include "base64.h"
#include "kinship.h"
#include "values.h"

#define PREFIX    "CIVICL:"
#define CONTEXT   "live"
#define VERSION   1
#define BYTES     46
#define MOST      256                   /* bytes of a sealed one, and more */
#define ID_ROOM   (SHARED_ID_BYTES + 2)


/* ---- numbers ----------------------------------------------------------- */

static void
put_number(unsigned char *at, size_t len, uint64_t number)
{
    while (len-- > 0) {
        at[len] = (unsigned char) number;
        number >>= 8;
    }
}


static uint64_t
get_number(const unsigned char *at, size_t len)
{
    size_t    i;
    uint64_t  number = 0;

    for (i = 0; i < len; i++) {
        number = number << 8 | at[i];
    }

    return number;
}


/* A pid or an id as bytes; -1 if it is none. */
static int
put_id(unsigned char *at, civic_str_t id)
{
    unsigned char  bytes[ID_ROOM];

    if (id.len != SHARED_ID
        || civic_base64_decode_url(id.data, id.len, bytes) != SHARED_ID_BYTES)
    {
        return -1;
    }

    memcpy(at, bytes, SHARED_ID_BYTES);

    return 0;
}


/* ---- the window -------------------------------------------------------- */

void
kinship_live_window(civic_request_t *r, civic_str_t pid, int64_t every,
    kinship_live_t *live)
{
    int64_t        now = civic_now(r), shift;
    unsigned char  bytes[SHARED_ID_BYTES] = { 0 };

    (void) put_id(bytes, pid);
    shift = (int64_t) (get_number(bytes, 4) % (uint64_t) every);

    live->pid = pid;
    live->from = now - (now + shift) % every;
    live->length = every;
}


/* ---- making ------------------------------------------------------------ */

civic_result_t
kinship_live_make(civic_request_t *r, const kinship_live_t *live,
    civic_str_t *text)
{
    char            *out;
    civic_str_t      sealed;
    unsigned char    bytes[BYTES] = { VERSION, live->binding.len > 0 };
    civic_result_t   rc;

    if (put_id(bytes + 2, live->pid) != 0
        || (live->binding.len > 0 && put_id(bytes + 18, live->binding) != 0))
    {
        civic_log(r, CIVIC_LOG_ERROR, "a code cannot be made for what is no "
                  "pid");
        return CIVIC_ERROR;
    }

    put_number(bytes + 34, 8, (uint64_t) live->from);
    put_number(bytes + 42, 4, (uint64_t) live->length);

    rc = civic_seal(r, KINSHIP_LIVE, CIVIC_STR(CONTEXT),
                    (civic_str_t) { (const char *) bytes, BYTES }, &sealed);
    if (rc != CIVIC_OK) {
        return rc;
    }

    out = civic_alloc(r, sizeof(PREFIX) + CIVIC_BASE45_ROOM(sealed.len));
    memcpy(out, PREFIX, sizeof(PREFIX) - 1);
    text->data = out;
    text->len = sizeof(PREFIX) - 1
                + civic_base45_encode(sealed.data, sealed.len,
                                      out + sizeof(PREFIX) - 1);

    return CIVIC_OK;
}


/* ---- reading ----------------------------------------------------------- */

int
kinship_live_is(civic_str_t text)
{
    return text.len >= sizeof(PREFIX) - 1
           && memcmp(text.data, PREFIX, sizeof(PREFIX) - 1) == 0;
}


static int
take(civic_request_t *r, civic_str_t plain, kinship_live_t *live)
{
    const unsigned char  *bytes = (const unsigned char *) plain.data;

    if (plain.len != BYTES || bytes[0] != VERSION || bytes[1] > 1) {
        return -1;
    }

    live->pid = shared_id_of(r, bytes + 2);
    live->binding = bytes[1] == 1 ? shared_id_of(r, bytes + 18)
                                  : CIVIC_STR("");
    live->from = (int64_t) get_number(bytes + 34, 8);
    live->length = (int64_t) get_number(bytes + 42, 4);

    return 0;
}


civic_result_t
kinship_live_read(civic_request_t *r, civic_str_t text, kinship_live_t *live)
{
    char             bytes[MOST];
    int64_t          len;
    civic_str_t      plain;
    civic_result_t   rc;

    memset(live, 0, sizeof(kinship_live_t));

    if (!kinship_live_is(text)) {
        return CIVIC_NOT_FOUND;
    }

    len = civic_base45_decode(text.data + sizeof(PREFIX) - 1,
                              text.len - (sizeof(PREFIX) - 1), bytes,
                              sizeof(bytes));
    if (len <= 0) {
        return CIVIC_INVALID;
    }

    rc = civic_open(r, KINSHIP_LIVE, CIVIC_STR(CONTEXT),
                    (civic_str_t) { bytes, (size_t) len }, &plain);

    return rc == CIVIC_OK && take(r, plain, live) != 0 ? CIVIC_INVALID : rc;
}
