/*
 * bind_tell.c - the job "tell": the other guardians of a relative, the
 * relative who has an account, and the guardian whose binding somebody else
 * has ended are told; and the consent of who is left without any ends.  The
 * words are the rule's, and whether anything is said; who was told is not
 * told again.
 */

#include "bind.h"
#include "message.h"

#define WORDS  5

typedef struct {
    civic_str_t        what;
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
            .once = civic_print(r, "%.*s:%s", (int) news->binding.id.len,
                                news->binding.id.data, to),
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
                             .binding = *binding };
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
