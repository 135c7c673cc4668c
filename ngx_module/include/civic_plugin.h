/*
 * civic_plugin.h - the contract between Civic's host and its plugins.
 *
 * This is the only header that a plugin includes: the contents of the
 * contract, in the order in which to read it.  A plugin is a shared object
 * that exports one const symbol, civic_plugin: const tables of what it
 * offers.  The host reads the tables (nginx -t checks them, civicctl lists
 * them, docs/openapi.yaml is generated from them), then calls the handlers.
 *
 * Handlers are straight-line C.  Each request runs on a fiber of its own, on
 * a stack of 128 KB: a host call that must wait suspends the fiber and gives
 * the worker back to nginx, and returns here when the answer is there.  So:
 *
 *   - keep stack frames under 4 KB, use no alloca and no variable arrays;
 *   - hold no lock, no errno and no OpenSSL error queue across a host call;
 *   - never block: no sleep, no file or socket work, nothing over 1 ms;
 *     heavy work goes to civic_offload();
 *   - keep nothing in variables that outlive the request, except what
 *     init_worker() made; a worker runs many fibers at once.
 *
 * Three lifetimes: "process" is until nginx ends, "worker" is until the
 * worker ends, "request" is until the handler has returned and the answer
 * is sent.  Unless said otherwise, whatever the host hands out lives for the
 * request and is the host's; whatever a plugin hands in is read during the
 * call and stays the plugin's.
 *
 * Versions.  MAJOR changes when something here changes its meaning, MINOR
 * when something is added at an end.  The host loads a plugin whose major is
 * equal and whose minor is not above its own.  The stamp is read from the
 * file before any code of the plugin runs.
 *
 * Structs marked "by address" may grow at their end: initialise them with
 * designators, so that later members are zero, which always means "absent".
 */

#ifndef CIVIC_PLUGIN_H
#define CIVIC_PLUGIN_H

/* What a plugin is. */
#include "civic/basics.h"               /* results, bytes, instants */
#include "civic/fields.h"               /* bodies, queries, options */
#include "civic/plugin.h"               /* the one symbol; its stamp */
#include "civic/workers.h"              /* starting in a worker */

/* What a handler gets and gives. */
#include "civic/routes.h"               /* who may call what */
#include "civic/memory.h"
#include "civic/request.h"              /* what came, and from whom */
#include "civic/reply.h"                /* JSON, bytes, headers */
#include "civic/problems.h"             /* what cannot be done, and why */

/* What it decides and keeps. */
#include "civic/rules.h"                /* decisions of the policy */
#include "civic/redis.h"                /* reads; scripts, which write */
#include "civic/secrets.h"              /* random bytes, sealing */
#include "civic/clocks.h"

/* Whom it asks, and for whom it waits. */
#include "civic/threads.h"              /* heavy work */
#include "civic/http.h"                 /* other servers */
#include "civic/calls.h"                /* other plugins */
#include "civic/sessions.h"             /* to begin and end */
#include "civic/waiting.h"              /* long polls */
#include "civic/turns.h"                /* so many at once */

/* What goes on without a request. */
#include "civic/jobs.h"                 /* again and again; all persons */
#include "civic/outboxes.h"             /* work that must not be lost */

/* What it keeps of persons, and tells them and others. */
#include "civic/blobs.h"                /* files */
#include "civic/audit.h"                /* what staff did */
#include "civic/messages.h"             /* the inbox */
#include "civic/consents.h"
#include "civic/monitoring.h"           /* counters, log lines */

/* How all this reaches the host. */
#include "civic/host.h"

#endif /* CIVIC_PLUGIN_H */
