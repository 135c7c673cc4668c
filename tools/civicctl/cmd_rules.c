/*
 * cmd_rules.c - "civicctl rules": files are checked as a worker would, and a
 * function can be tried with an input.  A part is checked by the rule files
 * that use it, for that is how it is used.
 */

#define _GNU_SOURCE

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "ctl.h"
#include "errors.h"
#include "plugin_file.h"
#include "rules.h"
#include "schema.h"

#define CTL_DEFAULT_RULES  "/etc/civic/rules"
#define CTL_RULES_NAMES    256
#define CTL_RULES_MEMORY   (1024 * 1024)
#define CTL_RULES_SUFFIX   ".lua"

#define CTL_RULES_ZH  "civicctl rules check [文件 ...]\n"                     \
    "      civicctl rules preview [--plugin 插件.so] 文件 函数 ['JSON']"
#define CTL_RULES_EN  "civicctl rules check [file ...]\n"                     \
    "       civicctl rules preview [--plugin plugin.so] file function "       \
    "['JSON']"


static void
ctl_rules_say_fine(ctl_t *ctl, const char *path, const civic_rules_t *rules)
{
    ctl_say(ctl, "%s：正常，修订 %s，通过示例 %zu 个",
            "%s: fine, revision %s, %zu {example holds|examples hold}", path,
            civic_rules_revision(rules), civic_rules_examples(rules));
}


static int
ctl_rules_check_file(ctl_t *ctl, const char *path, const char *const *names,
    size_t count)
{
    civic_rules_t    *rules;
    civic_failure_t   failure;

    rules = civic_rules_load(path, names, count, &failure);

    if (rules == NULL) {
        ctl_complain(ctl, "%s", "%s", failure.text);
        return CTL_PROBLEM;
    }

    ctl_rules_say_fine(ctl, path, rules);
    civic_rules_free(rules);

    return CTL_FINE;
}


/* ---- a part ------------------------------------------------------------ */

/* "lib/tries.lua", which anybody may use, or "kinship/colours.lua" beside a
   kinship.lua; folder is then the rule files' own.  NULL: it is no part. */
static const char *
ctl_rules_part_name(const char *path, char folder[PATH_MAX])
{
    char  *file, *name, owner[PATH_MAX + sizeof(CTL_RULES_SUFFIX)];

    if (realpath(path, folder) == NULL) {
        return NULL;
    }

    file = strrchr(folder, '/');
    *file = '\0';
    name = strrchr(folder, '/');

    if (name == NULL) {
        return NULL;
    }

    (void) snprintf(owner, sizeof(owner), "%s" CTL_RULES_SUFFIX, folder);
    *file = '/';

    if (strncmp(name, "/lib/", 5) != 0 && access(owner, F_OK) != 0) {
        return NULL;
    }

    *name = '\0';

    return name + 1;
}


static int
ctl_rules_is_file(const struct dirent *entry)
{
    const char  *dot = strrchr(entry->d_name, '.');

    return dot != NULL && strcmp(dot, CTL_RULES_SUFFIX) == 0;
}


static int
ctl_rules_has_seen(const civic_rules_seen_t *seen, const char *part)
{
    size_t  i;

    for (i = 1; i < seen->count; i++) {
        if (strcmp(seen->files[i].name, part) == 0) {
            return 1;
        }
    }

    return 0;
}


/* 1: it uses the part, and both are fine; 0: it does not; -1: told. */
static int
ctl_rules_check_user(ctl_t *ctl, const char *path, const char *part)
{
    int                  uses;
    civic_rules_t       *rules;
    civic_failure_t      failure;
    civic_rules_seen_t   seen;

    rules = civic_rules_load_seen(path, NULL, 0, &seen, &failure);

    if (rules == NULL) {
        ctl_complain(ctl, "%s", "%s", failure.text);
        return -1;
    }

    uses = ctl_rules_has_seen(&seen, part);

    if (uses) {
        ctl_rules_say_fine(ctl, path, rules);
    }

    civic_rules_free(rules);

    return uses;
}


/* By every rule file of the folder, up to the first fault: one of the part
   would be told by each of them. */
