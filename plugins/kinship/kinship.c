/*
 * kinship.c - the tables of the plugin: what it takes, offers, answers.
 *
 * No code: whoever wants to know what the plugin does to the outside reads
 * this file.  Texts that the notices give stand as they give them.
 */

#include "kinship.h"


static const civic_purpose_def_t  purposes[] = {
    { KINSHIP_HEALTH, "what a health code's colour is made of" },
    { KINSHIP_SEALED, "families: who somebody is, bindings, who looked" },
    { KINSHIP_LIVE, "codes that a phone shows for some seconds" },
};


CIVIC_PLUGIN = {
    .name = "kinship",
    .version = "1.0.0",
    .zh = "一码通与亲属码：申领、绑定、展示、离线码与核验",
    .en = "health codes of oneself and one's family: shown, bound, printed, "
          "verified",
    .purposes = CIVIC_TABLE(purposes),
};
