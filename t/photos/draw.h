/*
 * draw.h - portraits that are drawn, for tests that must not have anybody's
 * picture: head and shoulders before a background, as an ID photo shows them.
 *
 * The same description draws the same picture everywhere.  Who has one drawn
 * frees it with picture_free().
 */

#ifndef PHOTOS_DRAW_H
#define PHOTOS_DRAW_H

#include "picture.h"

#define PEOPLE_MOST  2

typedef struct {
    double  red;
    double  green;
    double  blue;
} paint_t;

/* Lengths in shares of the picture's width or height. */
typedef struct {
    double    x;                        /* middle of the face, of the width */
    double    y;                        /* of the height */
    double    size;                     /* of the face, forehead to chin, of
                                           the height */
    double    roll;                     /* degrees, clockwise */
    int       hidden;                   /* seen from behind: no face */
} person_t;

typedef struct {
    unsigned  width;
    unsigned  height;
    paint_t   background;
    paint_t   background_below;         /* at the end of the upper third, if
                                           gradient is set */
    int       gradient;
    double    blotches;                 /* depth of shadows on the wall, in
                                           levels */
    int       people;
    person_t  person[PEOPLE_MOST];
    int       who[PEOPLE_MOST];         /* each one's looks: 0, 1 or 2 */
    paint_t   clothes;
    paint_t   light;                    /* times each colour; all 0: white */
    double    noise;                    /* standard deviation, in levels; of
                                           the sensor, behind the lens */
    double    gain;                     /* 1: as it is; over it brighter */
    double    offset;                   /* levels, after the gain */
    unsigned  blur;                     /* radius, pixels */
    int       grey;
} portrait_t;

extern const paint_t  paint_red;        /* of nominal prints */
extern const paint_t  paint_blue;
extern const paint_t  paint_light_blue;
extern const paint_t  paint_white;

/* One person before a blue wall, 600 * 840, sharp and well lit. */
extern const portrait_t  good_portrait;

/* 0, or -1 without memory. */
int draw_portrait(const portrait_t *portrait, picture_t *picture);

/* A repeatable number from 0 to 1 for each place. */
double draw_grain(unsigned x, unsigned y, unsigned layer);

/* The same with neighbours that are alike, about a wavelength of 1. */
double draw_cloud(double x, double y, unsigned layer);

#endif
