/*
 * request.c - see request.h.
 */

#include <stdlib.h>
#include <string.h>

#include "request.h"

/* Measures have four digits that mean something, sizes of files seven. */
#define ANSWER_FORM  (JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(6))

typedef struct {
    const char  *code;
    const char  *title;
} answer_title_t;

static const answer_title_t  titles[] = {
    { "bad_request", "Query or body is not what the interface says" },
    { "not_found", "There is nothing of this name" },
    { "method_not_allowed", "This is asked in another way" },
    { "too_large", "More than the engine takes" },
    { "not_a_jpeg", "Not a JPEG" },
    { "damaged", "The picture is damaged" },
    { "unsupported", "A JPEG of a kind that photos are not" },
    { "cannot_fit", "No quality meets the size wanted" },
    { "no_face_models", "This engine has no face models" },
    { "no_fonts", "This engine has no fonts" },
    { "bad_document", "The document is not what the interface says" },
    { "failed", "The engine could not do it" },
};

#define TITLES  (sizeof(titles) / sizeof(titles[0]))


static const char *
answer_title(const char *code)
{
    size_t  i;

    for (i = 0; i < TITLES; i++) {
        if (strcmp(titles[i].code, code) == 0) {
            return titles[i].title;
        }
    }

    return code;
}


static void
answer_document(answer_t *answer, json_t *document)
{
    answer->text = document == NULL ? NULL : json_dumps(document, ANSWER_FORM);
    json_decref(document);
}


/* An optional member; a decoder's text that is no UTF-8 is left out. */
static void
answer_tell(json_t *document, const char *name, const char *text)
{
    if (text != NULL && text[0] != '\0') {
        (void) json_object_set_new(document, name, json_string(text));
    }
}


void
answer_problem(answer_t *answer, unsigned status, const char *code,
    const char *reason, const char *part)
{
    json_t  *document;

    answer_free(answer);
    document = json_pack("{s:s, s:i, s:s}", "title", answer_title(code),
                         "status", (int) status, "code", code);

    if (document != NULL) {
        answer_tell(document, "reason", reason);
        answer_tell(document, "part", part);
    }

    answer->status = status;
    answer->type = "application/problem+json";
    answer_document(answer, document);
}


void
answer_no_memory(answer_t *answer)
{
    answer_problem(answer, 413, "too_large", "memory", NULL);
    answer->exhausted = 1;
}


void
answer_json(answer_t *answer, json_t *document)
{
    answer_free(answer);
    answer->status = 200;
    answer->type = "application/json";
    answer_document(answer, document);

    if (answer->text == NULL) {
        answer_no_memory(answer);
    }
}


void
answer_picture(answer_t *answer, jpeg_file_t *picture, json_t *document)
{
    answer_bytes(answer, "image/jpeg", &picture->data, picture->size,
                 document);
}


void
answer_bytes(answer_t *answer, const char *type, uint8_t **bytes, size_t len,
    json_t *document)
{
    answer_json(answer, document);

    if (answer->status == 200) {
        answer->type = type;
        answer->picture = (jpeg_file_t) { .data = *bytes, .size = len };
        *bytes = NULL;
    }
}


void
answer_faults(answer_t *answer, json_t *faults)
{
    json_t  *document;

    answer_free(answer);
    document = json_pack("{s:s, s:i, s:s, s:o}",
                         "title", answer_title("bad_document"),
                         "status", 422, "code", "bad_document",
                         "faults", faults);
    answer->status = 422;
    answer->type = "application/problem+json";
    answer_document(answer, document);

    if (answer->text == NULL) {
        answer_no_memory(answer);
    }
}


void
answer_free(answer_t *answer)
{
    free(answer->text);
    jpeg_file_free(&answer->picture);
    *answer = (answer_t) { .status = 0 };
}
