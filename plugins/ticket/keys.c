/*
 * keys.c - what others verify codes with, without a network: the public
 * halves, and what the labels mean.
 */

#include "ticket.h"


civic_result_t
ticket_keys_show(civic_request_t *r)
{
    char                    pem[CIVIC_CWT_PUBLIC];
    size_t                  i;
    civic_writer_t         *w;
    const ticket_worker_t  *worker = civic_state(r);

    w = civic_reply(r, 200);
    civic_write_str(r, w, "issuer", civic_cstr(worker->issuer));
    civic_write_str(r, w, "prefix", CIVIC_STR(CIVIC_CWT_PREFIX));
    civic_write_str(r, w, "algorithm", CIVIC_STR("ES256"));
    civic_write_array(r, w, "keys");

    for (i = 0; i < worker->nkeys; i++) {
        if (civic_cwt_key_public(worker->keys[i], pem) != 0) {
            civic_log(r, CIVIC_LOG_ERROR, "a public key cannot be written");
            return CIVIC_ERROR;
        }

        civic_write_object(r, w, NULL);
        civic_write_str(r, w, "key_id",
                        shared_hex(r, civic_cwt_key_id(worker->keys[i]),
                                   CIVIC_CWT_KEY_ID));
        civic_write_bool(r, w, "signs", i == 0);
        civic_write_str(r, w, "public_key", civic_cstr(pem));
        civic_write_end(r, w);
    }

    civic_write_end(r, w);

    return CIVIC_OK;
}
