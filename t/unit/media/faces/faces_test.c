/*
 * faces_test.c - faces are found, counted, and told apart, on portraits that
 * are drawn; and pictures that are none do no harm.
 *
 * Needs the models of tools/models.sh: without them all but the first tests
 * are skipped, and say so.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "draw.h"
#include "faces.h"

#define MODELS      "build/share/faces"
#define LANDMARKS   "shape_predictor_5_face_landmarks.dat"
#define DESCRIPTOR  "dlib_face_recognition_resnet_model_v1.dat"
#define WHY         256
#define MOST_SECONDS  20                /* with sanitizers on a busy machine */

/* What docs/photo.md proposes: taken at 0.60, refused below 0.35. */
#define CLEARLY_SAME   0.75
#define CLEARLY_OTHER  0.35


static void
need_models(void)
{
    if (!faces_loaded()) {
        print_message("skipped: no models in " MODELS
                      ": tools/models.sh fetches them\n");
        skip();
    }
}


static int
found_in(const portrait_t *portrait, picture_t *picture,
    face_t faces[FACES_MOST])
{
    assert_int_equal(draw_portrait(portrait, picture), 0);

    return faces_find(picture, faces);
}


static int
count_in(const portrait_t *portrait, face_t faces[FACES_MOST])
{
    int        n;
    picture_t  picture;

    n = found_in(portrait, &picture, faces);
    picture_free(&picture);

    return n;
}


/* What is drawn is known: the middle between the eyes, and their distance. */
static void
assert_at(const portrait_t *portrait, const face_t *face)
{
    double  x = portrait->person[0].x * portrait->width;
    double  tall = portrait->person[0].size * portrait->height;

    assert_true(face->left < x && face->left + face->width > x);
    assert_in_range(face->width, (int) (0.4 * tall), (int) (1.4 * tall));
    assert_true(face->left_eye.x < face->nose.x);
    assert_true(face->nose.x < face->right_eye.x);
    assert_true(face->nose.y > face->left_eye.y);
}


/* ---- without models ------------------------------------------------------ */

static void
nothing_is_found_without_models(void **state)
{
    face_t     faces[FACES_MOST];
    double     similarity;
    picture_t  picture;

    (void) state;

    if (faces_loaded()) {
        skip();
    }

    assert_int_equal(found_in(&good_portrait, &picture, faces), -1);
    memset(faces, 0, sizeof(faces));
    assert_int_equal(faces_compare(&picture, &faces[0], &picture, &faces[0],
                                   &similarity), -1);
    picture_free(&picture);
}


static void
a_folder_without_models_is_refused(void **state)
{
    char  why[WHY] = "";

    (void) state;

    assert_int_equal(faces_load("/nonexistent", why), -1);
    assert_non_null(strstr(why, LANDMARKS));
}


/* Both files, of which one has only its first bytes. */
static void
make_damaged(const char *folder, const char *damaged, size_t kept)
{
    char         path[512], from[768], here[512], *bytes = malloc(kept);
    FILE        *file;
    const char  *other = damaged[0] == 's' ? DESCRIPTOR : LANDMARKS;

    assert_non_null(bytes);
    (void) snprintf(path, sizeof(path), "%s/%s", folder, other);
    assert_non_null(getcwd(here, sizeof(here)));
    (void) snprintf(from, sizeof(from), "%s/" MODELS "/%s", here, other);
    assert_int_equal(symlink(from, path), 0);

    file = fopen(damaged[0] == 's' ? MODELS "/" LANDMARKS
                                   : MODELS "/" DESCRIPTOR, "r");
    assert_non_null(file);
    assert_int_equal(fread(bytes, 1, kept, file), kept);
    (void) fclose(file);

    (void) snprintf(path, sizeof(path), "%s/%s", folder, damaged);
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, kept, file), kept);
    (void) fclose(file);
    free(bytes);
}


static void
remove_damaged(const char *folder)
{
    char  path[512];

    (void) snprintf(path, sizeof(path), "%s/" LANDMARKS, folder);
    (void) unlink(path);
    (void) snprintf(path, sizeof(path), "%s/" DESCRIPTOR, folder);
    (void) unlink(path);
    (void) rmdir(folder);
}


