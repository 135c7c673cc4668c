/*
 * sandbox.h - what the files of the plugin "sandbox" know of each other.
 *
 * The plugin stands for the providers: Alipay's gateway and the issuer of
 * the electronic social-security card.  It speaks their protocols with keys
 * of its own, about people who are made up, and fails on demand.  The host
 * refuses it in production, so nothing here is hardened beyond what it
 * takes to play the part: what it keeps in Redis is not sealed.
 *
 * Requests run on fibers of a worker; the state is made by init_worker() and
 * only read afterwards.
 */

#ifndef SANDBOX_H
#define SANDBOX_H

#include "alipay.h"
#include "civic_plugin.h"

#define SANDBOX_DAY      (24 * 3600 * 1000LL)       /* ms */
#define SANDBOX_ID       32             /* hexadecimal digits of an id */
#define SANDBOX_FAULTS   100            /* that wait for one method */
#define SANDBOX_DELAY    60000          /* ms at most */

/* People of the sandbox: an array of objects with these members, all
   strings; the first names them in the sandbox' own routes. */
#define SANDBOX_USER     "user"

#define SANDBOX_HTML     "text/html;charset=utf-8"

/* A field of a schema that is any text. */
#define SANDBOX_TEXT(field, most, chinese, english)                           \
    { .name = field, .type = CIVIC_TYPE_STRING, .max = most, .zh = chinese,   \
      .en = english }

typedef struct {
    alipay_keys_t  *keys;               /* own: the gateway; peer: the app */
    char           *certificate;        /* the gateway's, or NULL: key mode */
    json_t         *people;
    json_t         *others;             /* without a phone, or NULL */
    char           *picture;            /* a face as base64, or NULL */
} sandbox_state_t;


/* ---- worker.c ---------------------------------------------------------- */

civic_result_t sandbox_check(json_t *options, civic_failure_t *failure);
civic_result_t sandbox_init_worker(civic_worker_t *w, void **state,
    civic_failure_t *failure);
void sandbox_exit_worker(void *state);

/* The person of this "user"; NULL if there is none.  Borrowed. */
json_t *sandbox_person(civic_request_t *r, const char *user);

/* A member of an object that is a string; "" otherwise. */
const char *sandbox_text(const json_t *object, const char *name);


/* ---- store.c: texts and JSON in Redis, for a while --------------------- */

/* "civic:sandbox:<family>:<id>". */
civic_str_t sandbox_key(civic_request_t *r, const char *family,
    const char *id);

/* As text in memory of the request, always the same for the same; empty for
   NULL. */
civic_str_t sandbox_json(civic_request_t *r, const json_t *value);

/* A new id, NUL-terminated. */
civic_result_t sandbox_new_id(civic_request_t *r, civic_str_t *id);

/* Keeps an object for some ms; takes over the reference. */
civic_result_t sandbox_keep(civic_request_t *r, civic_str_t key,
    json_t *value, int64_t lifetime);

/* A new reference, or NULL: there is none.  take: and it is gone then. */
civic_result_t sandbox_find(civic_request_t *r, civic_str_t key,
    json_t **value);
civic_result_t sandbox_take(civic_request_t *r, civic_str_t key,
    json_t **value);

/* Puts an object in the place of another if that is still there, or if there
   is none yet (before is NULL); *done says whether.  Takes over after. */
civic_result_t sandbox_change(civic_request_t *r, civic_str_t key,
    const json_t *before, json_t *after, int *done);


/* ---- fault.c: what goes wrong on demand -------------------------------- */

typedef enum {
    SANDBOX_WELL = 0,
    SANDBOX_TIMEOUT,                    /* done, the answer comes too late */
    SANDBOX_TIMEOUT_BEFORE,             /* not done, no answer either */
    SANDBOX_SLOW,                       /* done, the answer comes late */
    SANDBOX_NOTIFIED_FIRST,             /* done, and notified of before */
    SANDBOX_CODE_20000,                 /* not done, answered so */
    SANDBOX_CODE_20000_DONE,            /* done, answered so */
    SANDBOX_WRONG_SIGNATURE,            /* done */
    SANDBOX_UNSIGNED_SUCCESS,           /* done */
    SANDBOX_ERROR,                      /* not done: code, sub_code */
    SANDBOX_HTTP_500,                   /* not done: a page of HTML */
    SANDBOX_MALFORMED                   /* done, the answer is cut off */
} sandbox_fault_kind_t;

