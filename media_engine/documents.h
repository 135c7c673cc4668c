/*
 * documents.h - the JSON of docs/media-engine.md, made of what was measured.
 *
 * Each is a new document, or NULL without memory.
 */

#ifndef MEDIA_DOCUMENTS_H
#define MEDIA_DOCUMENTS_H

#include <jansson.h>

#include "faces.h"
#include "process.h"

json_t *document_of_health(int faces, int documents);

json_t *document_of_measures(const photo_t *photo, const measures_t *measures);

/* In pixels of a picture that has each side shrunk to a 1 / shrunk. */
json_t *document_of_faces(const face_t *faces, unsigned count,
    unsigned shrunk);

/* similarity < 0: there are not two to compare. */
json_t *document_of_comparison(unsigned photo_faces, unsigned reference_faces,
    double similarity);

json_t *document_of_process(const processed_t *processed);

#endif
