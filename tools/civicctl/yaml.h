/*
 * yaml.h - a tree of json_t as YAML 1.2 that any reader takes alike.
 *
 * Members keep their order, so the same tree gives the same bytes.  Strings
 * are always quoted, and so are keys that a reader could take for something
 * else.
 */

#ifndef YAML_H
#define YAML_H

#include <jansson.h>
#include <stdio.h>

/* 0, or -1 when out cannot be written. */
int ctl_yaml_write(FILE *out, const json_t *value);

#endif
