/*
 * faces.cc - the border between C and dlib: no exception passes it.
 */

#include "faces.h"

#include <cstdio>
#include <exception>

#include "descriptor.h"
#include "detector.h"

#define WHY_SIZE  256

static const char LANDMARKS_FILE[] = "shape_predictor_5_face_landmarks.dat";
static const char DESCRIPTOR_FILE[]
    = "dlib_face_recognition_resnet_model_v1.dat";

static bool loaded;


static int
refuse(char *why, const char *file, const char *reason)
{
    std::snprintf(why, WHY_SIZE, "%s: %s", file, reason);
    return -1;
}


int
faces_load(const char *folder, char *why)
{
    const char *file = LANDMARKS_FILE;

    try {
        faces::detector_load(std::string(folder) + "/" + file);
        file = DESCRIPTOR_FILE;
        faces::descriptor_load(std::string(folder) + "/" + file);

    } catch (const std::exception &e) {
        return refuse(why, file, e.what());
    }

    loaded = true;
    return 0;
}


int
faces_loaded(void)
{
    return loaded;
}


int
faces_find(const picture_t *picture, face_t faces[FACES_MOST])
{
    if (!loaded) {
        return -1;
    }

    try {
        int n = 0;

        for (const face_t &face : faces::detect(*picture)) {
            faces[n++] = face;
        }
        return n;

    } catch (...) {
        return -1;
    }
}


int
faces_compare(const picture_t *a, const face_t *face_a, const picture_t *b,
    const face_t *face_b, double *similarity)
{
    if (!loaded) {
        return -1;
    }

    try {
        faces::image_t chip_a, chip_b;
        double distance;

        faces::cut_face(*a, *face_a, chip_a);
        faces::cut_face(*b, *face_b, chip_b);
        distance = dlib::length(faces::describe(chip_a)
                                - faces::describe(chip_b));
        *similarity = distance < 1 ? 1 - distance : 0;
        return 0;

    } catch (...) {
        return -1;
    }
}
