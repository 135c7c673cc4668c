/*
 * detector.cc - dlib's detector (histograms of gradients, five views of a
 * face) on a picture brought to the size that it works best at, and the five
 * landmarks on what it found.
 */

#include "detector.h"

#include <algorithm>
#include <cmath>

#include <dlib/image_processing.h>
#include <dlib/image_processing/frontal_face_detector.h>
#include <dlib/image_transforms.h>

#include "descriptor.h"

namespace faces {

/*
 * The detector's window has 80 pixels, and its time goes with the pixels: so
 * many find a face that is a seventh as wide as an upright photo.
 */
const double WORK_PIXELS = 600 * 840;
const double MOST_ENLARGED = 2;

/* Around a face, so that a rolled one is all in it; and its pixels. */
const double CROP_GROWN = 2;
const long CROP_SIDE = 400;

/* The landmarks: corners of the eyes as the picture has them, and the nose. */
enum { RIGHT_OUTER, RIGHT_INNER, LEFT_OUTER, LEFT_INNER, NOSE, LANDMARKS };

static dlib::frontal_face_detector histograms;
static dlib::shape_predictor landmarks;


void
detector_load(const std::string &landmarks_file)
{
    dlib::deserialize(landmarks_file) >> landmarks;
    histograms = dlib::get_frontal_face_detector();
}


static dlib::drectangle
rectangle_of(const face_t &face)
{
    return dlib::drectangle(face.left, face.top, face.left + face.width - 1,
                            face.top + face.height - 1);
}


/* The face's surroundings, turned upright by its roll. */
static dlib::chip_details
crop_of(const face_t &face)
{
    dlib::drectangle face_rectangle = rectangle_of(face);
    double width = face_rectangle.width() * CROP_GROWN;
    double height = face_rectangle.height() * CROP_GROWN;

    return dlib::chip_details(
        dlib::centered_drect(dlib::center(face_rectangle), width, height),
        dlib::chip_dims(CROP_SIDE, CROP_SIDE), face.roll * dlib::pi / 180);
}


static dlib::full_object_detection
landmarks_in(const image_t &crop)
{
    long side = (long) (CROP_SIDE / CROP_GROWN);

    return landmarks(crop, dlib::centered_rect(dlib::get_rect(crop), side,
                                               side));
}


static faces_point_t
point_of(const dlib::dpoint &point)
{
    faces_point_t p;

    p.x = point.x();
    p.y = point.y();
    return p;
}


/* Fills in eyes, nose and roll. */
static void
look_at(const picture_t &picture, face_t &face)
{
    view_t view = { &picture };
    dlib::chip_details crop = crop_of(face);
    dlib::point_transform_affine back = dlib::inv(get_mapping_to_chip(crop));
    dlib::full_object_detection found;
    dlib::dpoint part[LANDMARKS];
    image_t pixels;
    double x, y;

    dlib::extract_image_chip(view, crop, pixels);
    found = landmarks_in(pixels);
    for (int i = 0; i < LANDMARKS; i++) {
        part[i] = back(dlib::dpoint(found.part(i)));
    }

    face.left_eye = point_of((part[LEFT_OUTER] + part[LEFT_INNER]) / 2);
    face.right_eye = point_of((part[RIGHT_OUTER] + part[RIGHT_INNER]) / 2);
    face.nose = point_of(part[NOSE]);
    x = face.right_eye.x - face.left_eye.x;
    y = face.right_eye.y - face.left_eye.y;
    face.roll = std::atan2(y, x) * 180 / dlib::pi;
}


/* What the detector said, in the picture's pixels. */
static face_t
face_of(const dlib::rect_detection &found, double scale)
{
    face_t face = {};

    face.left = (int) std::lround((double) found.rect.left() / scale);
    face.top = (int) std::lround((double) found.rect.top() / scale);
    face.width = (int) std::lround((double) found.rect.width() / scale);
    face.height = (int) std::lround((double) found.rect.height() / scale);
    face.score = found.detection_confidence;
    return face;
}


static bool
is_larger(const face_t &a, const face_t &b)
{
    return (double) a.width * a.height > (double) b.width * b.height;
}


static void
scaled(const picture_t &picture, double scale, image_t &work)
{
    view_t view = { &picture };
    unsigned long rows = (unsigned long) std::lround(picture.height * scale);
    unsigned long columns = (unsigned long) std::lround(picture.width * scale);

    dlib::extract_image_chip(view,
        dlib::chip_details(dlib::get_rect(view),
            dlib::chip_dims(std::max(rows, 1ul), std::max(columns, 1ul))),
        work);
}


std::vector<face_t>
detect(const picture_t &picture)
{
    double pixels = (double) picture.width * picture.height;
    double scale = std::min(std::sqrt(WORK_PIXELS / pixels), MOST_ENLARGED);
    std::vector<dlib::rect_detection> found;
    std::vector<face_t> faces;
    image_t work;

    scaled(picture, scale, work);
    histograms(work, found);

    for (const dlib::rect_detection &one : found) {
        faces.push_back(face_of(one, scale));
    }
    std::sort(faces.begin(), faces.end(), is_larger);
    if (faces.size() > FACES_MOST) {
        faces.resize(FACES_MOST);
    }

    /* The second look is at the face turned upright. */
    for (face_t &face : faces) {
        look_at(picture, face);
        look_at(picture, face);
    }
    return faces;
}


void
cut_face(const picture_t &picture, const face_t &face, image_t &chip)
{
    view_t view = { &picture };
    image_t crop;

    dlib::extract_image_chip(view, crop_of(face), crop);
    dlib::extract_image_chip(crop,
        dlib::get_face_chip_details(landmarks_in(crop), CHIP_SIDE,
                                    CHIP_PADDING),
        chip);
}

}