static void
a_model_that_is_cut_off_is_refused(void **state)
{
    int                 i;
    char                folder[] = "/tmp/faces_test.XXXXXX", why[WHY];
    static const char  *names[] = { LANDMARKS, DESCRIPTOR };

    (void) state;

    if (access(MODELS "/" DESCRIPTOR, R_OK) != 0) {
        skip();
    }

    for (i = 0; i < 2; i++) {
        (void) strcpy(folder, "/tmp/faces_test.XXXXXX");
        assert_non_null(mkdtemp(folder));
        make_damaged(folder, names[i], 100000);
        why[0] = '\0';
        assert_int_equal(faces_load(folder, why), -1);
        assert_non_null(strstr(why, names[i]));
        assert_false(faces_loaded());
        remove_damaged(folder);
    }
}


static void
the_models_are_loaded(void **state)
{
    char  why[WHY] = "";

    (void) state;

    if (access(MODELS "/" DESCRIPTOR, R_OK) == 0) {
        assert_int_equal(faces_load(MODELS, why), 0);
        assert_string_equal(why, "");
    }

    need_models();
}


/* ---- finding ------------------------------------------------------------- */

static void
a_face_is_found(void **state)
{
    int         who;
    face_t      faces[FACES_MOST];
    portrait_t  portrait = good_portrait;

    (void) state;
    need_models();

    for (who = 0; who < 3; who++) {
        portrait.who[0] = who;
        assert_int_equal(count_in(&portrait, faces), 1);
        assert_at(&portrait, &faces[0]);
        assert_true(faces[0].roll > -3 && faces[0].roll < 3);
    }
}


static void
a_face_is_found_in_every_size(void **state)
{
    size_t           i;
    face_t           faces[FACES_MOST];
    portrait_t       portrait = good_portrait;
    const unsigned   widths[] = { 150, 300, 413, 600, 1200, 2400 };

    (void) state;
    need_models();

    for (i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
        portrait.width = widths[i];
        portrait.height = widths[i] * 7 / 5;
        assert_int_equal(count_in(&portrait, faces), 1);
        assert_at(&portrait, &faces[0]);
    }
}


static void
a_small_face_is_found(void **state)
{
    face_t      faces[FACES_MOST];
    portrait_t  portrait = good_portrait;

    (void) state;
    need_models();

    portrait.person[0].size = 0.2;
    assert_int_equal(count_in(&portrait, faces), 1);
    assert_at(&portrait, &faces[0]);
    assert_true(faces[0].height < 240);
}


static void
the_roll_is_measured(void **state)
{
    int         degrees;
    face_t      faces[FACES_MOST];
    portrait_t  portrait = good_portrait;

    (void) state;
    need_models();

    for (degrees = -20; degrees <= 20; degrees += 10) {
        portrait.person[0].roll = degrees;
        assert_int_equal(count_in(&portrait, faces), 1);
        assert_true(faces[0].roll > degrees - 4);
        assert_true(faces[0].roll < degrees + 4);
    }
}


static void
two_faces_are_two_and_the_larger_is_first(void **state)
{
    face_t      faces[FACES_MOST];
    portrait_t  portrait = good_portrait;

    (void) state;
    need_models();

    portrait.people = 2;
    portrait.person[0] = (person_t) { 0.35, 0.35, 0.4, 0, 0 };
    portrait.person[1] = (person_t) { 0.75, 0.7, 0.25, 0, 0 };
    assert_int_equal(count_in(&portrait, faces), 2);
    assert_true(faces[0].width > faces[1].width);
    assert_true(faces[0].left < faces[1].left);
}


static void
who_is_seen_from_behind_has_no_face(void **state)
{
    face_t      faces[FACES_MOST];
    portrait_t  portrait = good_portrait;

    (void) state;
    need_models();

    portrait.person[0].hidden = 1;
    assert_int_equal(count_in(&portrait, faces), 0);
    portrait.people = 0;
    assert_int_equal(count_in(&portrait, faces), 0);
}


/* ---- comparing ----------------------------------------------------------- */

static double
similarity_of(const portrait_t *a, const portrait_t *b)
{
    face_t     faces_a[FACES_MOST], faces_b[FACES_MOST];
    double     similarity = -1;
    picture_t  picture_a, picture_b;

    assert_int_equal(found_in(a, &picture_a, faces_a), 1);
    assert_int_equal(found_in(b, &picture_b, faces_b), 1);
    assert_int_equal(faces_compare(&picture_a, &faces_a[0], &picture_b,
                                   &faces_b[0], &similarity), 0);
    picture_free(&picture_a);
    picture_free(&picture_b);

    return similarity;
}


