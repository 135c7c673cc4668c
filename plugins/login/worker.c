/*
 * worker.c - the plugin's start and end in a worker.
 *
 * Everything that is read from files is read here, once: a request reads no
 * file.  What cannot be read stops the plugin with a text that names it.
 */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "captcha_image.h"
#include "login.h"


static const char *
text_option(json_t *options, const char *name)
{
    return json_string_value(json_object_get(options, name));
}


civic_result_t
login_check(json_t *options, civic_failure_t *failure)
{
    size_t                    i;
    const char               *path;
    static const char *const  files[] = { "captcha_font", "captcha_sounds" };

    for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        path = text_option(options, files[i]);

        if (access(path, R_OK) != 0) {
            (void) shared_file_failure(failure, files[i], path);
            return CIVIC_ERROR;
        }
    }

    return login_card_check(options, failure) == 0
           && login_ticket_check(options, failure) == 0
           && shared_passwords_check(options, failure) == 0 ? CIVIC_OK
                                                            : CIVIC_ERROR;
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


static int
start(civic_worker_t *w, login_state_t *state, civic_failure_t *failure)
{
    state->font = worker_text(w, "captcha_font");

    if (try_font(state->font, failure) != 0) {
        return -1;
    }

    state->sounds = login_sounds_load(worker_text(w, "captcha_sounds"),
                                      failure);
    if (state->sounds == NULL) {
        return -1;
    }

    return login_card_start(w, &state->card, failure) == 0
           && shared_passwords_start(w, &state->passwords, failure) == 0
           ? 0 : -1;
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
    shared_passwords_stop(&state->passwords);
    login_card_stop(&state->card);
    login_sounds_free(state->sounds);
    free(state);
}
