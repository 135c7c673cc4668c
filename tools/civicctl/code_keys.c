/*
 * code_keys.c - the file of keys that "civicctl code" verifies with: what a
 * plugin's GET .../keys answered, as it was saved.
 *
 * Nothing protects that file but how it was fetched (https) and kept.
 */

#include <stdio.h>
#include <string.h>

#include "ctl_code.h"

#define CTL_CODE_DAY  86400


static int64_t
ctl_code_limit(const json_t *tree, const char *name, int64_t fallback)
{
    const json_t  *value = json_object_get(json_object_get(tree, "limits"),
                                           name);

    return json_is_integer(value) && json_integer_value(value) >= 0
           ? (int64_t) json_integer_value(value) : fallback;
}


static int
ctl_code_is_named(const civic_cwt_key_t *key, const char *name)
{
    char    id[2 * CIVIC_CWT_KEY_ID + 1];
    size_t  i;

    for (i = 0; i < CIVIC_CWT_KEY_ID; i++) {
        (void) snprintf(id + 2 * i, 3, "%02x", civic_cwt_key_id(key)[i]);
    }

    return name != NULL && strcmp(name, id) == 0;
}


static int
ctl_code_key(ctl_t *ctl, const json_t *one, ctl_code_keys_t *keys)
{
    char              why[CIVIC_CWT_WHY] = "";
    const char       *pem, *name;
    civic_cwt_key_t  *key;

    pem = json_string_value(json_object_get(one, "public_key"));
    name = json_string_value(json_object_get(one, "key_id"));
    key = pem == NULL || keys->count == CTL_CODE_KEYS
          ? NULL : civic_cwt_key_read(pem, strlen(pem), why);

    if (key == NULL) {
        ctl_complain(ctl, "公钥文件第 %zu 个公钥无效：%s",
                     "key %zu of the file of keys is none: %s",
                     keys->count + 1, why);
        return -1;
    }

    keys->keys[keys->count++] = key;

    if (!ctl_code_is_named(key, name)) {
        ctl_complain(ctl, "公钥文件第 %zu 个公钥与其编号不符",
                     "key %zu of the file of keys has another id than it "
                     "says", keys->count);
        return -1;
    }

    return 0;
}


int
ctl_code_keys_read(ctl_t *ctl, const char *text, size_t len,
    ctl_code_keys_t *keys)
{
    int      rc = 0;
    size_t   i;
    json_t  *tree = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL), *one;
    json_t  *all = json_object_get(tree, "keys");

    memset(keys, 0, sizeof(ctl_code_keys_t));
    keys->leeway = ctl_code_limit(tree, "leeway", 300);
    keys->list_warn = ctl_code_limit(tree, "list_warn", CTL_CODE_DAY);
    keys->list_most = ctl_code_limit(tree, "list_most", 3 * CTL_CODE_DAY);

    json_array_foreach(all, i, one) {
        rc = rc == 0 ? ctl_code_key(ctl, one, keys) : rc;
    }

    if (rc == 0 && keys->count == 0) {
        ctl_complain(ctl, "公钥文件中没有公钥：应为 GET /kinship/keys 的应答",
                     "the file of keys has none: it is what GET /kinship/keys "
                     "answers");
        rc = -1;
    }

    json_decref(tree);

    return rc;
}


void
ctl_code_keys_free(ctl_code_keys_t *keys)
{
    size_t  i;

    for (i = 0; i < keys->count; i++) {
        civic_cwt_key_free(keys->keys[i]);
    }

    keys->count = 0;
}


const civic_cwt_key_t *const *
ctl_code_all(const ctl_code_keys_t *keys)
{
    return (const civic_cwt_key_t *const *) keys->keys;
}
