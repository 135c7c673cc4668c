/*
 * detector.h - where faces are, and the eyes and nose in them.  Throws what
 * dlib throws.
 */

#ifndef MEDIA_FACES_DETECTOR_H
#define MEDIA_FACES_DETECTOR_H

#include <string>
#include <vector>

#include "faces.h"
#include "view.h"

namespace faces {

void detector_load(const std::string &landmarks_file);

/* All faces, the largest first. */
std::vector<face_t> detect(const picture_t &picture);

/* The face upright, cut as the net wants it. */
void cut_face(const picture_t &picture, const face_t &face, image_t &chip);

}

#endif