static int
ctl_rules_check_part(ctl_t *ctl, const char *folder, const char *part)
{
    int              i, count, uses = 0, users = 0;
    char             path[PATH_MAX + NAME_MAX + 2];
    struct dirent  **entries;

    count = scandir(folder, &entries, ctl_rules_is_file, alphasort);

    for (i = 0; i < count; i++) {
        (void) snprintf(path, sizeof(path), "%s/%s", folder,
                        entries[i]->d_name);
        free(entries[i]);

        if (uses != -1) {
            uses = ctl_rules_check_user(ctl, path, part);
            users += uses;
        }
    }

    if (count >= 0) {
        free(entries);
    }

    if (uses != -1 && users == 0) {
        ctl_complain(ctl, "%s 是规则文件的一部分，随用到它的文件一起检查；%s "
                     "中没有文件用到它", "%s is a part, which is checked by "
                     "the rule files that use it: none in %s does", part,
                     folder);
        return CTL_PROBLEM;
    }

    return uses == -1 ? CTL_PROBLEM : CTL_FINE;
}


/* ---- what is configured ------------------------------------------------ */


/* The file of one plugin, with the functions that the plugin asks. */
static int
ctl_rules_check_plugin(ctl_t *ctl, const char *folder,
    const civic_plugin_t *plugin)
{
    int                rc;
    char              *path;
    uint32_t           i;
    const char        *names[CTL_RULES_NAMES];
    civic_rule_def_t   rule;

    for (i = 0; i < plugin->rules.count && i < CTL_RULES_NAMES; i++) {
        civic_table_get(&plugin->rules, i, &rule, sizeof(rule));
        names[i] = rule.name;
    }

    if (i == 0) {
        return CTL_FINE;
    }

    if (asprintf(&path, "%s/%s.lua", folder, plugin->name) < 0) {
        return CTL_PROBLEM;
    }

    rc = ctl_rules_check_file(ctl, path, names, i);
    free(path);

    return rc;
}


/* Every plugin of the configuration. */
static int
ctl_rules_check_plugins(ctl_t *ctl, ctl_conf_t *conf, const char *folder)
{
    int                     rc = CTL_FINE;
    char                   *path;
    civic_failure_t         failure;
    civic_plugin_file_t    *file;
    const ctl_directive_t  *directive = NULL;

    while ((directive = ctl_conf_next(conf, "civic_plugin", directive))
           != NULL)
    {
        if (directive->count == 0) {
            continue;
        }

        path = ctl_path(ctl, directive->words[0], 1);

        if (path == NULL) {
            return CTL_PROBLEM;
        }

        file = civic_plugin_file_open(path, &failure);
        free(path);

        if (file == NULL) {
            ctl_complain(ctl, "%s:%u：%s", "%s:%u: %s", directive->file,
                         directive->line, failure.text);
            rc = CTL_PROBLEM;
            continue;
        }

        if (ctl_rules_check_plugin(ctl, folder, file->plugin) != CTL_FINE) {
            rc = CTL_PROBLEM;
        }

        civic_plugin_file_close(file);
    }

    return rc;
}


static int
ctl_rules_check_configured(ctl_t *ctl)
{
    int          rc;
    char        *folder;
    ctl_conf_t  *conf = ctl_conf(ctl);

    if (conf == NULL) {
        return CTL_PROBLEM;
    }

    if (ctl_conf_next(conf, "civic_plugin", NULL) == NULL) {
        ctl_complain(ctl, "nginx 配置中没有 civic_plugin；请给出要检查的文件",
                     "nginx's configuration has no civic_plugin; name the "
                     "files to check");
        return CTL_PROBLEM;
    }

    folder = ctl_path(ctl, ctl_conf_word(conf, "civic_rules",
                                         CTL_DEFAULT_RULES), 0);
    rc = folder == NULL ? CTL_PROBLEM
                        : ctl_rules_check_plugins(ctl, conf, folder);
    free(folder);

    return rc;
}


static int
ctl_rules_check_named(ctl_t *ctl, const char *path)
{
    char         folder[PATH_MAX];
    const char  *part = ctl_rules_part_name(path, folder);

    return part != NULL ? ctl_rules_check_part(ctl, folder, part)
                        : ctl_rules_check_file(ctl, path, NULL, 0);
}


static int
ctl_rules_check(ctl_t *ctl, int argc, char **argv)
{
    int  i, rc = CTL_FINE;

    if (argc == 0) {
        return ctl_rules_check_configured(ctl);
    }

    for (i = 0; i < argc; i++) {
        if (ctl_rules_check_named(ctl, argv[i]) != CTL_FINE) {
            rc = CTL_PROBLEM;
        }
    }

    return rc;
}


/* ---- a try ------------------------------------------------------------- */

/* "-" is standard input. */
static json_t *
ctl_rules_input(ctl_t *ctl, const char *text)
{
    json_t        *input;
    json_error_t   error;

    if (strcmp(text, "-") == 0) {
        input = json_loadf(stdin, JSON_REJECT_DUPLICATES, &error);
    } else {
        input = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    }

    if (input == NULL || !json_is_object(input)) {
        ctl_complain(ctl, "输入不是 JSON 对象：%s",
                     "the input is no JSON object: %s",
                     input == NULL ? error.text : "another type");
        json_decref(input);
        return NULL;
    }

    return input;
}


