/*
 * kinship_tables.h - fields of bodies and replies, and which problems routes
 * answer with: for kinship.c, which has the routes.
 */

#ifndef KINSHIP_TABLES_H
#define KINSHIP_TABLES_H

#include "civic_plugin.h"
#include "fields.h"

/* A colour and why, as kinship_colour_write() writes them; always: the flags
   of what is always there. */
#define KINSHIP_COLOUR(always)                                                \
    { .name = "colour", .type = CIVIC_TYPE_STRING, .flags = always,           \
      .choices = kinship_colours, .zh = "颜色", .en = "the colour" },         \
    { .name = "colour_label", .type = CIVIC_TYPE_STRING, .flags = always,     \
      .zh = "颜色的名称", .en = "what it is called" },                        \
    { .name = "reason", .type = CIVIC_TYPE_STRING, .flags = always,           \
      .zh = "原因（代码）", .en = "why: a code" },                            \
    { .name = "reason_text", .type = CIVIC_TYPE_STRING, .flags = always,      \
      .zh = "原因", .en = "the same in words" },                              \
    MAYBE("until", CIVIC_TYPE_INSTANT, "该原因何时结束；没有则未定",          \
          "when that reason ends; absent: not said")

/* code_tables.c */
extern const char *const  kinship_colours[];
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

/* rule_tables.c */
extern const civic_field_t  kinship_rule_colour[];
extern const civic_field_t  kinship_rule_own[];
extern const civic_field_t  kinship_rule_code[];
extern const civic_field_t  kinship_rule_language[];
extern const civic_field_t  kinship_rule_place[];
extern const civic_field_t  kinship_rule_verdict[];
extern const civic_field_t  kinship_rule_look_words[];
extern const civic_field_t  kinship_rule_measure[];
extern const civic_field_t  kinship_rule_withdrawn[];
extern const civic_field_t  kinship_rule_override[];

#endif
