/*
 * rule_tables.c - what the rules of codes and of staff are asked.
 */

#include "kinship.h"
#include "kinship_tables.h"

const civic_field_t  kinship_rule_colour[] = {
    FIELD("now", CIVIC_TYPE_INTEGER, "现在（毫秒）", "now, ms"),
    FIELD("since", CIVIC_TYPE_INTEGER, "申领时间（毫秒）",
          "when the code was opened, ms"),
    FIELD("language", CIVIC_TYPE_STRING, "语言", "zh or en"),
    MAYBE("age", CIVIC_TYPE_INTEGER, "周岁；不详则没有",
          "years of age; absent if not known"),
    MAYBE("facts", CIVIC_TYPE_OBJECT, "检测、措施与核定",
          "{tests, measures, override}: see docs/kinship.md"),
    CIVIC_END
};

const civic_field_t  kinship_rule_own[] = {
    MAYBE("age", CIVIC_TYPE_INTEGER, "周岁；不详则没有",
          "years of age; absent if not known"),
    CIVIC_END
};

const civic_field_t  kinship_rule_code[] = {
    FIELD("now", CIVIC_TYPE_INTEGER, "现在（毫秒）", "now, ms"),
    FIELD("since", CIVIC_TYPE_INTEGER, "申领时间（毫秒）",
          "when the code was opened, ms"),
    FIELD("language", CIVIC_TYPE_STRING, "语言", "zh or en"),
    MAYBE("age", CIVIC_TYPE_INTEGER, "周岁；不详则没有",
          "years of age; absent if not known"),
    MAYBE("facts", CIVIC_TYPE_OBJECT, "检测、措施与核定",
          "{tests, measures, override}: see docs/kinship.md"),
    FIELD("kind", CIVIC_TYPE_STRING, "own 或 kin", "own or kin"),
    MAYBE("bound", CIVIC_TYPE_INTEGER, "亲属码的绑定时间（毫秒）",
          "of a relative's: when it was bound, ms"),
    MAYBE("how", CIVIC_TYPE_STRING, "亲属码的核实方式（pledge 为凭承诺）",
          "of a relative's: how the guardian was believed; pledge: not "
          "proven"),
    CIVIC_END
};

const civic_field_t  kinship_rule_language[] = {
    FIELD("language", CIVIC_TYPE_STRING, "语言", "zh or en"),
    CIVIC_END
};

const civic_field_t  kinship_rule_place[] = {
    MAYBE("place", CIVIC_TYPE_STRING, "地点种类；没有则不核对",
          "the kind of place; absent: any"),
    CIVIC_END
};

const civic_field_t  kinship_rule_verdict[] = {
    FIELD("verdict", CIVIC_TYPE_STRING, "结论", "the verdict"),
    MAYBE("paper", CIVIC_TYPE_BOOLEAN, "是离线码", "of a code on paper"),
    FIELD("age", CIVIC_TYPE_INTEGER, "出示于多少秒前",
          "s since it was shown"),
    FIELD("language", CIVIC_TYPE_STRING, "语言", "zh or en"),
    CIVIC_END
};

const civic_field_t  kinship_rule_look_words[] = {
    FIELD("role", CIVIC_TYPE_STRING, "guardian 或工作人员角色",
          "guardian, or roles of staff"),
    FIELD("what", CIVIC_TYPE_STRING, "看了什么", "what was looked at"),
    FIELD("purpose", CIVIC_TYPE_STRING, "目的", "what for"),
    MAYBE("place", CIVIC_TYPE_STRING, "地点种类", "the kind of place"),
    FIELD("language", CIVIC_TYPE_STRING, "语言", "zh or en"),
    CIVIC_END
};

const civic_field_t  kinship_rule_measure[] = {
    FIELD("kind", CIVIC_TYPE_STRING, "种类", "its kind"),
    FIELD("since", CIVIC_TYPE_INTEGER, "开始（毫秒）", "its begin, ms"),
    MAYBE("until", CIVIC_TYPE_INTEGER, "截止（毫秒）", "its end, ms"),
    FIELD("count", CIVIC_TYPE_INTEGER, "此人未结束的措施有几项",
          "how many measures the person has that have not ended"),
    CIVIC_END
};

const civic_field_t  kinship_rule_withdrawn[] = {
    FIELD("now", CIVIC_TYPE_INTEGER, "现在（毫秒）", "now, ms"),
    MAYBE("since", CIVIC_TYPE_INTEGER, "申领时间（毫秒）；没有健康码则没有",
          "when the code was opened, ms; absent: there is none"),
    FIELD("facts", CIVIC_TYPE_OBJECT, "检测、措施与核定",
          "{tests, measures, override, since}: see docs/kinship.md"),
    CIVIC_END
};

const civic_field_t  kinship_rule_override[] = {
    FIELD("now", CIVIC_TYPE_INTEGER, "现在（毫秒）", "now, ms"),
    FIELD("until", CIVIC_TYPE_INTEGER, "截止（毫秒）", "its end, ms"),
    CIVIC_END
};
