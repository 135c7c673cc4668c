/*
 * worker.c - the plugin's start and end in a worker: keys, people and the
 * picture are read from files here, once, so that a request reads no file.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base64.h"
#include "sandbox.h"

#define KEY_FILE      (16 * 1024)       /* bytes at most */
#define PICTURE_FILE  (512 * 1024)

static const char *const  members[] = {
    SANDBOX_USER, "user_id", "open_id", "name", "id_number", "card_password"
};


/* ---- texts ------------------------------------------------------------- */

const char *
sandbox_text(const json_t *object, const char *name)
{
    const char  *text = json_string_value(json_object_get(object, name));

    return text == NULL ? "" : text;
}


json_t *
sandbox_person(civic_request_t *r, const char *user)
{
    size_t            i;
    json_t           *person;
    sandbox_state_t  *state = civic_state(r);

    json_array_foreach(state->people, i, person) {
        if (strcmp(sandbox_text(person, SANDBOX_USER), user) == 0) {
            return person;
        }
    }

    return NULL;
}


/* ---- files ------------------------------------------------------------- */

/* A file's bytes and a NUL, for free(); NULL with the failure. */
static char *
read_file(const char *option, const char *path, size_t most, size_t *len,
    civic_failure_t *failure)
{
    char  *bytes = malloc(most + 1);
    FILE  *file = fopen(path, "re");

    if (bytes == NULL || file == NULL) {
        snprintf(failure->text, sizeof(failure->text), "%s \"%.150s\": %s",
                 option, path, strerror(errno));
        goto failed;
    }

    *len = fread(bytes, 1, most + 1, file);

    if (*len == 0 || *len > most || ferror(file)) {
        snprintf(failure->text, sizeof(failure->text),
                 "%s \"%.150s\": expected 1 to %zu bytes", option, path,
                 most);
        goto failed;
    }

    bytes[*len] = '\0';
    (void) fclose(file);

    return bytes;

failed:

    if (file != NULL) {
        (void) fclose(file);
    }

    free(bytes);

    return NULL;
}


civic_result_t
sandbox_check(json_t *options, civic_failure_t *failure)
{
    size_t       i;
    const char  *path;

    static const char *const  files[] = {
        "app_public_key", "gateway_private_key", "people", "content_key",
        "face_picture", "app_cert", "gateway_cert", "root_cert"
    };

    for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        path = sandbox_text(options, files[i]);

        if (*path != '\0' && access(path, R_OK) != 0) {
            snprintf(failure->text, sizeof(failure->text),
                     "%s \"%.150s\": %s", files[i], path, strerror(errno));
            return CIVIC_ERROR;
        }
    }

    return CIVIC_OK;
}


/* Of an option that names a file; NULL for none, and *failed. */
static char *
read_option(civic_worker_t *w, const char *option, size_t most, size_t *len,
    int *failed, civic_failure_t *failure)
{
    char        *bytes;
    const char  *path = json_string_value(civic_worker_option(w, option));

    if (*failed || path == NULL || *path == '\0') {
        return NULL;
    }

    bytes = read_file(option, path, most, len, failure);
    *failed = bytes == NULL;

    return bytes;
}


/* ---- start ------------------------------------------------------------- */

static int
load_keys(civic_worker_t *w, sandbox_state_t *state, civic_failure_t *failure)
{
    int               failed = 0;
    char             *own, *peer, *content, *app_cert, *roots, line[512];
    size_t            len;
    alipay_failure_t  why = { "" };

    own = read_option(w, "gateway_private_key", KEY_FILE, &len, &failed,
                      failure);
    peer = read_option(w, "app_public_key", KEY_FILE, &len, &failed, failure);
    content = read_option(w, "content_key", KEY_FILE, &len, &failed, failure);
    app_cert = read_option(w, "app_cert", KEY_FILE, &len, &failed, failure);
    roots = read_option(w, "root_cert", KEY_FILE, &len, &failed, failure);
    state->certificate = read_option(w, "gateway_cert", KEY_FILE, &len,
                                     &failed, failure);

    if (!failed) {
        if (content != NULL) {
            content[strcspn(content, "\r\n")] = '\0';
        }

        state->keys = alipay_keys_load(&(alipay_config_t) {
            .app_id = json_string_value(civic_worker_option(w, "app_id")),
            .own_key = own, .peer_key = peer, .content_key = content,
            .own_cert = state->certificate, .peer_cert = app_cert,
            .roots = roots
        }, &why);

        if (state->keys == NULL) {
            snprintf(failure->text, sizeof(failure->text), "%.250s",
                     why.text);
        }
    }

    if (own != NULL) {
        explicit_bzero(own, strlen(own));
    }

    free(own);
    free(peer);
    free(content);
    free(app_cert);
    free(roots);

    if (state->keys == NULL) {
        return -1;
    }

    (void) alipay_keys_describe(state->keys, line, sizeof(line));
    civic_worker_log(w, CIVIC_LOG_INFO, "gateway of app \"%s\": %s",
                     alipay_keys_app_id(state->keys), line);

    return 0;
}


static int
is_person(const json_t *person)
{
    size_t  i;

    for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (*sandbox_text(person, members[i]) == '\0') {
            return 0;
        }
    }

    return 1;
}


static int
load_people(civic_worker_t *w, sandbox_state_t *state,
    civic_failure_t *failure)
{
    size_t       i;
    json_t      *person;
    const char  *path = json_string_value(civic_worker_option(w, "people"));

    state->people = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);

    if (!json_is_array(state->people)) {
        snprintf(failure->text, sizeof(failure->text),
                 "people \"%.150s\" is no JSON array", path);
        return -1;
    }

    json_array_foreach(state->people, i, person) {
        if (!is_person(person)) {
            snprintf(failure->text, sizeof(failure->text),
                     "people \"%.100s\": element %zu lacks one of user, "
                     "user_id, open_id, name, id_number, card_password",
                     path, i);
            return -1;
        }
    }

    return 0;
}


static int
load_picture(civic_worker_t *w, sandbox_state_t *state,
    civic_failure_t *failure)
{
    int      failed = 0;
    char    *bytes;
    size_t   len;

    bytes = read_option(w, "face_picture", PICTURE_FILE, &len, &failed,
                        failure);

    if (bytes == NULL) {
        return failed ? -1 : 0;
    }

    state->picture = malloc(CIVIC_BASE64_ROOM(len));

    if (state->picture != NULL) {
        (void) civic_base64_encode(bytes, len, state->picture);
    }

    free(bytes);

    return state->picture == NULL ? -1 : 0;
}


civic_result_t
sandbox_init_worker(civic_worker_t *w, void **state,
    civic_failure_t *failure)
{
    sandbox_state_t  *made = calloc(1, sizeof(sandbox_state_t));

    snprintf(failure->text, sizeof(failure->text), "no memory");

    if (made == NULL) {
        return CIVIC_ERROR;
    }

    if (load_keys(w, made, failure) != 0
        || load_people(w, made, failure) != 0
        || sandbox_load_register(w, made, failure) != 0
        || load_picture(w, made, failure) != 0)
    {
        sandbox_exit_worker(made);
        return CIVIC_ERROR;
    }

    *state = made;

    return CIVIC_OK;
}


void
sandbox_exit_worker(void *data)
{
    sandbox_state_t  *state = data;

    if (state == NULL) {
        return;
    }

    alipay_keys_free(state->keys);
    json_decref(state->people);
    json_decref(state->others);
    free(state->picture);
    free(state->certificate);
    free(state);
}
