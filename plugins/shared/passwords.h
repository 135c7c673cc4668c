/*
 * passwords.h - argon2id on threads of its own, and the rule of new
 * passwords.
 *
 * A plugin that takes passwords keeps a shared_passwords_t in its worker's
 * state, puts SHARED_PASSWORD_OPTIONS among its options, _PROBLEMS among its
 * problems, _FACTS among the input of its rule "password", and links
 * -largon2.
 */

#ifndef CIVIC_SHARED_PASSWORDS_H
#define CIVIC_SHARED_PASSWORDS_H

#include "civic_plugin.h"
#include "person_record.h"

#include "blocklist.h"

#define SHARED_PASSWORD_MAX  128        /* code points, whatever rules say */

/* Of a worker. */
typedef struct {
    shared_blocklist_t  *blocklist;
    civic_argon2_t       argon2;
    char                 dummy[CIVIC_ARGON2_TEXT];  /* nobody's password */
} shared_passwords_t;


/* ---- start and end ----------------------------------------------------- */

/* For the plugin's check(): 0, or -1 with failure. */
int shared_passwords_check(json_t *options, civic_failure_t *failure);

/* Reads the options and the list; 0, or -1 with failure. */
int shared_passwords_start(civic_worker_t *w, shared_passwords_t *passwords,
    civic_failure_t *failure);
void shared_passwords_stop(shared_passwords_t *passwords);

/* "<option> "<path>": <errno's text>"; -1. */
int shared_file_failure(civic_failure_t *failure, const char *option,
    const char *path);


/* ---- hashes ------------------------------------------------------------ */

/* encoded empty: takes as long, matches nothing. */
civic_result_t shared_hash_verify(civic_request_t *r,
    const shared_passwords_t *passwords, civic_str_t encoded,
    civic_str_t password, int *matches);

/* The encoded hash, sealed (purpose "password") for a person. */
civic_result_t shared_hash_make(civic_request_t *r,
    const shared_passwords_t *passwords, civic_str_t pid,
    civic_str_t password, civic_str_t *sealed);

/* A new hash when it was made with other parameters than today's; else, or
   when there is no thread for it now, empty. */
civic_result_t shared_hash_renew(civic_request_t *r,
    const shared_passwords_t *passwords, civic_str_t pid,
    civic_str_t encoded, civic_str_t password, civic_str_t *sealed);

/* What shared_hash_make() sealed; empty if nothing was.  CIVIC_INVALID
   (logged): damaged or foreign. */
civic_result_t shared_hash_open(civic_request_t *r, civic_str_t pid,
    civic_str_t sealed, civic_str_t *encoded);


/* ---- new passwords ----------------------------------------------------- */

/*
 * Asks the rule "password" about a new one; answers with the errors of
 * "/new_password".  facts: what the plugin knows beyond the shape; its
 * reference is taken over.
 */
civic_result_t shared_password_judge(civic_request_t *r,
    const shared_passwords_t *passwords, civic_str_t password,
    civic_str_t old_password, json_t *facts, int *answered);


/* ---- for tables -------------------------------------------------------- */

#define SHARED_PASSWORD_OPTIONS                                               \
    { .name = "password_blocklist", .type = CIVIC_TYPE_STRING, .max = 1024,   \
      .fallback = "\"/usr/share/john/password.lst\"",                         \
      .zh = "常见密码表，每行一个",                                           \
      .en = "the list of common passwords, one a line" },                     \
    { .name = "argon2_memory", .type = CIVIC_TYPE_INTEGER,                    \
      .min = 8, .max = 1048576, .fallback = "19456",                          \
      .zh = "argon2id 内存（KiB）",                                           \
      .en = "argon2id: memory of one hash, in KiB" },                         \
    { .name = "argon2_passes", .type = CIVIC_TYPE_INTEGER,                    \
      .min = 1, .max = 20, .fallback = "2",                                   \
      .zh = "argon2id 迭代次数",                                              \
      .en = "argon2id: passes over the memory" },                             \
    { .name = "argon2_lanes", .type = CIVIC_TYPE_INTEGER,                     \
      .min = 1, .max = 1, .fallback = "1",                                    \
      .zh = "argon2id 并行度（每个散列占用一个线程，固定为 1）",              \
      .en = "argon2id: lanes; a hash has one thread, so 1" }

#define SHARED_PASSWORD_PROBLEMS                                              \
    { "old_password_wrong", 422,                                              \
      "原密码不正确。",                                                       \
      "The old password is not right." },                                     \
    { "password_too_short", 0,                                                \
      "密码至少{min_length}个字符。",                                         \
      "The password has {min_length|character|characters} at least." },       \
    { "password_too_long", 0,                                                 \
      "密码至多{max_length}个字符。",                                         \
      "The password has {max_length|character|characters} at most." },        \
    { "password_common", 0,                                                   \
      "该密码过于常见，容易被猜到。",                                         \
      "This password is too common." },                                       \
    { "password_simple", 0,                                                   \
      "密码至少包含{min_distinct}个不同的字符。",                             \
      "The password has {min_distinct|different character|"                   \
      "different characters} at least." },                                    \
    { "password_classes", 0,                                                  \
      "密码须包含大写字母、小写字母、数字、其他字符中的至少{min_classes}类。", \
      "The password has at least {min_classes} of: upper-case letters, "      \
      "lower-case letters, digits, other characters." },                      \
    { "password_unchanged", 0,                                                \
      "新密码不能与原密码相同。",                                             \
      "The new password is the old one." }

#define SHARED_PASSWORD_FACTS                                                 \
    { .name = "length", .type = CIVIC_TYPE_INTEGER, .flags = CIVIC_REQUIRED,  \
      .zh = "字符数", .en = "characters (code points)" },                     \
    { .name = "distinct", .type = CIVIC_TYPE_INTEGER,                         \
      .flags = CIVIC_REQUIRED,                                                \
      .zh = "不同字符数", .en = "different characters" },                     \
    { .name = "lower", .type = CIVIC_TYPE_INTEGER, .flags = CIVIC_REQUIRED,   \
      .zh = "小写字母数", .en = "letters a to z" },                           \
    { .name = "upper", .type = CIVIC_TYPE_INTEGER, .flags = CIVIC_REQUIRED,   \
      .zh = "大写字母数", .en = "letters A to Z" },                           \
    { .name = "digits", .type = CIVIC_TYPE_INTEGER, .flags = CIVIC_REQUIRED,  \
      .zh = "数字个数", .en = "digits" },                                     \
    { .name = "others", .type = CIVIC_TYPE_INTEGER, .flags = CIVIC_REQUIRED,  \
      .zh = "其他字符数", .en = "other characters" },                         \
    { .name = "blocklisted", .type = CIVIC_TYPE_BOOLEAN,                      \
      .flags = CIVIC_REQUIRED,                                                \
      .zh = "是否在常见密码表中", .en = "whether it is a common password" },  \
    { .name = "same_as_old", .type = CIVIC_TYPE_BOOLEAN,                      \
      .flags = CIVIC_REQUIRED,                                                \
      .zh = "是否与原密码相同", .en = "whether it is the old password" }

#endif
