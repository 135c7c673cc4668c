/*
 * faces.cc - how well the engine finds faces and tells people apart, on
 * photos whose people are known:
 *
 *   faces <models> < list        each line: a person's name, a tab, a file
 *
 * The name "*" is a photograph of several people whom nobody named: its faces
 * are of two people each, and of nobody who is named elsewhere; who stands in
 * two such photographs is not known.
 *
 * First it says at which sizes the faces are found; then, of all photos with
 * exactly one face, how similar pairs of one person and pairs of two are, and
 * what each threshold would get wrong.  Two files may be the same photograph,
 * cut anew: those are no test, and are told by their pixels, not by what the
 * net thinks of them.
 */

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

extern "C" {
#include "jpeg_read.h"
#include "picture.h"
#include "scale.h"
}

#include "descriptor.h"
#include "detector.h"
#include "faces.h"

namespace {

/* Grey, the eyes at fixed places: alike if it is the same photograph. */
const int SAMPLE_SIDE = 32;
const double SAME_PHOTOGRAPH = 0.95;    /* correlation */

/* Heights, the photo's ratio kept; 420 is that of the smallest photo. */
const unsigned HEIGHTS[] = { 420, 210 };

struct photo_of_t {
    std::string           person;
    std::string           file;
    bool                  unnamed;      /* one of a group */
    faces::descriptor_t   descriptor;
    std::vector<double>   sample;
};

struct tally_t {
    unsigned  photos;
    unsigned  none;
    unsigned  one;
    unsigned  more;
    double    milliseconds;
};

struct pair_t {
    double              similarity;
    const photo_of_t   *a;
    const photo_of_t   *b;
};


double
now()
{
    timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double) t.tv_sec * 1000 + (double) t.tv_nsec / 1e6;
}


bool
read_photo(const std::string &file, photo_t *photo)
{
    FILE *stream = std::fopen(file.c_str(), "rb");
    jpeg_want_t want = {};
    jpeg_limits_t limits = jpeg_limits;
    std::vector<char> bytes(16 << 20);
    size_t n;

    *photo = photo_t();
    if (stream == NULL) {
        std::perror(file.c_str());
        std::exit(1);
    }
    n = std::fread(bytes.data(), 1, bytes.size(), stream);
    std::fclose(stream);
    limits.bytes = bytes.size();
    limits.header.header = bytes.size();
    want.limits = &limits;
    return jpeg_read(bytes.data(), n, &want, photo) == JPEG_READ_OK;
}


int
find(const picture_t *picture, face_t found[FACES_MOST], tally_t *tally)
{
    double began = now();
    int n = faces_find(picture, found);

    tally->milliseconds += now() - began;
    tally->photos++;
    tally->none += n == 0;
    tally->one += n == 1;
    tally->more += n > 1;
    return n;
}


void
find_smaller(const picture_t *picture, unsigned height, tally_t *tally)
{
    area_t whole = { 0, 0, picture->width, picture->height };
    unsigned width = picture->width * height / picture->height;
    face_t found[FACES_MOST];
    picture_t smaller;

    if (height > picture->height
        || scale_down(picture, &whole, width, height, &smaller) != 0)
    {
        return;
    }
    find(&smaller, found, tally);
    picture_free(&smaller);
}


double
grey_at(const picture_t *picture, double x, double y)
{
    long column = std::lround(x), row = std::lround(y);
    const uint8_t *p;

    if (column < 0 || row < 0 || column >= (long) picture->width
        || row >= (long) picture->height)
    {
        return 0;
    }
    p = picture->rgb + ((size_t) row * picture->width + (size_t) column) * 3;
    return 0.299 * p[0] + 0.587 * p[1] + 0.114 * p[2];
}


/* Mean 0, length 1: the product of two is their correlation. */
std::vector<double>
sample_of(const picture_t *picture, const face_t *face)
{
    double ax = (face->right_eye.x - face->left_eye.x) / (SAMPLE_SIDE / 2.0);
    double ay = (face->right_eye.y - face->left_eye.y) / (SAMPLE_SIDE / 2.0);
    std::vector<double> sample;
    double mean = 0, length = 0;

    for (int v = 0; v < SAMPLE_SIDE; v++) {
        for (int u = 0; u < SAMPLE_SIDE; u++) {
            double du = u - SAMPLE_SIDE / 4.0, dv = v - SAMPLE_SIDE / 3.0;
            double sum = 0;

            for (int k = 0; k < 9; k++) {
                double su = du + (k % 3 - 1) / 3.0, sv = dv + (k / 3 - 1) / 3.0;

                sum += grey_at(picture, face->left_eye.x + su * ax - sv * ay,
                               face->left_eye.y + su * ay + sv * ax);
            }
            sample.push_back(sum);
            mean += sum / (SAMPLE_SIDE * SAMPLE_SIDE);
        }
    }
    for (double &value : sample) {
        value -= mean;
        length += value * value;
    }
    for (double &value : sample) {
        value /= std::sqrt(length) + 1e-9;
    }
    return sample;
}


double
product(const std::vector<double> &a, const std::vector<double> &b)
{
    double sum = 0;

    for (size_t i = 0; i < a.size(); i++) {
        sum += a[i] * b[i];
    }
    return sum;
}


void
tell_pairs(const char *what, std::vector<pair_t> &pairs)
{
    static const double parts[] = { 0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95,
                                    0.99, 1 };

    std::sort(pairs.begin(), pairs.end(),
              [](const pair_t &a, const pair_t &b) {
                  return a.similarity < b.similarity;
              });
    std::printf("%s: %zu pairs\n", what, pairs.size());
    for (double part : parts) {
        if (!pairs.empty()) {
            std::printf("  %3.0f %%  %.3f\n", part * 100,
                pairs[(size_t) (part * (double) (pairs.size() - 1))]
                    .similarity);
        }
    }
}


