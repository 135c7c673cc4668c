/*
 * cmd_rules.c - "civicctl rules": files are checked as a worker would, and a
 * function can be tried with an input.
 */

#define _GNU_SOURCE

#include <stdlib.h>

#include "ctl.h"
#include "errors.h"
#include "plugin_file.h"
#include "rules.h"
#include "schema.h"

#define CTL_DEFAULT_RULES  "/etc/civic/rules"
#define CTL_RULES_NAMES    256
#define CTL_RULES_MEMORY   (1024 * 1024)

#define CTL_RULES_ZH  "civicctl rules check [文件 ...]\n"                     \
    "      civicctl rules preview [--plugin 插件.so] 文件 函数 ['JSON']"
#define CTL_RULES_EN  "civicctl rules check [file ...]\n"                     \
    "       civicctl rules preview [--plugin plugin.so] file function "       \
    "['JSON']"


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

    ctl_say(ctl, "%s：正常，修订 %s，通过示例 %zu 个",
            "%s: fine, revision %s, %zu {example holds|examples hold}", path,
            civic_rules_revision(rules), civic_rules_examples(rules));
    civic_rules_free(rules);

    return CTL_FINE;
}


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
ctl_rules_check(ctl_t *ctl, int argc, char **argv)
{
    int  i, rc = CTL_FINE;

    if (argc == 0) {
        return ctl_rules_check_configured(ctl);
    }

    for (i = 0; i < argc; i++) {
        if (ctl_rules_check_file(ctl, argv[i], NULL, 0) != CTL_FINE) {
            rc = CTL_PROBLEM;
        }
    }

    return rc;
}


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
