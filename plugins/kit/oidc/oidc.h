/*
 * oidc.h - the relying party's side of OpenID Connect: authorization code
 * with PKCE, id_token and userinfo (OpenID Connect Core 1.0 and Discovery
 * 1.0, RFC 6749, 7636, 7515, 7517, 7519, 9207).
 *
 * Text in, text out: the caller sends the requests, keeps the answers, and
 * knows the time, which is the real one and never the business clock.  All
 * that comes from a provider is untrusted.  cjose does the JOSE part.
 *
 * Pure functions, for any thread, but one object at a time in one thread.
 * Strings of a client are the caller's and outlive it; what points into a
 * provider, a token answer or claims lives as long as these.
 *
 *     discovery -> keys            once, and again when they are old
 *     pkce, authorization_url      the browser goes away with state, nonce
 *     callback                     the browser comes back with a code
 *     token_form -> token_answer   server to server
 *     id_token -> userinfo -> identity
 */

#ifndef CIVIC_KIT_OIDC_H
#define CIVIC_KIT_OIDC_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "person_record.h"

/* Bytes of an answer at most. */
#define CIVIC_OIDC_DOCUMENT    65536        /* discovery, JWKS, userinfo */
#define CIVIC_OIDC_TOKEN       16384        /* an id_token, or any token */

#define CIVIC_OIDC_URL         1024         /* an endpoint, with NUL */
#define CIVIC_OIDC_KEYS        32           /* that a set is looked at for */
#define CIVIC_OIDC_LEEWAY      120          /* s at most between the clocks */
#define CIVIC_OIDC_OLDEST      3600         /* s since iat: a login is short */
#define CIVIC_OIDC_SUBJECT     255          /* characters: Core section 2 */

typedef enum {
    CIVIC_OIDC_OK = 0,
    CIVIC_OIDC_NO_MEMORY,
    CIVIC_OIDC_SETTING,                 /* the client's own: civicctl's and
                                           nginx -t's to tell */
    CIVIC_OIDC_TOO_LONG,
    CIVIC_OIDC_JSON,                    /* malformed, too deep, or a member
                                           twice */
    CIVIC_OIDC_MEMBER,                  /* missing, or of another type */
    CIVIC_OIDC_ISSUER,                  /* not the configured one */
    CIVIC_OIDC_ENDPOINT,                /* not an https address */
    CIVIC_OIDC_UNSUPPORTED,             /* flow, PKCE, authentication or
                                           algorithm is not offered */
    CIVIC_OIDC_STATE,                   /* not this browser's login */
    CIVIC_OIDC_REFUSED,                 /* the provider says no: see error */
    CIVIC_OIDC_NO_KEY,                  /* a set without any key for us */
    CIVIC_OIDC_KEY_UNKNOWN,             /* fetch the keys again, then retry
                                           once; how often is the caller's */
    CIVIC_OIDC_FORM,                    /* not three base64url parts */
    CIVIC_OIDC_HEADER,                  /* crit, or not an id_token's typ */
    CIVIC_OIDC_ALGORITHM,               /* none, HS*, or not on the list */
    CIVIC_OIDC_SIGNATURE,
    CIVIC_OIDC_AUDIENCE,
    CIVIC_OIDC_AUTHORIZED_PARTY,
    CIVIC_OIDC_EXPIRED,
    CIVIC_OIDC_NOT_YET,                 /* nbf, or iat in the future */
    CIVIC_OIDC_TOO_OLD,                 /* iat, or auth_time */
    CIVIC_OIDC_NONCE,
    CIVIC_OIDC_ACCESS_TOKEN,            /* at_hash is of another one */
    CIVIC_OIDC_SUBJECT_DIFFERS,         /* userinfo is somebody else's */
    CIVIC_OIDC_NO_IDENTITY,             /* no such claim: the mapping, or the
                                           scope, is wrong */
    CIVIC_OIDC_ID_NUMBER,
    CIVIC_OIDC_NAME
} civic_oidc_status_t;

/* For a log line: "the id_token is signed by none of the known keys", ...
   No value of anybody is in it. */
const char *civic_oidc_text(civic_oidc_status_t status);

/* How a signature may be made; a set of them is their sum. */
#define CIVIC_OIDC_RS256   0x01u
#define CIVIC_OIDC_PS256   0x02u
#define CIVIC_OIDC_ES256   0x04u
#define CIVIC_OIDC_ALL     0x07u

/* One of the three, by its name of RFC 7518; 0 for any other. */
unsigned civic_oidc_algorithm(const char *name);


/* ---- the client --------------------------------------------------------- */

/* How it proves itself at the token endpoint (Core section 9). */
typedef enum {
    CIVIC_OIDC_BASIC = 0,               /* client_secret_basic */
    CIVIC_OIDC_POST,                    /* client_secret_post */
    CIVIC_OIDC_PRIVATE_KEY              /* private_key_jwt */
} civic_oidc_auth_t;