/* Tells every error of the input, by the schema of the rule's table. */
static int
ctl_rules_tell_errors(ctl_t *ctl, const civic_schema_t *schema,
    const json_t *input)
{
    int              rc;
    size_t           i;
    civic_arena_t   *arena;
    civic_errors_t   errors;

    arena = civic_arena_create(4096, CTL_RULES_MEMORY);

    if (arena == NULL) {
        return CTL_PROBLEM;
    }

    civic_errors_init(&errors, arena);
    civic_schema_check(schema, input, &errors);

    for (i = 0; i < errors.count; i++) {
        ctl_complain(ctl, "输入的 \"%s\"：%s", "input \"%s\": %s",
                     errors.items[i].pointer, errors.items[i].code);
    }

    rc = errors.count == 0 ? CTL_FINE : CTL_PROBLEM;
    civic_arena_destroy(arena);

    return rc;
}


static int
ctl_rules_check_input(ctl_t *ctl, const civic_plugin_t *plugin,
    const char *name, const json_t *input)
{
    int                rc;
    uint32_t           i;
    civic_schema_t    *schema;
    civic_failure_t    failure;
    civic_rule_def_t   rule;

    for (i = 0; i < plugin->rules.count; i++) {
        civic_table_get(&plugin->rules, i, &rule, sizeof(rule));

        if (strcmp(rule.name, name) != 0) {
            continue;
        }

        schema = civic_schema_compile(rule.input, &failure);

        if (schema == NULL) {
            ctl_complain(ctl, "%s", "%s", failure.text);
            return CTL_PROBLEM;
        }

        rc = ctl_rules_tell_errors(ctl, schema, input);
        civic_schema_free(schema);

        return rc;
    }

    ctl_complain(ctl, "插件 %s 不使用规则 \"%s\"",
                 "plugin %s asks no rule \"%s\"", plugin->name, name);

    return CTL_PROBLEM;
}


static int
ctl_rules_call(ctl_t *ctl, const char *path, const char *name,
    const json_t *input)
{
    json_t           *out;
    civic_rules_t    *rules;
    civic_failure_t   failure;

    rules = civic_rules_load(path, NULL, 0, &failure);

    if (rules == NULL
        || civic_rules_call(rules, name, input, &out, &failure) != 0)
    {
        ctl_complain(ctl, "%s", "%s", failure.text);

        if (rules != NULL) {
            civic_rules_free(rules);
        }

        return CTL_PROBLEM;
    }

    (void) json_dumpf(out, ctl->out, JSON_INDENT(2) | JSON_SORT_KEYS);
    (void) fputc('\n', ctl->out);
    json_decref(out);
    civic_rules_free(rules);

    return CTL_FINE;
}


static int
ctl_rules_preview(ctl_t *ctl, int argc, char **argv)
{
    int                   rc = CTL_FINE;
    json_t               *input;
    const char           *path = NULL;
    civic_failure_t       failure;
    civic_plugin_file_t  *file = NULL;

    if (argc >= 2 && strcmp(argv[0], "--plugin") == 0) {
        path = argv[1];
        argc -= 2;
        argv += 2;
    }

    if (argc != 2 && argc != 3) {
        return ctl_usage(ctl, CTL_RULES_ZH, CTL_RULES_EN);
    }

    input = ctl_rules_input(ctl, argc == 3 ? argv[2] : "{}");

    if (input == NULL) {
        return CTL_PROBLEM;
    }

    if (path != NULL) {
        file = civic_plugin_file_open(path, &failure);

        if (file == NULL) {
            ctl_complain(ctl, "%s", "%s", failure.text);
            rc = CTL_PROBLEM;
        } else {
            rc = ctl_rules_check_input(ctl, file->plugin, argv[1], input);
        }
    }

    if (rc == CTL_FINE) {
        rc = ctl_rules_call(ctl, argv[0], argv[1], input);
    }

    civic_plugin_file_close(file);
    json_decref(input);

    return rc;
}


int
ctl_cmd_rules(ctl_t *ctl, int argc, char **argv)
{
    if (argc >= 2 && strcmp(argv[1], "check") == 0) {
        return ctl_rules_check(ctl, argc - 2, argv + 2);
    }

    if (argc >= 2 && strcmp(argv[1], "preview") == 0) {
        return ctl_rules_preview(ctl, argc - 2, argv + 2);
    }

    return ctl_usage(ctl, CTL_RULES_ZH, CTL_RULES_EN);
}