static void
one_picture_is_itself(void **state)
{
    (void) state;
    need_models();

    assert_true(similarity_of(&good_portrait, &good_portrait) > 0.999);
}


static void
one_person_is_similar_in_another_picture(void **state)
{
    int         who;
    portrait_t  one = good_portrait, other;

    (void) state;
    need_models();

    for (who = 0; who < 3; who++) {
        one.who[0] = who;
        other = one;
        other.width = 300;
        other.height = 420;
        other.background = paint_white;
        other.light = (paint_t) { 1.08, 1, 0.85 };
        other.gain = 0.9;
        other.person[0].roll = -5;
        other.person[0].size *= 0.85;
        assert_true(similarity_of(&one, &other) > CLEARLY_SAME);
    }
}


static void
two_people_are_not_similar(void **state)
{
    portrait_t  one = good_portrait, other = good_portrait;

    (void) state;
    need_models();

    one.who[0] = 1;
    other.who[0] = 2;
    assert_true(similarity_of(&one, &other) < CLEARLY_OTHER);
    assert_true(similarity_of(&other, &one) < CLEARLY_OTHER);
}


/* ---- what is no photo ---------------------------------------------------- */

static void
fill(picture_t *picture, const char *with)
{
    size_t    i, n = (size_t) picture->width * picture->height * 3;
    unsigned  x = 1;

    for (i = 0; i < n; i++) {
        x = x * 1664525u + 1013904223u;
        picture->rgb[i] = with[0] == 'n' ? (uint8_t) (x >> 24)
                          : with[0] == 'w' ? 255 : 0;
    }
}


static void
odd_pictures_do_no_harm(void **state)
{
    int                  n;
    size_t               i;
    time_t               began;
    face_t               faces[FACES_MOST];
    picture_t            picture;
    static const struct  { unsigned width, height; const char *with; } odd[] = {
        { 1, 1, "noise" }, { 2, 2, "white" }, { 7, 5, "noise" },
        { 8192, 1, "noise" }, { 1, 8192, "noise" }, { 8192, 2, "black" },
        { 79, 79, "noise" }, { 81, 80, "black" }, { 600, 840, "black" },
        { 600, 840, "white" }, { 600, 840, "noise" }, { 3000, 200, "noise" },
        { 8192, 3000, "noise" },
    };

    (void) state;
    need_models();

    for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        assert_int_equal(picture_make(&picture, odd[i].width, odd[i].height),
                         0);
        fill(&picture, odd[i].with);
        began = time(NULL);
        n = faces_find(&picture, faces);
        assert_in_range(n, 0, FACES_MOST);
        assert_true(time(NULL) - began < MOST_SECONDS);
        picture_free(&picture);
    }
}


/* A face that is told wrongly is somebody's mistake, not the end. */
static void
a_face_beside_the_picture_does_no_harm(void **state)
{
    size_t         i;
    double         similarity;
    picture_t      picture;
    const face_t   odd[] = {
        { .left = -500, .top = -500, .width = 100, .height = 100 },
        { .left = 5000, .top = 5000, .width = 300, .height = 300 },
        { .left = 100, .top = 100, .width = 1, .height = 1, .roll = 180 },
        { .left = -50, .top = -50, .width = 900, .height = 900, .roll = 45 },
    };

    (void) state;
    need_models();

    assert_int_equal(draw_portrait(&good_portrait, &picture), 0);

    for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        (void) faces_compare(&picture, &odd[i], &picture, &odd[i],
                             &similarity);
    }

    picture_free(&picture);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(nothing_is_found_without_models),
        cmocka_unit_test(a_folder_without_models_is_refused),
        cmocka_unit_test(a_model_that_is_cut_off_is_refused),
        cmocka_unit_test(the_models_are_loaded),
        cmocka_unit_test(a_face_is_found),
        cmocka_unit_test(a_face_is_found_in_every_size),
        cmocka_unit_test(a_small_face_is_found),
        cmocka_unit_test(the_roll_is_measured),
        cmocka_unit_test(two_faces_are_two_and_the_larger_is_first),
        cmocka_unit_test(who_is_seen_from_behind_has_no_face),
        cmocka_unit_test(one_picture_is_itself),
        cmocka_unit_test(one_person_is_similar_in_another_picture),
        cmocka_unit_test(two_people_are_not_similar),
        cmocka_unit_test(odd_pictures_do_no_harm),
        cmocka_unit_test(a_face_beside_the_picture_does_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
