/*
 * descriptor.h - what makes a face this person's: 128 numbers, close together
 * for two pictures of one person.
 *
 * The net's templates take a compiler long, so they stand in a file of their
 * own.  Throws what dlib throws.
 */

#ifndef MEDIA_FACES_DESCRIPTOR_H
#define MEDIA_FACES_DESCRIPTOR_H

#include <string>

#include <dlib/matrix.h>

#include "view.h"

namespace faces {

/* What the net was trained on: a square with the face in it. */
const long CHIP_SIDE = 150;
const double CHIP_PADDING = 0.25;

typedef dlib::matrix<float, 0, 1> descriptor_t;

void descriptor_load(const std::string &file);
descriptor_t describe(const image_t &chip);

}

#endif
