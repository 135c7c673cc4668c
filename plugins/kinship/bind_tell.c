/*
 * bind_tell.c - the job "tell": the other guardians of a relative, the
 * relative who has an account, and the guardian whose binding somebody else
 * has ended are told; and the consent of who is left without any ends.  And
 * what another plugin has to tell guardians, that a test has a result, say.
 * The words are the rule's, and whether anything is said; who was told is not
 * told again.
 */

#include "bind.h"
#include "message.h"
#include "values.h"

#define WORDS  5
#define ONCE   64                       /* characters */

typedef struct {
    civic_str_t        what;
    civic_str_t        once;            /* the binding's id, where that tells
                                           it apart */
    kinship_binding_t  binding;
    civic_str_t        relative;        /* masked names */
    civic_str_t        guardian;
} news_t;


static civic_result_t
tell(civic_request_t *r, const news_t *news, civic_str_t pid, const char *to)
{
    int             sent;
    civic_result_t  rc;

    rc = shared_message(r, "message",
        json_pack("{s:s%, s:s, s:s%, s:s%, s:s%}",
                  "what", news->what.data, news->what.len, "to", to,
                  "relative", news->relative.data, news->relative.len,
                  "guardian", news->guardian.data, news->guardian.len,
                  "how", news->binding.how.data, news->binding.how.len),
        (civic_message_t) {
            .pid = pid,
            .kind = civic_print(r, "kinship.%.*s", (int) news->what.len,
                                news->what.data).data,
            .once = civic_print(r, "%.*s:%s", (int) news->once.len,
                                news->once.data, to),
        }, &sent);

    if (sent) {
        civic_count(r, KINSHIP_COUNT_TOLD, 1);
    }

    return rc;
}


/* Who has no account reads no inbox. */
static civic_result_t
tell_relative(civic_request_t *r, const news_t *news)
{
    json_t                   *who;
    civic_result_t            rc;
    civic_person_identity_t   identity;

    rc = kinship_login_person(r, news->binding.relative, &who, &identity);

    if (rc == CIVIC_NOT_FOUND || rc == CIVIC_INVALID) {
        return CIVIC_OK;
    }

    return rc == CIVIC_OK ? tell(r, news, news->binding.relative, "relative")
                          : rc;
}


static civic_result_t
tell_others(civic_request_t *r, const news_t *news)
{
    size_t              i, count = 0;
    civic_result_t      rc;
    kinship_binding_t  *others;

    others = civic_alloc(r, KINSHIP_MOST * sizeof(kinship_binding_t));
    rc = kinship_guardians_of(r, news->binding.relative, others, KINSHIP_MOST,
                              &count);

    for (i = 0; rc == CIVIC_OK && i < count; i++) {
        if (!civic_str_eq(others[i].guardian, news->binding.guardian)) {
            rc = tell(r, news, others[i].guardian, "other");
        }
    }

    return rc;
}


/* "<what> <guardian> <relative> <binding> <how>" */
static int
take_entry(civic_request_t *r, civic_str_t entry, news_t *news)
{
    civic_str_t  words[WORDS];

    if (shared_words(r, entry, words, WORDS) != 0 || !shared_is_id(words[1])
        || !shared_is_id(words[2]) || !shared_is_id(words[3]))
    {
        return -1;
    }

    memset(news, 0, sizeof(news_t));
    news->what = words[0];
    news->binding.guardian = words[1];
    news->binding.relative = words[2];
    news->binding.id = words[3];
    news->binding.how = words[4];
    news->once = news->binding.id;

    return 0;
}


static civic_result_t
tell_guardian(civic_request_t *r, news_t *news)
{
    civic_result_t  rc;

    rc = kinship_name_of(r, news->binding.relative, &news->relative);

    if (rc == CIVIC_OK) {
        rc = kinship_name_of(r, news->binding.guardian, &news->guardian);
    }

    return rc == CIVIC_OK ? tell(r, news, news->binding.guardian, "guardian")
                          : rc;
}


civic_result_t
kinship_tell_ending(civic_request_t *r, const kinship_binding_t *binding)
{
    news_t          news = { .what = CIVIC_STR("ending"),
                             .once = binding->id, .binding = *binding };
    civic_result_t  rc = tell_guardian(r, &news);

    /* a word that an inbox does not take: the walk goes on */
    return rc == CIVIC_INVALID ? CIVIC_OK : rc;
}


static civic_result_t
tell_all(civic_request_t *r, news_t *news)
{
    civic_result_t  rc;

    rc = tell_guardian(r, news);

    if (rc == CIVIC_OK) {
        rc = tell_others(r, news);
    }

    if (rc == CIVIC_OK) {
        rc = tell_relative(r, news);
    }

    /* whatever happened: none may be left */
    return rc == CIVIC_OK ? kinship_end_orphan(r, news->binding.relative)
                          : rc;
}


/* A damaged record, or words that an inbox does not take: nobody can be
   told. */
civic_result_t
kinship_tell_step(civic_request_t *r, shared_entry_t *entry)
{
    news_t          news;
    civic_result_t  rc;

    if (take_entry(r, entry->value, &news) != 0) {
        return CIVIC_INVALID;
    }

    rc = tell_all(r, &news);

    if (rc == CIVIC_INVALID) {
        civic_log(r, CIVIC_LOG_ERROR, "a change of a binding could not be "
                  "told");
    }

    return rc;
}


/* ---- kinship.tell_guardians --------------------------------------------- */

/* One who is not shown the relative's data (any more) hears nothing of it. */
static civic_result_t
tell_holder(civic_request_t *r, news_t *news, const kinship_binding_t *binding)
{
    civic_result_t   rc;
    kinship_held_t  *relative = civic_alloc(r, sizeof(kinship_held_t));

    rc = kinship_held_read(r, binding, relative);

    if (rc != CIVIC_OK || !relative->kept || relative->refused != NULL) {
        return rc;
    }

    news->binding = *binding;

    return tell_guardian(r, news);
}


static int
read_news(json_t *in, civic_str_t *relative, news_t *news)
{
    memset(news, 0, sizeof(news_t));
    *relative = shared_json_str(in, "pid");
    news->what = shared_json_str(in, "what");
    news->once = shared_json_str(in, "once");

    return shared_is_id(*relative) && news->what.len > 0
           && news->once.len > 0 && news->once.len <= ONCE ? 0 : -1;
}


/* One whose record is damaged, which the log has, keeps no other from being
   told. */
civic_result_t
kinship_call_tell_guardians(civic_request_t *r, json_t *in, json_t **out)
{
    size_t              i, count = 0;
    news_t              news;
    civic_str_t         relative;
    civic_result_t      rc;
    kinship_binding_t  *bindings;

    *out = NULL;

    if (read_news(in, &relative, &news) != 0) {
        civic_log(r, CIVIC_LOG_ERROR, "kinship.tell_guardians is told no "
                  "news");
        return CIVIC_ERROR;
    }

    bindings = civic_alloc(r, KINSHIP_MOST * sizeof(kinship_binding_t));
    rc = kinship_guardians_of(r, relative, bindings, KINSHIP_MOST, &count);

    for (i = 0; i < count && rc == CIVIC_OK; i++) {
        rc = tell_holder(r, &news, &bindings[i]);
        rc = rc == CIVIC_INVALID ? CIVIC_OK : rc;
    }

    return rc;
}