typedef struct civic_oidc_key_s  civic_oidc_key_t;

typedef struct {
    const char               *issuer;
    const char               *client_id;
    const char               *redirect_uri;
    const char               *scope;        /* "openid ..." */
    civic_oidc_auth_t         auth;
    const char               *client_secret;    /* BASIC, POST */
    const civic_oidc_key_t   *key;              /* PRIVATE_KEY */
    unsigned                  algorithms;   /* 0: all */
    const char *const        *audiences;    /* others that are trusted beside
                                               client_id, NULL-terminated;
                                               NULL: none */
    unsigned                  leeway;       /* s */
    int                       sandbox;      /* http is good enough */
} civic_oidc_client_t;

/* OK or SETTING, and in *what the member that is wrong. */
civic_oidc_status_t civic_oidc_client_check(const civic_oidc_client_t *client,
    const char **what);

/* "client_secret_basic", ...; -1 for a name that is none. */
int civic_oidc_auth_parse(const char *name, civic_oidc_auth_t *auth);


/* ---- discovery ---------------------------------------------------------- */

typedef struct {
    json_t       *document;
    const char   *issuer;
    const char   *authorization_endpoint;
    const char   *token_endpoint;
    const char   *jwks_uri;
    const char   *userinfo_endpoint;    /* NULL if there is none */
    int           names_itself;         /* the callback must have iss */
} civic_oidc_provider_t;

/* "/.well-known/openid-configuration" behind the issuer's own path.  The
   length, or -1 if out is too little. */
int64_t civic_oidc_discovery_path(const char *issuer, char *out, size_t size);

/*
 * Reads the document and checks that we can work with it: its issuer is ours,
 * its addresses are https, it offers code, S256, our authentication and one
 * of our algorithms.  TOO_LONG, JSON, MEMBER, ISSUER, ENDPOINT, UNSUPPORTED.
 */
civic_oidc_status_t civic_oidc_discovery(const civic_oidc_client_t *client,
    const char *text, size_t len, civic_oidc_provider_t *provider);

/* Safe to call twice. */
void civic_oidc_provider_release(civic_oidc_provider_t *provider);

/*
 * Where an endpoint is: "https://host:port" and the path with its query.  A
 * caller that sends to one named upstream must see that an endpoint has the
 * issuer's origin, or a secret goes to a machine it was not meant for.
 */
typedef struct {
    const char  *origin;
    size_t       origin_len;
    const char  *path;                  /* "/" for none */
} civic_oidc_address_t;

int civic_oidc_address(const char *url, civic_oidc_address_t *address);
int civic_oidc_same_origin(const char *a, const char *b);


/* ---- the browser's way there and back ----------------------------------- */

/* base64url of 32 bytes, and a NUL. */
#define CIVIC_OIDC_PKCE  44

/* RFC 7636: the verifier, which stays here, and its S256 challenge. */
void civic_oidc_pkce(const unsigned char random[32],
    char verifier[CIVIC_OIDC_PKCE], char challenge[CIVIC_OIDC_PKCE]);

typedef struct {
    const char  *name;
    const char  *value;
} civic_oidc_parameter_t;

typedef struct {
    const char                    *state;
    const char                    *nonce;
    const char                    *challenge;
    const civic_oidc_parameter_t  *more;    /* "prompt", "acr_values", ... */
    size_t                         nmore;
} civic_oidc_login_t;

/* Where to send the browser.  The length; -1 if out is too little, or more
   has a parameter that is the flow's own. */
int64_t civic_oidc_authorization_url(const civic_oidc_client_t *client,
    const civic_oidc_provider_t *provider, const civic_oidc_login_t *login,
    char *out, size_t size);

/* The query that comes back, decoded; NULL for what is not in it. */
typedef struct {
    const char  *code;
    const char  *state;
    const char  *error;
    const char  *iss;                   /* RFC 9207 */
} civic_oidc_callback_t;

/* state is what this browser was given: NULL if it has no login under way.
   STATE, ISSUER, REFUSED, MEMBER (no code). */
civic_oidc_status_t civic_oidc_callback(const civic_oidc_client_t *client,
    const civic_oidc_provider_t *provider,
    const civic_oidc_callback_t *callback, const char *state);


/* ---- the code for tokens ------------------------------------------------ */

/* The body, application/x-www-form-urlencoded.  assertion: PRIVATE_KEY's, of
   civic_oidc_assertion(), else NULL.  The length, or -1. */
int64_t civic_oidc_token_form(const civic_oidc_client_t *client,
    const char *code, const char *verifier, const char *assertion,
    char *out, size_t size);

/* BASIC's header Authorization: "Basic ...", each part form-encoded first
   (RFC 6749 section 2.3.1).  The length, or -1. */
