/*
 * worker.c - the plugin's start and end in a worker.
 *
 * Everything that is read from files is read here, once: a request reads no
 * file.  What cannot be read stops the plugin with a text that names it.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <argon2.h>

#include "captcha_image.h"
#include "login.h"

/* Argon2 asks for 8 KiB a lane at least. */
#define ARGON2_KIB_A_LANE  8u


static int
fail(civic_failure_t *failure, const char *option, const char *path)
{
    snprintf(failure->text, sizeof(failure->text), "%s \"%.150s\": %s", option,
             path, strerror(errno));

    return -1;
}


static const char *
text_option(json_t *options, const char *name)
{
    return json_string_value(json_object_get(options, name));
}


static uint32_t
number_option(json_t *options, const char *name)
{
    return (uint32_t) json_integer_value(json_object_get(options, name));
}


static int
check_argon2(uint32_t memory, uint32_t lanes, civic_failure_t *failure)
{
    if (memory >= ARGON2_KIB_A_LANE * lanes) {
        return 0;
    }

    snprintf(failure->text, sizeof(failure->text),
             "argon2_memory=%u is too little for argon2_lanes=%u: %u KiB a "
             "lane", memory, lanes, ARGON2_KIB_A_LANE);

    return -1;
}


civic_result_t
login_check(json_t *options, civic_failure_t *failure)
{
    size_t                    i;
    const char               *path;
    static const char *const  files[] = { "captcha_font", "captcha_sounds",
                                          "password_blocklist" };

    for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        path = text_option(options, files[i]);

        if (access(path, R_OK) != 0) {
            (void) fail(failure, files[i], path);
            return CIVIC_ERROR;
        }
    }

    if (check_argon2(number_option(options, "argon2_memory"),
                     number_option(options, "argon2_lanes"), failure) != 0)
    {
        return CIVIC_ERROR;
    }

    return CIVIC_OK;
}


/* What an unknown person's password is held against: the hash of chance that
   is forgotten at once, made with today's parameters. */
static int
make_dummy(login_state_t *state, civic_failure_t *failure)
{
    int             rc;
    unsigned char   chance[2 * CIVIC_ARGON2_SALT];

    if (getentropy(chance, sizeof(chance)) != 0) {
        return fail(failure, "getentropy", "");
    }

    rc = argon2id_hash_encoded(state->argon2.passes, state->argon2.memory,
                               state->argon2.lanes, chance, CIVIC_ARGON2_SALT,
                               chance + CIVIC_ARGON2_SALT, CIVIC_ARGON2_SALT,
                               CIVIC_ARGON2_HASH, state->dummy,
                               sizeof(state->dummy));
    explicit_bzero(chance, sizeof(chance));

    if (rc != ARGON2_OK) {
        snprintf(failure->text, sizeof(failure->text), "argon2: %s",
                 argon2_error_message(rc));
        return -1;
    }

    return 0;
}


/* Draws one, so that a font that is none is found now. */
static int
try_font(const char *font, civic_failure_t *failure)
{
    void    *png;
    size_t   len;

    png = login_image_draw(font, "0123", 1, &len);

    if (png == NULL) {
        snprintf(failure->text, sizeof(failure->text),
                 "captcha_font \"%.150s\" cannot be drawn with", font);
        return -1;
    }

    login_image_free(png);

    return 0;
}


static const char *
worker_text(civic_worker_t *w, const char *name)
{
    return json_string_value(civic_worker_option(w, name));
}


static uint32_t
worker_number(civic_worker_t *w, const char *name)
{
    return (uint32_t) json_integer_value(civic_worker_option(w, name));
}


static int
start(civic_worker_t *w, login_state_t *state, civic_failure_t *failure)
{
    state->font = worker_text(w, "captcha_font");
    state->argon2.memory = worker_number(w, "argon2_memory");
    state->argon2.passes = worker_number(w, "argon2_passes");
    state->argon2.lanes = worker_number(w, "argon2_lanes");

    if (check_argon2(state->argon2.memory, state->argon2.lanes, failure) != 0
        || try_font(state->font, failure) != 0)
    {
        return -1;
    }

    state->sounds = login_sounds_load(worker_text(w, "captcha_sounds"),
                                      failure);
    if (state->sounds == NULL) {
        return -1;
    }

    state->blocklist = login_blocklist_load(
                           worker_text(w, "password_blocklist"), failure);
    if (state->blocklist == NULL) {
        return -1;
    }

    return make_dummy(state, failure);
}


civic_result_t
login_init_worker(civic_worker_t *w, void **state, civic_failure_t *failure)
{
    login_state_t  *made;

    made = calloc(1, sizeof(login_state_t));

    if (made == NULL || login_image_start() != 0) {
        snprintf(failure->text, sizeof(failure->text), "no memory");
        free(made);
        return CIVIC_ERROR;
    }

    if (start(w, made, failure) != 0) {
        login_exit_worker(made);
        return CIVIC_ERROR;
    }

    civic_worker_log(w, CIVIC_LOG_INFO, "%zu passwords are on the blocklist",
                     login_blocklist_count(made->blocklist));
    *state = made;

    return CIVIC_OK;
}


void
login_exit_worker(void *data)
{
    login_state_t  *state = data;

    if (state == NULL) {
        return;
    }

    login_image_stop();
    login_blocklist_free(state->blocklist);
    login_sounds_free(state->sounds);
    free(state);
}
