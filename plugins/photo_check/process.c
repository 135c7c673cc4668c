/*
 * process.c - 照片处理工具: a snapshot becomes a photo, as far as pixels can.
 *
 * The engine finds the face in the picture as it is after the turn, crops to
 * the ratio around it, scales down and encodes into the profile's range; the
 * result gets a report like any upload.  It waits for its owner's look, and
 * counts when it is submitted.
 */

#include "engine.h"
#include "values.h"

typedef struct {
    photo_check_t   check;
    civic_str_t     original;
    int64_t         turn;               /* degrees */
    json_t         *face;               /* the largest; the caller's; NULL */
    json_t         *changes;            /* the caller's */
    civic_str_t     picture;            /* what was made */
} process_t;


static civic_result_t
answer_with(civic_request_t *r, const char *problem, int *answered)
{
    *answered = 1;

    return civic_problem(r, problem);
}


/* What is not ENGINE_DONE, in words for who has sent the picture. */
static civic_result_t
refuse(civic_request_t *r, const process_t *process,
    const engine_answer_t *answer, int *answered)
{
    *answered = 1;

    if (answer->verdict == ENGINE_REFUSES) {
        return civic_problem(r, strcmp(answer->wrong, "cannot_fit") == 0
                                ? "photo_cannot_fit" : "photo_unusable");
    }

    return photo_engine_unavailable(r, &process->check.terms);
}


/* ---- the face ---------------------------------------------------------- */

/* As the engine will see it: turned first, if that was asked for. */
static civic_result_t
turned(civic_request_t *r, const process_t *process, civic_str_t *bytes,
    int *answered)
{
    civic_str_t      query;
    civic_result_t   rc;
    engine_answer_t  answer;

    *bytes = process->original;

    if (process->turn == 0) {
        return CIVIC_OK;
    }

    query = civic_print(r, "turn=%lld&max_bytes=%d", (long long) process->turn,
                        PHOTO_STORED);

    rc = photo_engine_process(r, &process->check.terms, process->original,
                              query, &answer);
    if (rc != CIVIC_OK) {
        return rc;
    }

    json_decref(answer.json);
    *bytes = answer.picture;

    return answer.verdict == ENGINE_DONE
           ? CIVIC_OK : refuse(r, process, &answer, answered);
}


/* Without one, or without models, the middle of the picture has to do: the
   report says what is missing, and people see which way to turn it. */
static civic_result_t
find_face(civic_request_t *r, process_t *process, int *answered)
{
    civic_str_t      bytes;
    civic_result_t   rc;
    engine_answer_t  answer;

    rc = turned(r, process, &bytes, answered);
    if (rc != CIVIC_OK || *answered) {
        return rc;
    }

    rc = photo_engine_faces(r, &process->check.terms, bytes, &answer);

    if (rc != CIVIC_OK || answer.verdict == ENGINE_CANNOT) {
        return rc;
    }

    if (answer.verdict != ENGINE_DONE) {
        return refuse(r, process, &answer, answered);
    }

    process->face = json_incref(json_array_get(answer.json, 0));
    json_decref(answer.json);

    return CIVIC_OK;
}


/* ---- making ------------------------------------------------------------ */

static json_int_t
face_number(const process_t *process, const char *name)
{
    return json_integer_value(json_object_get(process->face, name));
}


/* By the rule "process". */
static civic_result_t
make_query(civic_request_t *r, const process_t *process, civic_str_t *query)
{
    double           face_height;
    json_t          *rule;
    int64_t          most;
    civic_str_t      ratio, face = CIVIC_STR("");
    civic_result_t   rc;

    rc = civic_rule(r, "process",
                    json_pack("{s:s%}", "profile", process->check.profile.data,
                              process->check.profile.len), &rule);
    if (rc != CIVIC_OK) {
        return rc;
    }

    ratio = shared_json_str(rule, "ratio");
    face_height = json_number_value(json_object_get(rule, "face_height"));
    most = shared_rule_number(rule, "max_bytes", PHOTO_STORED, 1024,
                              PHOTO_STORED);

    if (process->face != NULL) {
        face = civic_print(r, "&face=%lld,%lld,%lld,%lld&face_height=%.3f",
                           (long long) face_number(process, "left"),
                           (long long) face_number(process, "top"),
                           (long long) face_number(process, "width"),
                           (long long) face_number(process, "height"),
                           face_height);
    }

    *query = civic_print(r, "turn=%lld&ratio=%.*s%s&max_width=%lld"
                         "&max_height=%lld&min_bytes=%lld&max_bytes=%lld",
                         (long long) process->turn, (int) ratio.len,
                         ratio.data, face.data,
                         (long long) shared_rule_number(rule, "max_width",
                                                        1200, 1, 65535),
                         (long long) shared_rule_number(rule, "max_height",
                                                        1680, 1, 65535),
                         (long long) shared_rule_number(rule, "min_bytes", 1,
                                                        1, most),
                         (long long) most);

    return CIVIC_OK;
}


