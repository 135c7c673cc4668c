/*
 * doctor_upstreams.c - the internal server of outbound HTTP.
 *
 * nginx is content with TLS that verifies nobody, and so would everybody be
 * until somebody stands in between.  Here each upstream is looked at as nginx
 * would take it: what stands in its location, else in the server, else in
 * http.
 */

#include <stdlib.h>
#include <sys/stat.h>

#include "doctor.h"

#define DOCTOR_MARK  "Civic-Upstream"

/* A block of the configuration, and the blocks around it. */
typedef struct {
    const ctl_conf_t       *conf;
    const ctl_directive_t  *location;
    const ctl_directive_t  *server;
} doctor_place_t;


/* The directive of a block itself, after previous. */
static const ctl_directive_t *
doctor_in_block(const ctl_conf_t *conf, const ctl_directive_t *block,
    const char *name, const ctl_directive_t *previous)
{
    const ctl_directive_t  *d;

    d = previous == NULL ? block : previous;

    while ((d = ctl_conf_next(conf, NULL, d)) != NULL
           && d->depth > block->depth)
    {
        if (d->depth == block->depth + 1 && strcmp(d->name, name) == 0) {
            return d;
        }
    }

    return NULL;
}


static const ctl_directive_t *
doctor_in_http(const ctl_conf_t *conf, const char *name)
{
    const ctl_directive_t  *http = ctl_conf_next(conf, "http", NULL);

    return http == NULL ? NULL : doctor_in_block(conf, http, name, NULL);
}


/* As nginx inherits: the innermost place that says it. */
static const char *
doctor_word(const doctor_place_t *place, const char *name)
{
    const ctl_directive_t  *d;

    d = doctor_in_block(place->conf, place->location, name, NULL);

    if (d == NULL) {
        d = doctor_in_block(place->conf, place->server, name, NULL);
    }

    if (d == NULL) {
        d = doctor_in_http(place->conf, name);
    }

    return d == NULL || d->count == 0 ? NULL : d->words[0];
}


static int
doctor_is(const char *word, const char *expected)
{
    return word != NULL && strcmp(word, expected) == 0;
}


/* "set $variable value;" of the location itself: the value. */
static const char *
doctor_set(const doctor_place_t *place, const char *variable)
{
    const ctl_directive_t  *d = NULL;

    while ((d = doctor_in_block(place->conf, place->location, "set", d))
           != NULL)
    {
        if (d->count == 2 && strcmp(d->words[0], variable) == 0) {
            return d->words[1];
        }
    }

    return NULL;
}


/* ---- one upstream -------------------------------------------------------- */

static void
doctor_refuse(doctor_t *doctor, const doctor_place_t *place, const char *zh,
    const char *en)
{
    const ctl_directive_t  *d = place->location;

    doctor_tell(doctor, DOCTOR_PROBLEM, "上游 \"%s\"（%s:%u）：%s",
                "upstream \"%s\" (%s:%u): %s",
                d->count == 0 ? "" : d->words[d->count - 1], d->file, d->line,
                doctor->ctl->language == CIVIC_ZH ? zh : en);
}


/* The name that a certificate is held against. */
static const char *
doctor_tls_name(const doctor_place_t *place)
{
    const char  *name = doctor_word(place, "proxy_ssl_name");

    return name != NULL && name[0] == '$' ? doctor_set(place, name) : name;
}


static void
doctor_tls(doctor_t *doctor, const doctor_place_t *place)
{
    const char  *name = doctor_tls_name(place);

    if (!doctor_is(doctor_word(place, "proxy_ssl_verify"), "on")) {
        doctor_refuse(doctor, place,
                      "TLS 不验证对方证书：proxy_ssl_verify 必须为 on",
                      "TLS without verification: proxy_ssl_verify must be "
                      "on");
    }

    if (doctor_word(place, "proxy_ssl_trusted_certificate") == NULL) {
        doctor_refuse(doctor, place,
                      "没有 proxy_ssl_trusted_certificate，无从验证",
                      "there is no proxy_ssl_trusted_certificate to verify "
                      "against");
    }

    if (!doctor_is(doctor_word(place, "proxy_ssl_server_name"), "on")) {
        doctor_refuse(doctor, place,
                      "TLS 不发送 SNI：proxy_ssl_server_name 必须为 on",
                      "TLS without SNI: proxy_ssl_server_name must be on");
    }

    if (name == NULL || name[0] == '\0') {
        doctor_refuse(doctor, place,
                      "没有证书应有的名称：请设置 $civic_upstream_host",
                      "no name for the certificate: set "
                      "$civic_upstream_host");
    }
}


static int
doctor_group_exists(const ctl_conf_t *conf, const char *name, size_t len)
{
    const ctl_directive_t  *d = NULL;

    while ((d = ctl_conf_next(conf, "upstream", d)) != NULL) {
        if (d->count == 1 && strlen(d->words[0]) == len
            && memcmp(d->words[0], name, len) == 0)
        {
            return 1;
        }
    }

    return 0;
}


/* "https://civic-bank$civic_upstream_uri" */
static void
doctor_target(doctor_t *doctor, const doctor_place_t *place,
    const char *target)
{
    size_t       len;
    const char  *host = strstr(target, "://");

    if (host == NULL) {
        doctor_refuse(doctor, place, "proxy_pass 不是 http:// 或 https://",
                      "proxy_pass is not http:// or https://");
        return;
    }

    host += 3;
    len = strcspn(host, "$/");

    if (!doctor_group_exists(place->conf, host, len)) {
        doctor_refuse(doctor, place, "没有该名称的 upstream { }",
                      "there is no upstream { } of the name in proxy_pass");
    }

    if (strcmp(host + len, "$civic_upstream_uri") != 0) {
        doctor_refuse(doctor, place,
                      "proxy_pass 必须以 $civic_upstream_uri 结尾",
                      "proxy_pass must end with $civic_upstream_uri");
    }
}


