/*
 * exam_photo.c - whether the rules that are in force know an exam's
 * photo_profile.
 *
 * With a name that they do not know nobody can hand in a photo, and so nobody
 * an application: a load is the last moment at which it harms nobody.  The
 * file is asked as the plugin photo_check asks it, by its rule "limits".
 */

#define _GNU_SOURCE

#include <stdlib.h>
#include <string.h>

#include "ctl_exam.h"
#include "plugin_file.h"
#include "rules.h"

#define PLUGIN  "photo_check"
#define RULE    "limits"
#define RULES   "/etc/civic/rules"      /* as the directive civic_rules */


/* What cannot be opened is known by its file's name. */
static int
is_photo_check(ctl_t *ctl, const char *word)
{
    int                   is;
    char                 *path = ctl_path(ctl, word, 1);
    civic_failure_t       failure;
    civic_plugin_file_t  *file;

    if (path == NULL) {
        return 0;
    }

    file = civic_plugin_file_open(path, &failure);
    is = file != NULL ? strcmp(file->plugin->name, PLUGIN) == 0
                      : strcmp(basename(path), PLUGIN ".so") == 0;

    civic_plugin_file_close(file);
    free(path);

    return is;
}


static int
is_configured(ctl_t *ctl, const ctl_conf_t *conf)
{
    const ctl_directive_t  *directive = NULL;

    while ((directive = ctl_conf_next(conf, "civic_plugin", directive))
           != NULL)
    {
        if (directive->count > 0 && is_photo_check(ctl, directive->words[0]))
        {
            return 1;
        }
    }

    return 0;
}


/* 1, 0, or -1 with the failure. */
static int
is_known(const char *path, const char *profile, civic_failure_t *failure)
{
    int             known = -1;
    json_t         *in, *out = NULL, *said;
    civic_rules_t  *rules = civic_rules_load(path, NULL, 0, failure);

    if (rules == NULL) {
        return -1;
    }

    in = json_pack("{s:s}", "profile", profile);

    if (in == NULL) {
        (void) snprintf(failure->text, sizeof(failure->text), "no memory");

    } else if (civic_rules_call(rules, RULE, in, &out, failure) == 0) {
        said = json_object_get(out, "known");
        known = json_is_boolean(said) ? json_is_true(said) : -1;

        if (known < 0) {
            (void) snprintf(failure->text, sizeof(failure->text),
                            "%.150s: \"" RULE "\" does not say what is known",
                            path);
        }
    }

    json_decref(out);
    json_decref(in);
    civic_rules_free(rules);

    return known;
}


int
ctl_exam_photo_unknown(ctl_t *ctl, const char *profile)
{
    int               known = -1;
    char             *folder, *path = NULL;
    ctl_conf_t       *conf = ctl_conf(ctl);
    civic_failure_t   failure = { "no memory" };

    if (conf == NULL || !is_configured(ctl, conf)) {
        return 0;
    }

    folder = ctl_path(ctl, ctl_conf_word(conf, "civic_rules", RULES), 0);

    if (folder != NULL
        && asprintf(&path, "%s/" PLUGIN ".lua", folder) >= 0)
    {
        known = is_known(path, profile, &failure);
        free(path);
    }

    free(folder);

    if (known < 0) {
        ctl_complain(ctl, "注意：照片规则无法读取，未核对 photo_profile “%s”：%s",
                     "mind: the rules of photos cannot be read, and nobody "
                     "looked for photo_profile \"%s\": %s", profile,
                     failure.text);
    }

    return known == 0;
}
