/*
 * doctor_fit.c - the module against nginx, the plugins against the module.
 */

#define _GNU_SOURCE

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doctor.h"
#include "module_fit.h"
#include "plugin_file.h"
#include "redis_script.h"
#include "rules.h"

#define DOCTOR_RULES    "/etc/civic/rules"
#define DOCTOR_SCRIPTS  "/usr/share/civic/redis"
#define DOCTOR_NAMES    256

/* The end of the module's name; the file may have any. */
#define DOCTOR_MODULE  "_http_civic_module"


/* Where the shell would find nginx; malloc'ed, NULL if nowhere. */
static char *
doctor_find_nginx(const char *name)
{
    char        *path, *list, *folder, *rest;
    const char  *env = getenv("PATH");

    if (strchr(name, '/') != NULL) {
        return strdup(name);
    }

    if (asprintf(&list, "%s:/usr/sbin:/usr/local/sbin",
                 env == NULL ? "" : env) < 0)
    {
        return NULL;
    }

    rest = list;

    while ((folder = strsep(&rest, ":")) != NULL) {
        if (folder[0] == '\0' || asprintf(&path, "%s/%s", folder, name) < 0) {
            continue;
        }

        if (access(path, X_OK) == 0) {
            free(list);
            return path;
        }

        free(path);
    }

    free(list);

    return NULL;
}


static void
doctor_compare(doctor_t *doctor, const char *path, const ctl_module_t *module,
    const ctl_module_t *nginx)
{
    int          i = -1;
    const char  *name;

    if (module->version != 0 && nginx->version != 0
        && module->version != nginx->version)
    {
        doctor_tell(doctor, DOCTOR_PROBLEM,
                    "模块 %s 是为 nginx %llu 编译的，本机是 %llu："
                    "请针对本机的 nginx 重新编译",
                    "module %s was built for nginx version %llu, this is "
                    "%llu: build it for this nginx", path,
                    (unsigned long long) module->version,
                    (unsigned long long) nginx->version);
    }

    while ((i = ctl_module_difference(module->signature, nginx->signature,
                                      i + 1, &name))
           >= 0)
    {
        doctor_tell(doctor, DOCTOR_PROBLEM,
                    "模块 %s 与 nginx 的 \"%s\" 不同：模块为 %c，nginx 为 %c",
                    "module %s differs from nginx in \"%s\": the module has "
                    "%c, nginx %c", path, name, module->signature[i],
                    nginx->signature[i]);
    }
}


static void
doctor_fit_module(doctor_t *doctor, const char *path,
    const ctl_module_t *nginx)
{
    unsigned          before = doctor->problems;
    ctl_module_t      module;
    civic_failure_t   failure;

    if (ctl_module_read(path, &module, &failure) != 0) {
        doctor_tell(doctor, DOCTOR_PROBLEM, "模块 %s", "module %s",
                    failure.text);
        return;
    }

    doctor_compare(doctor, path, &module, nginx);

    if (doctor->problems == before) {
        doctor_tell(doctor, DOCTOR_FINE, "模块 %s 与本机 nginx 相符",
                    "module %s fits this nginx", path);
    }
}


static void
doctor_fit_modules(doctor_t *doctor, ctl_conf_t *conf,
    const ctl_module_t *nginx)
{
    int                     has;
    char                   *path;
    unsigned                found = 0;
    civic_failure_t         failure;
    const ctl_directive_t  *directive = NULL;

    while ((directive = ctl_conf_next(conf, "load_module", directive))
           != NULL)
    {
        path = directive->count == 0
               ? NULL : ctl_path(doctor->ctl, directive->words[0], 1);

        if (path == NULL) {
            continue;
        }

        has = ctl_module_has(path, DOCTOR_MODULE, &failure);

        if (has < 0) {
            doctor_tell(doctor, DOCTOR_PROBLEM, "模块 %s", "module %s",
                        failure.text);

        } else if (has) {
            found++;
            doctor_fit_module(doctor, path, nginx);
        }

        free(path);
    }

    if (found == 0) {
        doctor_tell(doctor, DOCTOR_PROBLEM,
                    "nginx 配置没有加载 Civic 模块（在最前面写 load_module）",
                    "nginx's configuration does not load Civic's module "
                    "(write load_module at its top)");
    }
}


static int
doctor_fit_nginx(doctor_t *doctor, ctl_module_t *nginx)
{
    int               rc;
    char             *path;
    const char       *version = ctl_nginx_version(doctor->ctl);
    civic_failure_t   failure;

    path = doctor_find_nginx(doctor->ctl->nginx);

    if (version == NULL || path == NULL) {
        doctor_tell(doctor, DOCTOR_PROBLEM, "无法运行 \"%s -V\"",
                    "cannot run \"%s -V\"", doctor->ctl->nginx);
        free(path);
        return -1;
    }

    rc = ctl_module_read(path, nginx, &failure);
    nginx->version = ctl_module_version(version);

    if (rc != 0) {
        doctor_tell(doctor, DOCTOR_PROBLEM, "nginx 程序：%s",
                    "the nginx program: %s", failure.text);
    } else {
        doctor_tell(doctor, DOCTOR_FINE, "%.*s，%s", "%.*s, %s",
                    (int) strcspn(version, "\n"), version, path);
    }

    free(path);

    return rc;
}