typedef struct {
    sandbox_fault_kind_t   kind;
    int64_t                delay;       /* ms, of those that wait */
    char                   code[8];     /* "40004", of ERROR */
    char                   sub_code[65];
} sandbox_fault_t;

extern const civic_field_t  sandbox_alipay_fault_body[];
extern const civic_field_t  sandbox_card_fault_body[];
extern const civic_field_t  sandbox_fault_reply[];

/* POST /alipay/faults, /card/faults */
civic_result_t sandbox_alipay_fault(civic_request_t *r);
civic_result_t sandbox_card_fault(civic_request_t *r);

/* Plans what the body says for something by that name, and answers. */
civic_result_t sandbox_fault_plan(civic_request_t *r, const char *what);

/* The same for another plan than a fault: so often as the body's count says. */
civic_result_t sandbox_plan(civic_request_t *r, const char *what,
    civic_str_t plan);

/* A whole number of the body. */
long long sandbox_number(const json_t *body, const char *name,
    long long otherwise);

/* The next fault of a method or endpoint, which is used up by this. */
civic_result_t sandbox_fault_next(civic_request_t *r, const char *what,
    sandbox_fault_t *fault);

/* Lets that much time pass; only in routes of CIVIC_COST_WAIT. */
civic_result_t sandbox_delay(civic_request_t *r, int64_t ms);

/* What comes instead of an answer: HTTP_500's page, or that of a server that
   waited in vain (504). */
civic_result_t sandbox_fault_page(civic_request_t *r,
    sandbox_fault_kind_t kind);

/* The answer, in memory of the request; half of it if it is MALFORMED. */
civic_str_t sandbox_fault_cut(civic_request_t *r, sandbox_fault_kind_t kind,
    civic_str_t answer);


/* ---- gateway.c: Alipay's gateway.do ------------------------------------ */

typedef struct sandbox_call_s {
    civic_request_t      *r;
    alipay_parameters_t   parameters;
    const char           *method;
    alipay_part_t         file;         /* of a multipart call */
    json_t               *business;     /* of biz_content, or NULL */
    json_t               *node;         /* the answer */
    unsigned              flags;        /* ALIPAY_ANSWER_* */
    unsigned              legacy:1;     /* refusals are "error_response" */
} sandbox_call_t;

extern const civic_field_t  sandbox_gateway_query[];

civic_result_t sandbox_gateway_post(civic_request_t *r);
/* A page: where a browser is sent with a signed URL. */
civic_result_t sandbox_gateway_page(civic_request_t *r);

/* A parameter of the call, or a member of its business; NULL if absent. */
const char *sandbox_parameter(const sandbox_call_t *call, const char *name);
const char *sandbox_business(const sandbox_call_t *call, const char *name);

/* Answers.  done: takes over the reference; adds code and msg unless the
   method has none.  Both return CIVIC_OK. */
civic_result_t sandbox_done(sandbox_call_t *call, json_t *node);
civic_result_t sandbox_done_bare(sandbox_call_t *call, json_t *node);
civic_result_t sandbox_refuse(sandbox_call_t *call, const char *code,
    const char *sub_code, const char *sub_msg);

typedef civic_result_t (*sandbox_method_pt)(sandbox_call_t *call);


/* ---- certificate.c: certificate mode ----------------------------------- */

/* alipay.open.app.alipaycert.download */
civic_result_t sandbox_certificate(sandbox_call_t *call);


/* ---- account.c: who somebody is ---------------------------------------- */

extern const civic_field_t  sandbox_people_reply[];
extern const civic_field_t  sandbox_auth_code_body[];
extern const civic_field_t  sandbox_auth_code_reply[];

/* GET /people: whose phone it may be */
civic_result_t sandbox_people(civic_request_t *r);

/* POST /alipay/auth-codes: stands for my.getAuthCode() in the app. */
civic_result_t sandbox_auth_code(civic_request_t *r);

/* alipay.system.oauth.token, alipay.user.info.share */
civic_result_t sandbox_oauth_token(sandbox_call_t *call);
civic_result_t sandbox_user_info(sandbox_call_t *call);


/* ---- certify.c: the face ----------------------------------------------- */

/* alipay.user.certify.open.initialize, .query */
civic_result_t sandbox_open_initialize(sandbox_call_t *call);
civic_result_t sandbox_open_query(sandbox_call_t *call);

/* datadigital.fincloud.generalsaas.face.certify.initialize, .verify,
   .query; face.verification.initialize, .query */