static void
doctor_location(doctor_t *doctor, const doctor_place_t *place)
{
    unsigned                before = doctor->problems;
    const ctl_directive_t  *pass;

    pass = doctor_in_block(place->conf, place->location, "proxy_pass", NULL);

    if (pass == NULL || pass->count == 0) {
        return;
    }

    doctor_target(doctor, place, pass->words[0]);

    if (strncmp(pass->words[0], "https:", 6) == 0) {
        doctor_tls(doctor, place);
    }

    if (doctor_in_block(place->conf, place->location, "add_header", NULL)
        != NULL)
    {
        doctor_refuse(doctor, place,
                      "add_header 会覆盖 " DOCTOR_MARK "，结果将无法判断",
                      "add_header here hides " DOCTOR_MARK ": no outcome "
                      "would be known");
    }

    if (doctor_in_block(place->conf, place->location, "proxy_set_header",
                        NULL)
        != NULL)
    {
        doctor_refuse(doctor, place,
                      "proxy_set_header 会覆盖 server 中的标头",
                      "proxy_set_header here replaces all of the server's");
    }

    if (doctor->problems == before) {
        doctor_tell(doctor, DOCTOR_FINE, "上游 \"%s\"", "upstream \"%s\"",
                    place->location->words[place->location->count - 1]);
    }
}


/* ---- the server ---------------------------------------------------------- */

static const ctl_directive_t *
doctor_server(const ctl_conf_t *conf, const char *address)
{
    const ctl_directive_t  *server = NULL, *listen;

    while ((server = ctl_conf_next(conf, "server", server)) != NULL) {
        listen = NULL;

        while ((listen = doctor_in_block(conf, server, "listen", listen))
               != NULL)
        {
            if (listen->count > 0 && strcmp(listen->words[0], address) == 0) {
                return server;
            }
        }
    }

    return NULL;
}


/* Whether the server tells how far a request came. */
static int
doctor_marks(const ctl_conf_t *conf, const ctl_directive_t *server)
{
    const ctl_directive_t  *d = NULL;

    while ((d = doctor_in_block(conf, server, "add_header", d)) != NULL) {
        if (d->count == 3 && strcmp(d->words[0], DOCTOR_MARK) == 0
            && strcmp(d->words[2], "always") == 0)
        {
            return 1;
        }
    }

    return 0;
}


/* nginx lets everybody open its sockets. */
static void
doctor_socket(doctor_t *doctor, const char *path)
{
    char         *slash, *folder = strdup(path);
    struct stat   st;

    if (folder == NULL || (slash = strrchr(folder, '/')) == NULL) {
        free(folder);
        return;
    }

    slash[slash == folder] = '\0';

    if (stat(folder, &st) != 0) {
        doctor_tell(doctor, DOCTOR_PROBLEM, "civic_upstreams 的目录 %s 不存在",
                    "civic_upstreams: the folder %s is not there", folder);

    } else if (st.st_mode & (S_IXOTH | S_IWOTH)) {
        doctor_tell(doctor, ctl_is_sandbox(doctor->ctl) ? DOCTOR_WARNING
                                                        : DOCTOR_PROBLEM,
                    "本机任何用户都能进入 %s，以本系统的名义向外请求：chmod o=",
                    "everybody on this machine can enter %s and speak to the "
                    "upstreams in this system's name: chmod o=", folder);
    } else {
        doctor_tell(doctor, DOCTOR_FINE, "目录 %s 不对他人开放",
                    "the folder %s keeps others out", folder);
    }

    free(folder);
}


int
doctor_upstream_served(const ctl_conf_t *conf, const char *name)
{
    size_t                  len = strlen(name);
    const char             *address, *path;
    const ctl_directive_t  *server, *location = NULL;

    address = ctl_conf_word(conf, "civic_upstreams", NULL);
    server = address == NULL ? NULL : doctor_server(conf, address);

    while (server != NULL
           && (location = doctor_in_block(conf, server, "location", location))
              != NULL)
    {
        path = location->count == 0
               ? "" : location->words[location->count - 1];

        if (path[0] == '/' && strncmp(path + 1, name, len) == 0
            && strcmp(path + 1 + len, "/") == 0)
        {
            return 1;
        }
    }

    return 0;
}


void
doctor_upstreams(doctor_t *doctor, ctl_conf_t *conf)
{
    const char             *address;
    doctor_place_t          place = { .conf = conf };
    const ctl_directive_t  *location = NULL;

    address = ctl_conf_word(conf, "civic_upstreams", NULL);

    if (address == NULL) {
        return;
    }

    place.server = doctor_server(conf, address);

    if (place.server == NULL) {
        doctor_tell(doctor, DOCTOR_PROBLEM,
                    "没有 server 监听 civic_upstreams %s",
                    "no server listens on civic_upstreams %s", address);
        return;
    }

    if (!doctor_marks(conf, place.server)) {
        doctor_tell(doctor, DOCTOR_PROBLEM,
                    "civic_upstreams 的 server 缺少 add_header " DOCTOR_MARK
                    " ... always：请包含 civic-upstreams-server.conf",
                    "the server of civic_upstreams has no add_header "
                    DOCTOR_MARK " ... always: include "
                    "civic-upstreams-server.conf");
    }

    if (strncmp(address, "unix:", 5) == 0) {
        doctor_socket(doctor, address + 5);
    }

    while ((location = doctor_in_block(conf, place.server, "location",
                                       location)) != NULL)
    {
        place.location = location;
        doctor_location(doctor, &place);
    }
}
