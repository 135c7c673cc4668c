/*
 * id_form.h - an identity number and a name in a form, judged in the same
 * words wherever somebody types them.
 *
 * A plugin that asks for a number has SHARED_ID_PROBLEMS in its table, one
 * that asks for a name SHARED_NAME_PROBLEMS.
 */

#ifndef CIVIC_SHARED_ID_FORM_H
#define CIVIC_SHARED_ID_FORM_H

#include "civic_plugin.h"
#include "id_number.h"
#include "name.h"

/* What is taken for a number, by an answer with minimum_birth_year,
   trim_edges and upgrade_15. */
void shared_id_rules(civic_request_t *r, json_t *answer,
    civic_id_rules_t *rules);

/* Reads one.  kind is what the form says, "foreign_pr_old" or another: the
   old foreign card has its own number and no check character, so it is taken
   where it is asked for. */
civic_id_reason_t shared_id_read(civic_str_t text, civic_str_t kind,
    const civic_id_rules_t *rules, civic_id_number_t *id);

/* The field error of a reason; NULL if nothing is wrong. */
const char *shared_id_error(civic_id_reason_t reason);
const char *shared_name_error(civic_name_reason_t reason);

/* Reads a name as documents write it, whatever dot was typed.  Returns its
   field error, with nothing written, or NULL. */
const char *shared_name_read(civic_str_t text, char name[CIVIC_NAME_BYTES],
    size_t *len);


/* ---- for tables -------------------------------------------------------- */

extern const char *const  shared_id_kinds[];    /* choices of id_kind */

/* Examples: a man and a child of the sandbox, whose people are made up. */
#define SHARED_NAME_EXAMPLE        "张伟"
#define SHARED_NUMBER_EXAMPLE      "630105199003079996"
#define SHARED_CHILD_NAME_EXAMPLE  "张小雨"
#define SHARED_CHILD_EXAMPLE       "610102202106150005"

#define SHARED_ID_WRONG     "请输入正确的身份证。"
#define SHARED_ID_WRONG_EN  "Please enter a correct identity number. "

#define SHARED_ID_PROBLEMS                                                    \
    { "id_number_charset", 0,                                                 \
      SHARED_ID_WRONG                                                         \
      "号码只能由数字组成，末位可以是X，中间不能有空格或星号。",              \
      SHARED_ID_WRONG_EN "It has digits only, X at its end at most, no "      \
      "spaces and no stars.",                                                 \
      .example = 1 },                                                         \
    { "id_number_length", 0,                                                  \
      SHARED_ID_WRONG "号码应为18位。",                                       \
      SHARED_ID_WRONG_EN "It has 18 characters.",                             \
      .example = 1 },                                                         \
    { "id_number_legacy_15", 0,                                               \
      SHARED_ID_WRONG                                                         \
      "15位的第一代身份证已停止使用，请输入18位号码。",                       \
      SHARED_ID_WRONG_EN "First-generation cards with 15 digits are void; "   \
      "enter the 18 characters.",                                             \
      .example = 1 },                                                         \
    { "id_number_legacy_pr_15", 0,                                            \
      SHARED_ID_WRONG "旧版外国人永久居留身份证请选择对应的证件类型。",       \
      SHARED_ID_WRONG_EN "For the old foreign permanent resident's card "     \
      "choose its own kind of document." },                                   \
    { "id_number_region", 0,                                                  \
      SHARED_ID_WRONG "前两位地区代码不存在。",                               \
      SHARED_ID_WRONG_EN "Its first digits name no region.",                  \
      .example = 1 },                                                         \
    { "id_number_birth_date", 0,                                              \
      SHARED_ID_WRONG "第7至14位不是有效的出生日期。",                        \
      SHARED_ID_WRONG_EN "Digits 7 to 14 are no day of birth.",               \
      .example = 1 },                                                         \
    { "id_number_birth_future", 0,                                            \
      SHARED_ID_WRONG "出生日期晚于今天。",                                   \
      SHARED_ID_WRONG_EN "The day of birth is after today.",                  \
      .example = 1 },                                                         \
    { "id_number_checksum", 0,                                                \
      SHARED_ID_WRONG "校验码不符，请逐位核对。",                             \
      SHARED_ID_WRONG_EN "Its check character does not fit; compare each "    \
      "digit.",                                                               \
      .example = 1 }

#define SHARED_NAME_PROBLEMS                                                  \
    { "name_length", 0,                                                       \
      "姓名不能超过50个字。请按身份证件填写。",                               \
      "A name has 50 characters at most. Enter it as the document has it.",   \
      .example = 1 },                                                         \
    { "name_charset", 0,                                                      \
      "姓名中有不能使用的字符。请按身份证件填写，不要填写星号、数字或空格。", \
      "The name has characters that no name has. Enter it as the document "   \
      "has it, without stars, digits or spaces at its edges.",                \
      .example = 1 },                                                         \
    { "name_separator", 0,                                                    \
      "姓名中的间隔号只能放在两个字之间，且不能连续。请按身份证件填写。",     \
      "The separator of a name stands between two parts of it, and once. "    \
      "Enter the name as the document has it.",                               \
      .example = 1 }

#endif