/* The scripts that the plugin runs are there, and are scripts. */
static void
doctor_fit_scripts(doctor_t *doctor, const civic_plugin_t *plugin,
    const char *folder)
{
    uint32_t               i;
    civic_failure_t        failure;
    civic_script_def_t     def;
    civic_redis_script_t  *script;

    for (i = 0; i < plugin->scripts.count; i++) {
        civic_table_get(&plugin->scripts, i, &def, sizeof(def));
        script = civic_redis_script_load(folder, def.name, &failure);

        if (script == NULL) {
            doctor_tell(doctor, DOCTOR_PROBLEM, "插件 %s 的脚本：%s",
                        "plugin %s, script: %s", plugin->name, failure.text);
            continue;
        }

        civic_redis_script_free(script);
    }
}


/* Its rules are there, and would be taken. */
static void
doctor_fit_rules(doctor_t *doctor, const civic_plugin_t *plugin,
    const char *folder)
{
    char              *path;
    uint32_t           i;
    const char        *names[DOCTOR_NAMES];
    civic_rules_t     *rules;
    civic_failure_t    failure;
    civic_rule_def_t   def;

    for (i = 0; i < plugin->rules.count && i < DOCTOR_NAMES; i++) {
        civic_table_get(&plugin->rules, i, &def, sizeof(def));
        names[i] = def.name;
    }

    if (i == 0 || asprintf(&path, "%s/%s.lua", folder, plugin->name) < 0) {
        return;
    }

    rules = civic_rules_load(path, names, i, &failure);
    free(path);

    if (rules == NULL) {
        doctor_tell(doctor, DOCTOR_PROBLEM, "插件 %s 的规则：%s",
                    "plugin %s, rules: %s", plugin->name, failure.text);
        return;
    }

    civic_rules_free(rules);
}


/* Folders are relative to nginx.conf, as in the module. */
static void
doctor_fit_files(doctor_t *doctor, ctl_conf_t *conf,
    const civic_plugin_t *plugin)
{
    char  *rules, *scripts;

    rules = ctl_path(doctor->ctl, ctl_conf_word(conf, "civic_rules",
                                                DOCTOR_RULES), 0);
    scripts = ctl_path(doctor->ctl, ctl_conf_word(conf, "civic_scripts",
                                                  DOCTOR_SCRIPTS), 0);

    if (rules != NULL && scripts != NULL) {
        doctor_fit_scripts(doctor, plugin, scripts);
        doctor_fit_rules(doctor, plugin, rules);
    }

    free(rules);
    free(scripts);
}


/* What other parts of doctor ask of the routes. */
static void
doctor_fit_routes(doctor_t *doctor, const civic_plugin_t *plugin)
{
    uint32_t        i;
    civic_route_t   route;

    doctor->has_civic |= strcmp(plugin->name, "civic") == 0;

    for (i = 0; i < plugin->routes.count; i++) {
        civic_table_get(&plugin->routes, i, &route, sizeof(route));

        if (doctor->needs_civic[0] == '\0'
            && ((route.roles & CIVIC_STAFF) != 0 || route.uploads != NULL))
        {
            (void) snprintf(doctor->needs_civic, sizeof(doctor->needs_civic),
                            "\"%s\"", plugin->name);
        }

        if (route.max_body > doctor->max_body) {
            doctor->max_body = route.max_body;
            (void) snprintf(doctor->max_body_route,
                            sizeof(doctor->max_body_route), "/%s%s",
                            plugin->name, route.path);
        }
    }
}


static void
doctor_fit_plugin(doctor_t *doctor, ctl_conf_t *conf, const char *path)
{
    struct stat           st;
    civic_failure_t       failure;
    civic_plugin_file_t  *file = civic_plugin_file_open(path, &failure);

    if (file == NULL) {
        doctor_tell(doctor, DOCTOR_PROBLEM, "插件 %s", "plugin %s",
                    failure.text);
        return;
    }

    doctor_tell(doctor, DOCTOR_FINE, "插件 %s %s（契约 %u.%u）：%s",
                "plugin %s %s (contract %u.%u): %s", file->plugin->name,
                file->plugin->version, file->abi.major, file->abi.minor,
                path);

    if (stat(path, &st) == 0 && (st.st_mode & S_IWOTH) != 0) {
        doctor_tell(doctor, DOCTOR_PROBLEM,
                    "插件 %s 任何人都可改写，而主进程以 root 运行它",
                    "plugin %s can be written by anybody, and the master "
                    "runs it as root", path);
    }

    doctor_fit_routes(doctor, file->plugin);
    doctor_fit_files(doctor, conf, file->plugin);
    civic_plugin_file_close(file);
}


void
doctor_fit(doctor_t *doctor, ctl_conf_t *conf)
{
    char                   *path;
    ctl_module_t            nginx;
    const ctl_directive_t  *directive = NULL;

    if (doctor_fit_nginx(doctor, &nginx) == 0) {
        doctor_fit_modules(doctor, conf, &nginx);
    }

    while ((directive = ctl_conf_next(conf, "civic_plugin", directive))
           != NULL)
    {
        path = directive->count == 0
               ? NULL : ctl_path(doctor->ctl, directive->words[0], 1);

        if (path != NULL) {
            doctor_fit_plugin(doctor, conf, path);
        }

        free(path);
    }
}