size_t
below(const std::vector<pair_t> &pairs, double threshold)
{
    return (size_t) std::count_if(pairs.begin(), pairs.end(),
        [threshold](const pair_t &pair) {
            return pair.similarity < threshold;
        });
}


void
tell_pair(const pair_t &pair)
{
    std::printf("  %.3f  %s  %s\n", pair.similarity, pair.a->file.c_str(),
                pair.b->file.c_str());
}


void
tell_thresholds(const std::vector<pair_t> &same,
    const std::vector<pair_t> &other)
{
    std::printf("threshold: of one person below; of two at or above\n");
    for (int percent = 30; percent <= 70; percent += 2) {
        double threshold = percent / 100.0;
        size_t lost = below(same, threshold);
        size_t taken = other.size() - below(other, threshold);

        std::printf("  %.2f  %zu of %zu (%.2f %%)  %zu of %zu (%.4f %%)\n",
            threshold, lost, same.size(),
            100.0 * (double) lost / (double) std::max(same.size(), (size_t) 1),
            taken, other.size(), 100.0 * (double) taken
            / (double) std::max(other.size(), (size_t) 1));
    }
}


void
compare_all(const std::vector<photo_of_t> &photos)
{
    std::vector<pair_t> same, other;
    size_t cut_anew = 0;

    for (size_t i = 0; i < photos.size(); i++) {
        for (size_t j = i + 1; j < photos.size(); j++) {
            const photo_of_t &a = photos[i], &b = photos[j];
            double far = dlib::length(a.descriptor - b.descriptor);
            pair_t pair = { far < 1 ? 1 - far : 0, &a, &b };

            if (a.unnamed && b.unnamed && a.file != b.file) {
                continue;
            }
            if (a.person != b.person) {
                other.push_back(pair);
            } else if (product(a.sample, b.sample) > SAME_PHOTOGRAPH) {
                cut_anew++;
            } else {
                same.push_back(pair);
            }
        }
    }
    std::printf("\nthe same photograph twice, left out: %zu pairs\n", cut_anew);
    tell_pairs("one person", same);
    tell_pairs("two people", other);
    tell_thresholds(same, other);

    std::printf("least similar of one person:\n");
    for (size_t i = 0; i < std::min(same.size(), (size_t) 8); i++) {
        tell_pair(same[i]);
    }
    std::printf("most similar of two people:\n");
    for (size_t i = 0; i < std::min(other.size(), (size_t) 8); i++) {
        tell_pair(other[other.size() - 1 - i]);
    }
}


void
look_at_group(const photo_t &photo, const std::string &file,
    std::vector<photo_of_t> &photos)
{
    face_t found[FACES_MOST];
    int n = faces_find(&photo.picture, found);

    std::printf("a group: %d faces: %s\n", n, file.c_str());
    for (int i = 0; i < n; i++) {
        faces::image_t chip;

        faces::cut_face(photo.picture, found[i], chip);
        photos.push_back({ file + " " + std::to_string(i), file, true,
                           faces::describe(chip),
                           sample_of(&photo.picture, &found[i]) });
    }
}


void
look_at(const std::string &person, const std::string &file,
    std::vector<tally_t> &tallies, std::vector<photo_of_t> &photos)
{
    photo_t photo;
    face_t found[FACES_MOST];
    faces::image_t chip;

    if (!read_photo(file, &photo)) {
        std::printf("not read: %s: %s\n", file.c_str(), photo.reason);
        photo_free(&photo);
        return;
    }
    if (person == "*") {
        look_at_group(photo, file, photos);
        photo_free(&photo);
        return;
    }
    if (find(&photo.picture, found, &tallies[0]) == 1) {
        faces::cut_face(photo.picture, found[0], chip);
        photos.push_back({ person, file, false, faces::describe(chip),
                           sample_of(&photo.picture, &found[0]) });
    } else {
        std::printf("not one face: %s\n", file.c_str());
    }
    for (size_t i = 1; i < tallies.size(); i++) {
        find_smaller(&photo.picture, HEIGHTS[i - 1], &tallies[i]);
    }
    photo_free(&photo);
}


void
tell_tallies(const std::vector<tally_t> &tallies)
{
    std::printf("\nheight  photos  one face  none  more  ms each\n");
    for (size_t i = 0; i < tallies.size(); i++) {
        const tally_t &t = tallies[i];
        std::string height = i == 0 ? "own" : std::to_string(HEIGHTS[i - 1]);

        std::printf("%6s  %6u  %8u  %4u  %4u  %7.0f\n", height.c_str(),
                    t.photos, t.one, t.none, t.more,
                    t.milliseconds / std::max(t.photos, 1u));
    }
}

}


int
main(int argc, char **argv)
{
    std::vector<tally_t> tallies(1 + sizeof(HEIGHTS) / sizeof(HEIGHTS[0]));
    std::vector<photo_of_t> photos;
    char why[256], line[4096], person[1024], file[3072];

    if (argc != 2) {
        std::fprintf(stderr, "usage: faces <models> < list\n");
        return 2;
    }
    if (faces_load(argv[1], why) != 0) {
        std::fprintf(stderr, "faces: %s\n", why);
        return 1;
    }
    while (std::fgets(line, sizeof(line), stdin) != NULL) {
        if (std::sscanf(line, "%1023[^\t]\t%3071[^\n]", person, file) == 2) {
            look_at(person, file, tallies, photos);
        }
    }
    tell_tallies(tallies);
    compare_all(photos);
    return 0;
}