int64_t civic_oidc_basic(const civic_oidc_client_t *client, char *out,
    size_t size);

/*
 * PRIVATE_KEY's JWT (RFC 7523), for 60 s; jti is 16 random bytes or more in
 * a text.  The length, or -1.  With an RSA key this takes over a millisecond:
 * for a thread; ES256 takes 0.04 ms.
 */
int64_t civic_oidc_assertion(const civic_oidc_client_t *client,
    const civic_oidc_provider_t *provider, const char *jti, int64_t now,
    char *out, size_t size);

typedef struct {
    json_t       *document;
    const char   *access_token;
    const char   *id_token;
    const char   *refresh_token;        /* NULL if there is none */
    int64_t       expires_in;           /* s; 0: unknown */
    const char   *error;                /* with REFUSED: RFC 6749 5.2 */
} civic_oidc_tokens_t;

/* The answer to the form, whatever its HTTP status.  TOO_LONG, JSON, MEMBER,
   UNSUPPORTED (not a Bearer token), REFUSED. */
civic_oidc_status_t civic_oidc_token_answer(int http_status,
    const char *text, size_t len, civic_oidc_tokens_t *tokens);

/* Safe to call twice. */
void civic_oidc_tokens_release(civic_oidc_tokens_t *tokens);


/* ---- keys --------------------------------------------------------------- */

typedef struct civic_oidc_keys_s  civic_oidc_keys_t;

/*
 * A provider's JWKS (RFC 7517).  What is not a public RSA key of 2048 to 4096
 * bits or one on P-256, for signatures, is passed over: so a shared secret
 * never becomes a key, and a new kind of key breaks nothing.  NO_KEY if none
 * is left.
 */
civic_oidc_status_t civic_oidc_keys_read(const char *text, size_t len,
    civic_oidc_keys_t **keys);

void civic_oidc_keys_free(civic_oidc_keys_t *keys);
size_t civic_oidc_keys_count(const civic_oidc_keys_t *keys);

/* A key of our own, for signing: a private JWK.  alg may stand in it, else
   RS256 or ES256 by its kind.  NULL if it is not usable. */
civic_oidc_key_t *civic_oidc_key_read(const char *text, size_t len);

/* A new one.  RSA takes up to a second: not in a worker's loop. */
civic_oidc_key_t *civic_oidc_key_make(unsigned algorithm, const char *kid);

void civic_oidc_key_free(civic_oidc_key_t *key);
unsigned civic_oidc_key_algorithm(const civic_oidc_key_t *key);

/* As JSON, to be freed with free(): the public half as a member of a JWKS, or
   all of it. */
char *civic_oidc_key_public(const civic_oidc_key_t *key);
char *civic_oidc_key_private(const civic_oidc_key_t *key);

/* A compact JWS over the claims' text, to be freed with free(). */
char *civic_oidc_sign(const civic_oidc_key_t *key, const char *claims,
    size_t len);


/* ---- who it is ---------------------------------------------------------- */

typedef struct {
    const char  *nonce;                 /* that this login was begun with */
    const char  *access_token;          /* for at_hash; NULL: not looked at */
    int64_t      now;                   /* s since 1970 */
    int64_t      max_age;               /* s since auth_time; 0: any */
} civic_oidc_expected_t;

/*
 * Checks an id_token (Core section 3.1.3.7) and gives its claims, a new
 * reference.  A token without kid that no key of the set has signed is
 * KEY_UNKNOWN as well: its key may be newer than the set.
 */
civic_oidc_status_t civic_oidc_id_token(const civic_oidc_client_t *client,
    const civic_oidc_keys_t *keys, const char *text, size_t len,
    const civic_oidc_expected_t *expected, json_t **claims);

/* The userinfo endpoint's JSON, which must be of the same sub.  A new
   reference.  (Signed userinfo is not asked for, and not read.) */
civic_oidc_status_t civic_oidc_userinfo(const char *text, size_t len,
    const json_t *claims, json_t **userinfo);

/*
 * Where a provider has what we need: a member's name, or with "/" at its
 * begin a JSON pointer (RFC 6901), "/card/holder/0/name".
 */
typedef struct {
    const char  *id_number;
    const char  *name;
    const char  *level;                 /* of assurance; NULL: not read */
} civic_oidc_map_t;

/* A string at such a place, or NULL. */
const char *civic_oidc_claim(const json_t *claims, const char *where);

/*
 * The person, of the signed claims, or where they have it not, of userinfo,
 * which may be NULL.  *level points into these, or is NULL.  NO_IDENTITY,
 * ID_NUMBER, NAME.
 */
civic_oidc_status_t civic_oidc_identity(const civic_oidc_map_t *map,
    const json_t *claims, const json_t *userinfo,
    const civic_id_rules_t *rules, civic_person_identity_t *identity,
    const char **level);

#endif
