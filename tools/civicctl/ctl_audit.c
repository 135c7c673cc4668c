/*
 * ctl_audit.c - what the operator does with civicctl is told to the audit
 * trail, too: by the scripts that make the changes, as "civicctl:<user>".
 */

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "ctl.h"
#include "ctl_audit.h"
#include "password.h"

#define ACTOR  96


/* Who sits there: also behind sudo. */
static void
ctl_audit_actor(char *out, size_t size)
{
    const char     *name = getenv("SUDO_USER");
    struct passwd  *user = getpwuid(getuid());

    if (name == NULL || name[0] == '\0' || getuid() != 0) {
        name = user == NULL ? NULL : user->pw_name;
    }

    if (name != NULL) {
        (void) snprintf(out, size, "civicctl:%s", name);

    } else {
        (void) snprintf(out, size, "civicctl:%u", (unsigned) getuid());
    }
}


static int
ctl_audit_outbox(ctl_t *ctl, civic_str_t near, char *outbox)
{
    int          cluster;
    ctl_conf_t  *conf = ctl_conf(ctl);

    if (conf == NULL) {
        return -1;
    }

    cluster = strcmp(ctl_conf_word(conf, "civic_redis_cluster", "off"), "on")
              == 0;

    (void) civic_outbox_key(CIVIC_AUDIT_OUTBOX,
                            civic_outbox_number(near, cluster), outbox);

    return 0;
}


int
ctl_audit(ctl_t *ctl, const char *command, const char *action,
    const char *subject, json_t *details, civic_str_t near,
    ctl_audit_t *audit)
{
    char                 actor[ACTOR];
    civic_str_t          sealed = { NULL, 0 };
    civic_arena_t       *arena;
    civic_keyring_t     *keyring = ctl_keyring(ctl);
    civic_purpose_t     *purpose = NULL;
    civic_audit_facts_t  facts;

    memset(&facts, 0, sizeof(facts));
    ctl_audit_actor(actor, sizeof(actor));

    facts.at = ctl_now();
    facts.request_id = CIVIC_STR("");
    facts.actor = civic_cstr(actor);
    facts.plugin = CIVIC_STR("civicctl");
    facts.route = civic_cstr(command);
    facts.action = civic_cstr(action);
    facts.subject = civic_cstr(subject);
    facts.details = details;

    if (keyring != NULL) {
        purpose = civic_keyring_purpose(keyring, CIVIC_AUDIT_PURPOSE);
    }

    arena = civic_arena_create(CIVIC_AUDIT_MAX, 16 * CIVIC_AUDIT_MAX);

    if (purpose != NULL && arena != NULL) {
        sealed = civic_audit_seal(arena, purpose, &facts);
    }

    if (sealed.data != NULL) {
        memcpy(audit->bytes, sealed.data, sealed.len);
    }

    civic_arena_destroy(arena);
    json_decref(details);

    if (sealed.data == NULL) {
        ctl_complain(ctl, "无法生成审计记录",
                     "no entry of the audit trail can be made");
        return -1;
    }

    if (ctl_audit_outbox(ctl, near, audit->key) != 0) {
        return -1;
    }

    audit->outbox = civic_cstr(audit->key);
    audit->sealed = (civic_str_t) { audit->bytes, sealed.len };

    return 0;
}