static civic_result_t
make(civic_request_t *r, process_t *process, int *answered)
{
    civic_str_t      query;
    civic_result_t   rc;
    engine_answer_t  answer;

    rc = make_query(r, process, &query);

    if (rc == CIVIC_OK) {
        rc = photo_engine_process(r, &process->check.terms, process->original,
                                  query, &answer);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    if (answer.verdict != ENGINE_DONE) {
        return refuse(r, process, &answer, answered);
    }

    process->changes = answer.json;
    process->picture = answer.picture;
    process->check.bytes = answer.picture;

    rc = photo_check_bytes(r, &process->check);

    if (rc == CIVIC_OK && process->check.down) {
        *answered = 1;
        return photo_engine_unavailable(r, &process->check.terms);
    }

    return rc;
}


/* ---- the route --------------------------------------------------------- */

static civic_result_t
prepare(civic_request_t *r, process_t *process, int *answered)
{
    civic_result_t  rc;

    rc = photo_check_begin(r, "process", &process->check, answered);
    if (rc != CIVIC_OK || *answered) {
        return rc;
    }

    process->turn = json_integer_value(json_object_get(civic_query(r),
                                                       "turn"));

    if (process->turn % 90 != 0) {
        *answered = 1;
        return civic_problem_with(r, &(civic_problem_t) {
            .code = "invalid_fields",
            .errors = &(civic_field_error_t) { "?turn", "photo_turn", NULL },
            .nerrors = 1 });
    }

    photo_probe_head(civic_upload(r), &process->check.limits,
                     &process->check.file);

    if (process->check.file.wrong != NULL) {
        civic_count(r, PHOTO_REFUSED_BY_HEADER, 1);
        return answer_with(r, "photo_unusable", answered);
    }

    rc = photo_check_turn(r, &process->check.terms, answered);

    return rc != CIVIC_OK || *answered ? rc
           : civic_upload_read(r, &process->original);
}


static civic_result_t
probe(civic_request_t *r, process_t *process, int *answered)
{
    civic_result_t  rc;

    rc = photo_probe(r, process->original, &process->check.limits,
                     &process->check.file);

    return rc == CIVIC_OK && process->check.file.wrong != NULL
           ? answer_with(r, "photo_unusable", answered) : rc;
}


static civic_result_t
put(civic_request_t *r, process_t *process, photo_t *photo)
{
    civic_blob_t    blob;
    civic_result_t  rc;

    rc = civic_blob_write(r, photo->pid, PHOTO_PICTURE, PHOTO_JPEG,
                          process->picture, &blob);
    if (rc != CIVIC_OK) {
        return rc;
    }

    photo->state = CIVIC_STR("processed");
    photo->profile = process->check.profile;
    photo->until = civic_now(r) + process->check.terms.draft * 1000;
    photo->report = photo_json_text(r, process->check.report);
    photo->changes = photo_json_text(r, process->changes);
    civic_count(r, PHOTO_PROCESSED, 1);

    return photo_put(r, photo, &(photo_put_t) {
        .slot = "draft", .blob = &blob, .once = 1 });
}


static civic_result_t
run(civic_request_t *r, process_t *process, photo_t *photo, int *answered)
{
    size_t          i;
    civic_result_t  rc = CIVIC_OK;

    static civic_result_t (*const  steps[])(civic_request_t *r,
        process_t *process, int *answered) = {
        prepare, probe, find_face, make
    };

    for (i = 0; i < sizeof(steps) / sizeof(steps[0]) && rc == CIVIC_OK
                && !*answered; i++)
    {
        rc = steps[i](r, process, answered);
    }

    return rc != CIVIC_OK || *answered ? rc : put(r, process, photo);
}


civic_result_t
photo_process(civic_request_t *r)
{
    int              answered = 0;
    photo_t          photo;
    process_t       *process = civic_alloc(r, sizeof(process_t));
    civic_result_t   rc;

    memset(process, 0, sizeof(process_t));
    memset(&photo, 0, sizeof(photo_t));
    photo.pid = shared_copy(r, civic_pid(r));

    rc = run(r, process, &photo, &answered);

    json_decref(process->face);
    json_decref(process->changes);
    photo_check_end(&process->check);

    return rc != CIVIC_OK || answered ? rc : photo_reply(r, 201, &photo);
}


/* ---- submitting -------------------------------------------------------- */

static civic_result_t
submit(civic_request_t *r, photo_t *photo, int *answered)
{
    int              moved;
    json_t          *report;
    const char      *state;
    photo_terms_t    terms;
    civic_result_t   rc;

    report = json_loadb(photo->report.data, photo->report.len, 0, NULL);
    state = civic_str_eq(shared_json_str(report, "verdict"),
                         CIVIC_STR("passed")) ? "comparing"
            : civic_str_eq(shared_json_str(report, "verdict"),
                           CIVIC_STR("unmeasured")) ? "review" : NULL;
    json_decref(report);

    if (state == NULL) {
        return answer_with(r, "photo_report_refused", answered);
    }

    rc = photo_terms(r, &terms);
    if (rc != CIVIC_OK) {
        return rc;
    }

    photo->until = civic_now(r) + terms.keep * 1000;

    rc = photo_move(r, photo, &(photo_move_t) {
                        .state = state, .slot = "photo", .work = 1 }, &moved);

    if (rc == CIVIC_OK && moved) {
        civic_count(r, PHOTO_ACCEPTED, 1);
    }

    return rc;
}


/* A second time it is submitted already. */
civic_result_t
photo_submit(civic_request_t *r)
{
    int             answered = 0;
    photo_t         photo;
    civic_result_t  rc;

    rc = photo_find(r, &photo, &answered);

    if (rc == CIVIC_OK && !answered && photo_is(&photo, "processed")) {
        rc = photo_lock(r, photo.pid, photo.profile, &answered);

        if (rc == CIVIC_OK && !answered) {
            rc = submit(r, &photo, &answered);
        }
    }

    if (rc != CIVIC_OK || answered) {
        return rc;
    }

    return photo.id.len == 0 ? civic_problem(r, "not_found")
                             : photo_reply(r, 200, &photo);
}
