/*
 * files.c - from the files that the options name to keys.
 *
 * Read by nginx -t and by the master as root, and by each worker as its own
 * user; what was read of secrets is wiped before this returns.
 */

#include <stdio.h>

#include "app.h"
#include "text_file.h"

enum { OWN_KEY, PEER_KEY, OWN_CERT, PEER_CERT, ROOTS, CONTENT_KEY, FILES };

static const char *const  names[FILES] = {
    "private_key", "public_key", "app_cert", "alipay_cert", "root_cert",
    "content_key"
};

typedef struct {
    char        *texts[FILES];
    char         codes[APP_CODES + 1];
    const char  *sub_codes[ALIPAY_SUB_CODES + 2];
} material_t;


const char *
app_text(const json_t *options, const char *name)
{
    const char  *text = json_string_value(json_object_get(options, name));

    return text == NULL ? "" : text;
}


/* ---- files ------------------------------------------------------------- */

static void
forget(material_t *material)
{
    size_t  i;

    for (i = 0; i < FILES; i++) {
        shared_text_file_end(material->texts[i]);
    }
}


static int
read_files(const json_t *options, material_t *material,
    civic_failure_t *failure)
{
    size_t       i;
    const char  *path;

    for (i = 0; i < FILES; i++) {
        path = app_text(options, names[i]);

        if (*path == '\0') {
            continue;
        }

        material->texts[i] = shared_text_file(names[i], path, failure);
        if (material->texts[i] == NULL) {
            return -1;
        }
    }

    return 0;
}


/* ---- the rest ---------------------------------------------------------- */

/* "A.B,C.D": one more than the kit takes, so that it can say so. */
static void
split_codes(const json_t *options, material_t *material)
{
    char    *save, *code;
    size_t   count = 0;

    snprintf(material->codes, sizeof(material->codes), "%s",
             app_text(options, "unknown_sub_codes"));

    for (code = strtok_r(material->codes, ",", &save);
         code != NULL && count <= ALIPAY_SUB_CODES;
         code = strtok_r(NULL, ",", &save))
    {
        material->sub_codes[count++] = code;
    }
}


static int
is_set(const json_t *options, const char *name)
{
    return json_is_true(json_object_get(options, name));
}


alipay_keys_t *
app_keys_read(const json_t *options, civic_failure_t *failure)
{
    material_t         material = { .codes = "" };
    alipay_keys_t     *keys = NULL;
    alipay_failure_t   why = { "" };

    split_codes(options, &material);

    if (read_files(options, &material, failure) == 0) {
        keys = alipay_keys_load(&(alipay_config_t) {
            .app_id = app_text(options, "app_id"),
            .own_key = material.texts[OWN_KEY],
            .peer_key = material.texts[PEER_KEY],
            .own_cert = material.texts[OWN_CERT],
            .peer_cert = material.texts[PEER_CERT],
            .roots = material.texts[ROOTS],
            .content_key = material.texts[CONTENT_KEY],
            .dialect = {
                .common_in_query = is_set(options, "common_in_query") != 0,
                .strict_slashes = is_set(options, "strict_slashes") != 0,
                .strict_empty = is_set(options, "strict_empty") != 0,
                .unknown_sub_codes = material.sub_codes
            }
        }, &why);

        if (keys == NULL) {
            snprintf(failure->text, sizeof(failure->text), "%.250s",
                     why.text);
        }
    }

    forget(&material);

    return keys;
}
