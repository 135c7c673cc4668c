/*
 * doctor_records.c - do the keyring and the data in Redis belong together?
 *
 * After a restore they may not: then nobody is found, or nothing opens.  A
 * few persons' records are opened, as many as a look around comes across;
 * nothing of them is shown.
 */

#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "person_record.h"

#define DOCTOR_PERSONS  20
#define DOCTOR_LOOKS    200         /* SCANs, of as many keys as it gives */
#define DOCTOR_PATTERN  "civic:{p:*}:" CIVIC_PERSON_FAMILY

/* Where a key's text stands in it. */
#define DOCTOR_PREFIX   (sizeof("civic:{p:") - 1)

typedef struct {
    unsigned   opened;
    unsigned   foreign;             /* its key is there, and does not fit */
    unsigned   keyless;
    uint32_t   missing;             /* the key that one of those needs */
} doctor_found_t;


/* The id of the key that sealed it; keyring.h says where. */
static uint32_t
doctor_key_of(const redisReply *sealed)
{
    const unsigned char  *p = (const unsigned char *) sealed->str;

    return (uint32_t) p[1] << 24 | (uint32_t) p[2] << 16
           | (uint32_t) p[3] << 8 | (uint32_t) p[4];
}


static int
doctor_has_key(const civic_keyring_t *keyring, uint32_t id)
{
    size_t    i, count;
    uint32_t  ids[CIVIC_KEYRING_KEYS];

    count = civic_keyring_ids(keyring, ids);

    for (i = 0; i < count; i++) {
        if (ids[i] == id) {
            return 1;
        }
    }

    return 0;
}


/* One record, whose key is "civic:{p:<pid>}:person". */
static void
doctor_open(doctor_t *doctor, const redisReply *key,
    const redisReply *sealed, doctor_found_t *found)
{
    uint32_t          id;
    civic_str_t       pid = { key->str + DOCTOR_PREFIX, CIVIC_PID_LEN };
    unsigned char    *plain;
    civic_purpose_t  *purpose;
    civic_keyring_t  *keyring = ctl_keyring(doctor->ctl);

    purpose = keyring == NULL ? NULL
                              : civic_keyring_purpose(keyring, CIVIC_IDENTITY);
    plain = malloc(sealed->len + 1);

    if (purpose == NULL || plain == NULL) {
        free(plain);
        return;
    }

    id = doctor_key_of(sealed);

    if (civic_purpose_open(purpose, pid,
                           (civic_str_t) { sealed->str, sealed->len }, plain)
        >= 0)
    {
        found->opened++;
        explicit_bzero(plain, sealed->len);

    } else if (doctor_has_key(keyring, id)) {
        found->foreign++;

    } else {
        found->keyless++;
        found->missing = id;
    }

    free(plain);
}


static void
doctor_open_all(doctor_t *doctor, const redisReply *keys,
    doctor_found_t *found)
{
    size_t             i;
    redisReply        *sealed;
    const redisReply  *key;

    for (i = 0; i < keys->elements; i++) {
        key = keys->element[i];

        if (key->type != REDIS_REPLY_STRING
            || key->len != sizeof(DOCTOR_PATTERN) - 2 + CIVIC_PID_LEN
            || found->opened + found->foreign + found->keyless
               >= DOCTOR_PERSONS)
        {
            continue;
        }

        sealed = CTL_REDIS(doctor->ctl, CIVIC_STR("HGET"),
                           ((civic_str_t) { key->str, key->len }),
                           CIVIC_STR(CIVIC_IDENTITY));

        if (sealed != NULL && sealed->type == REDIS_REPLY_STRING
            && sealed->len > CIVIC_SEAL_OVERHEAD)
        {
            doctor_open(doctor, key, sealed, found);
        }

        if (sealed != NULL) {
            freeReplyObject(sealed);
        }
    }
}


/* One step of the look around: what comes next, "0" at the end.  -1: the user
   may not, or Redis said something else. */
static int
doctor_look(doctor_t *doctor, char cursor[32], doctor_found_t *found)
{
    int               rc = -1;
    redisReply       *reply;
    civic_str_t       argv[] = { CIVIC_STR("SCAN"), civic_cstr(cursor),
                                 CIVIC_STR("MATCH"),
                                 CIVIC_STR(DOCTOR_PATTERN),
                                 CIVIC_STR("COUNT"), CIVIC_STR("1000") };
    civic_failure_t   failure;

    reply = ctl_redis_command(doctor->ctl->redis, 6, argv, &failure);

    if (reply != NULL && reply->type == REDIS_REPLY_ARRAY
        && reply->elements == 2
        && reply->element[0]->type == REDIS_REPLY_STRING
        && reply->element[0]->len < 32
        && reply->element[1]->type == REDIS_REPLY_ARRAY)
    {
        memcpy(cursor, reply->element[0]->str, reply->element[0]->len + 1);
        doctor_open_all(doctor, reply->element[1], found);
        rc = 0;
    }

    if (reply != NULL) {
        freeReplyObject(reply);
    }

    return rc;
}


static void
doctor_tell_found(doctor_t *doctor, const doctor_found_t *found)
{
    if (found->keyless > 0) {
        doctor_tell(doctor, DOCTOR_PROBLEM,
                    "有 %u 人的记录由密钥 %u 加密，而密钥环没有它："
                    "请恢复与数据相配的密钥环",
                    "the records of %u {person|people} were sealed with key "
                    "%u, which the keyring lacks: restore the keyring of this "
                    "data",
                    found->keyless, found->missing);
    }

    if (found->foreign > 0) {
        doctor_tell(doctor, DOCTOR_PROBLEM,
                    "密钥环打不开 %u 人的记录：它属于别的数据，或记录已损坏",
                    "the keyring does not open the records of %u "
                    "{person|people}: it belongs to other data, or they are "
                    "damaged",
                    found->foreign);
    }

    if (found->keyless == 0 && found->foreign == 0) {
        doctor_tell(doctor, DOCTOR_FINE, "密钥环能打开 %u 人的记录",
                    "the keyring opens the records of %u {person|people}",
                    found->opened);
    }
}


void
doctor_records(doctor_t *doctor)
{
    int             looks;
    char            cursor[32] = "0";
    doctor_found_t  found = { 0 };

    if (ctl_keyring(doctor->ctl) == NULL || ctl_redis(doctor->ctl) == NULL) {
        return;                         /* told already */
    }

    for (looks = 0; looks < DOCTOR_LOOKS; looks++) {
        if (doctor_look(doctor, cursor, &found) != 0) {
            doctor_tell(doctor, DOCTOR_WARNING,
                        "该用户不可查找人员记录，未检查密钥环",
                        "this user may not look for people's records: the "
                        "keyring is not checked against them");
            return;
        }

        if (strcmp(cursor, "0") == 0
            || found.opened + found.foreign + found.keyless
               >= DOCTOR_PERSONS)
        {
            break;
        }
    }

    doctor_tell_found(doctor, &found);
}
