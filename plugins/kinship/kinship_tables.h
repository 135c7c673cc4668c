/*
 * kinship_tables.h - fields of bodies and replies, and which problems routes
 * answer with: for kinship.c, which has the routes.
 */

#ifndef KINSHIP_TABLES_H
#define KINSHIP_TABLES_H

#include "civic_plugin.h"

#define FIELD(n, t, z, e)                                                     \
    { .name = n, .type = t, .flags = CIVIC_REQUIRED, .zh = z, .en = e }
#define MAYBE(n, t, z, e)                                                     \
    { .name = n, .type = t, .zh = z, .en = e }

/* code_tables.c */
extern const civic_field_t  kinship_open_reply[];
extern const civic_field_t  kinship_show_query[];
extern const civic_field_t  kinship_show_reply[];
extern const civic_field_t  kinship_list_reply[];
extern const char *const  kinship_open_problems[];
extern const char *const  kinship_own_problems[];
extern const char *const  kinship_relative_problems[];
extern const char *const  kinship_all_problems[];
extern const char *const  kinship_looks_problems[];

/* staff_tables.c */
extern const civic_field_t  kinship_looks_query[];
extern const civic_field_t  kinship_looks_reply[];
extern const civic_field_t  kinship_places_reply[];
extern const civic_field_t  kinship_check_body[];
extern const civic_field_t  kinship_check_reply[];
extern const civic_field_t  kinship_facts_body[];
extern const civic_field_t  kinship_facts_reply[];
extern const civic_field_t  kinship_measure_body[];
extern const civic_field_t  kinship_measure_reply[];
extern const civic_field_t  kinship_measure_end_body[];
extern const civic_field_t  kinship_override_body[];
extern const civic_field_t  kinship_override_end_body[];
extern const civic_field_t  kinship_changed_reply[];
extern const civic_field_t  kinship_file_reply[];
extern const char *const  kinship_places_problems[];
extern const char *const  kinship_office_problems[];
extern const char *const  kinship_office_end_problems[];
extern const char *const  kinship_file_problems[];

#endif