civic_result_t sandbox_h5_initialize(sandbox_call_t *call);
civic_result_t sandbox_h5_verify(sandbox_call_t *call);
civic_result_t sandbox_h5_query(sandbox_call_t *call);
civic_result_t sandbox_verification_initialize(sandbox_call_t *call);
civic_result_t sandbox_verification_query(sandbox_call_t *call);

/* What alipay.user.certify.open.certify, a page, leads to: a reference
   relative to gateway.do; NULL: no such certify_id. */
civic_result_t sandbox_certify_page(sandbox_call_t *call,
    civic_str_t *location);


/* ---- source.c: a photo against the authority's ------------------------- */

extern const civic_field_t  sandbox_source_body[];
extern const civic_field_t  sandbox_source_reply[];

/* POST /alipay/source-photos: what the authority says of somebody's photos */
civic_result_t sandbox_source_say(civic_request_t *r);

/* datadigital.fincloud.generalsaas.face.source.certify */
civic_result_t sandbox_source_certify(sandbox_call_t *call);


/* ---- phone.c: the pages that stand for Alipay's app -------------------- */

/* GET and POST /phone/certify/{certify_id} */
civic_result_t sandbox_phone_show(civic_request_t *r);
civic_result_t sandbox_phone_decide(civic_request_t *r);


/* ---- card.c: the issuer of the electronic social-security card --------- */

extern const civic_field_t  sandbox_card_rotation_body[];
extern const civic_field_t  sandbox_card_rotation_reply[];

/* A setting of the issuer ("card_issuer"); "" if it is not set. */
const char *sandbox_card_option(civic_request_t *r, const char *name);

/* GET /card/.well-known/openid-configuration, /card/jwks;
   POST /card/keys: a new key from now on */
civic_result_t sandbox_card_discovery(civic_request_t *r);
civic_result_t sandbox_card_jwks(civic_request_t *r);
civic_result_t sandbox_card_rotate(civic_request_t *r);

/* Signs claims with the newest key; takes over claims.  *token is memory of
   the request. */
civic_result_t sandbox_card_sign(civic_request_t *r, json_t *claims,
    const char **token);

/* Takes over document.  With the endpoint's fault, which has waited and was
   not HTTP_500. */
civic_result_t sandbox_card_reply(civic_request_t *r, int status,
    json_t *document, const sandbox_fault_t *fault);

/* The fault of an endpoint, after its delay.  *over: it was answered. */
civic_result_t sandbox_card_fault_of(civic_request_t *r,
    const char *endpoint, sandbox_fault_t *fault, int *over);


/* ---- card_login.c: the holder of a card, with a browser ---------------- */

extern const civic_field_t  sandbox_card_authorize_query[];

/* GET and POST /card/authorize */
civic_result_t sandbox_card_authorize(civic_request_t *r);
civic_result_t sandbox_card_decide(civic_request_t *r);


/* ---- card_token.c: server to server ------------------------------------ */

/* POST /card/token, GET /card/userinfo */
civic_result_t sandbox_card_token(civic_request_t *r);
civic_result_t sandbox_card_userinfo(civic_request_t *r);


/* ---- register.c: whose number it is ------------------------------------ */

extern const civic_field_t  sandbox_match_body[];
extern const civic_field_t  sandbox_match_reply[];
extern const civic_field_t  sandbox_match_fault_body[];

/* Those of the option "register"; -1 with the failure. */
int sandbox_load_register(civic_worker_t *w, sandbox_state_t *state,
    civic_failure_t *failure);

/* Whether the number is known to be somebody's of another name. */
int sandbox_other_name(civic_request_t *r, const char *name,
    const char *number);

/* POST /identity-match, /identity-match/faults */
civic_result_t sandbox_match(civic_request_t *r);
civic_result_t sandbox_match_fault(civic_request_t *r);


/* ---- page.c: HTML ------------------------------------------------------ */

/* Text as it may stand between tags and in quotes. */
const char *sandbox_escape(civic_request_t *r, const char *text);

/* A whole page; body is HTML.  Both titles are texts. */
civic_result_t sandbox_page(civic_request_t *r, int status, const char *zh,
    const char *en, civic_str_t body);

/* The page of somebody who came with an address that leads nowhere. */
civic_result_t sandbox_page_refuse(civic_request_t *r, int status,
    const char *zh, const char *en);

/* Sends a browser there. */
civic_result_t sandbox_page_away(civic_request_t *r, int status,
    civic_str_t location);

#endif
