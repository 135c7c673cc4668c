/*
 * faces.h - faces in a picture, and whether two are of one person: the only
 * part that knows dlib, behind functions that C can call.
 *
 * The models are loaded once, before the process forks and before it gives up
 * its rights; a worker only reads them.  No descriptor of a face leaves this
 * folder.
 */

#ifndef MEDIA_FACES_H
#define MEDIA_FACES_H

#include "picture.h"

#ifdef __cplusplus
extern "C" {
#endif

#define FACES_MOST  16

/* What a similarity means: another model, another name. */
#define FACES_METHOD  "dlib-resnet-1"

typedef struct {
    double  x;
    double  y;
} faces_point_t;

/* In pixels of the picture.  Eyes by their place in it: left is left. */
typedef struct {
    int            left;
    int            top;
    int            width;
    int            height;
    double         score;               /* of the detector */
    double         roll;                /* degrees, clockwise */
    faces_point_t  left_eye;
    faces_point_t  right_eye;
    faces_point_t  nose;
} face_t;

/*
 * Loads what is in the folder.  0, or -1 with a reason in why (256 bytes): a
 * file is missing or damaged.  Without it the other functions answer -1.
 */
int faces_load(const char *folder, char *why);

int faces_loaded(void);

/* The faces of a picture, the largest first; their number, or -1. */
int faces_find(const picture_t *picture, face_t faces[FACES_MOST]);

/*
 * How similar two faces are: 1 - the distance of their descriptors, 0 at
 * least.  0, or -1.
 */
int faces_compare(const picture_t *a, const face_t *face_a,
    const picture_t *b, const face_t *face_b, double *similarity);

#ifdef __cplusplus
}
#endif

#endif
