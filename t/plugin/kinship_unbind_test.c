/*
 * kinship_unbind_test.c - how bindings end, who is told, what the counter does,
 * and the jobs that leave nothing half done.
 */

#include "kinship_bind_world.h"
#include "aside.h"

#define COUNTER  "/kinship/counter"


static fake_reply_t *
unbind_by(const char *guardian, const char *id)
{
    return checked(fake_request(h, CIVIC_DELETE, path_of(id, ""),
                                &(fake_request_t) {
                                    .token = citizen(guardian) }));
}


/* ---- unbinding ----------------------------------------------------------- */

static void
after_24_hours(void **state)
{
    const char    *id;
    fake_reply_t  *rep;

    (void) state;
    id = pledged(NUMBER, CHILD5);
    fake_set_clock(h, NOON + DAY - 1);
    rep = unbind_by(NUMBER, id);
    assert_int_equal(rep->status, 409);
    assert_string_equal(rep->code, "kinship_unbind_early");
    assert_non_null(strstr(rep->body,
                           "绑定亲情码成员24小时后，才能进行解绑操作哦"));
    assert_string_equal(fake_text(rep, "possible_at"),
                        "2026-03-10T12:00:00+08:00");
    is_whole(NUMBER, CHILD5);

    fake_set_clock(h, NOON + DAY);
    assert_string_equal(unbind_by(OTHER, id)->code, "kinship_no_binding");
    assert_int_equal(unbind_by(NUMBER, id)->status, 200);
    assert_int_equal(rows(NUMBER, "kin"), 0);
    assert_int_equal(rows(CHILD5, "guardians"), 0);
    assert_string_equal(unbind_by(NUMBER, id)->code, "kinship_no_binding");

    /* a late repeat of its finish does not bring it back */
    assert_string_equal(finish_by(NUMBER, id)->code, "kinship_asked_over");
    assert_int_equal(fake_counter(h, "bindings_ended"), 1);
}


static void
what_was_printed(void **state)
{
    const char  *id;

    (void) state;
    id = pledged(NUMBER, CHILD5);
    fake_redis(h, "HSET civic:{p:%s}:kincodes aa %b bb %b", pid_of(CHILD5),
               text("valid %s 1 2", pid_of(NUMBER)), (size_t) 32,
               text("valid %s 1 2", pid_of(CHILD5)), (size_t) 32);
    fake_redis(h, "HSET civic:{p:%s}:kincodes text:aa s text:bb s",
               pid_of(CHILD5));
    fake_set_clock(h, NOON + DAY);
    assert_int_equal(unbind_by(NUMBER, id)->status, 200);
    assert_string_equal(field(CHILD5, "kincodes", "text:aa"), "");
    assert_string_equal(field(CHILD5, "kincodes", "text:bb"), "s");
    assert_string_equal(field(CHILD5, "kincodes", "aa"),
                        text("revoked %s 1 2", pid_of(NUMBER)));
    assert_string_equal(field(CHILD5, "kincodes", "bb"),
                        text("valid %s 1 2", pid_of(CHILD5)));
    assert_string_equal(fake_waiting(h, "kinship.revoked", 0), "aa 2");
    assert_null(fake_waiting(h, "kinship.revoked", 1));
}


/* Redis fails at every step: it ended in both records, or in none. */
static void
lost_while_unbinding(void **state)
{
    unsigned                  i, n;
    const char               *id;
    fake_reply_t             *rep;
    const fake_redis_fault_t  faults[] = { FAKE_REDIS_LOST_BEFORE,
                                           FAKE_REDIS_LOST_AFTER };

    for (i = 0; i < 2; i++) {
        for (n = 1; n < 20; n++) {
            reset_bind(state);
            id = pledged(NUMBER, CHILD5);
            fake_set_clock(h, NOON + DAY);
            run_jobs("settle");
            assert_null(fake_waiting(h, "kinship.settle", 0));
            rep = fake_request(h, CIVIC_DELETE, path_of(id, ""),
                               &(fake_request_t) {
                                   .token = citizen(NUMBER),
                                   .redis_fault_at = n,
                                   .redis_fault_count = 100,
                                   .redis_fault = faults[i] });

            if (rep->redis_calls < n) {
                break;
            }

            run_jobs("settle");
            is_whole(NUMBER, CHILD5);

            if (rep->status == 200) {
                assert_int_equal(rows(NUMBER, "kin"), 0);
            }
        }

        assert_true(n > 2 && n < 20);
    }
}


/* ---- the relative -------------------------------------------------------- */

static void
objection(void **state)
{
    const char    *id;
    fake_reply_t  *rep;

    (void) state;
    relative_consents(ELDER, "health");
    face_says("passed", NOON);
    id = agreed_by(NUMBER, ELDER);
    assert_int_equal(face_by(NUMBER, id)->status, 200);

    rep = get(citizen(ELDER), "/kinship/guardians");
    assert_int_equal(rep->status, 200);
    assert_non_null(strstr(rep->body, id));
    rep = get(citizen(OTHER), "/kinship/guardians");
    assert_int_equal(json_array_size(json_object_get(rep->json, "guardians")),
                     0);

    assert_string_equal(post(citizen(OTHER),
                             text("/kinship/guardians/%s/objection", id),
                             NULL)->code, "kinship_no_binding");

    /* at once, without a day's wait */
    rep = post(citizen(ELDER), text("/kinship/guardians/%s/objection", id),
               NULL);
    assert_int_equal(rep->status, 200);
    assert_int_equal(rows(NUMBER, "kin"), 0);
    assert_int_equal(rows(ELDER, "guardians"), 0);

    fake_redis(h, "DEL civic:outbox:x");
    run_jobs("tell");
    assert_memory_equal(message(0), "kinship.objected ", 17);
    assert_string_equal(message_to(0), pid_of(NUMBER));
    assert_string_equal(message(1), "");
    assert_null(fake_waiting(h, "kinship.tell", 0));
}


/* Who cannot be told keeps nobody waiting. */
static void
told_later(void **state)
{
    (void) state;
    (void) pledged(parent(0), CHILD5);
    run_jobs("tell");
    (void) pledged(NUMBER, CHILD5);

    fake_answer_call(h, "civic.message", CIVIC_ERROR, NULL);
    aside_fails("kinship.tell", "kinship.aside");

    fake_answer_call(h, "civic.message", CIVIC_OK, NULL);
    aside_succeeds("kinship.aside");
}


static void
others_are_told(void **state)
{
    const char  *id;

    (void) state;
    (void) pledged(parent(0), CHILD5);
    run_jobs("tell");
    assert_string_equal(message(0), "");

    id = pledged(NUMBER, CHILD5);
    run_jobs("tell");
    assert_memory_equal(message(0), "kinship.bound ", 14);
    assert_non_null(strstr(message(0), "王*明"));
    assert_string_equal(message_to(0), pid_of(parent(0)));
    assert_string_equal(message(1), "");

    fake_set_clock(h, NOON + DAY);
    assert_int_equal(unbind_by(NUMBER, id)->status, 200);
    run_jobs("tell");
    assert_memory_equal(message(1), "kinship.ended ", 14);
    assert_string_equal(message_to(1), pid_of(parent(0)));
    assert_string_equal(message(2), "");
}


static void
relative_with_account(void **state)
{
    (void) state;
    (void) pledged(NUMBER, CHILD5);
    person_is(CHILD5, HIS);
    run_jobs("tell");
    assert_memory_equal(message(0), "kinship.bound ", 14);
    assert_string_equal(message_to(0), pid_of(CHILD5));
    assert_string_equal(message(1), "");
}


/* ---- the counter -------------------------------------------------------- */

static fake_reply_t *
counter(const char *what, const char *body)
{
    return post(staff(CIVIC_COUNTER), text(COUNTER "/%s", what), body);
}


static const char *
papers(const char *relative, const char *guardian)
{
    return text("{\"name\":\"" HIS "\",\"id_number\":\"%s\","
                "\"relation\":\"child\",\"guardian_id_number\":\"%s\","
                "\"papers\":\"household_register\","
                "\"flags\":{\"health\":true,\"minor\":true}}", relative,
                guardian);
}


static void
counter_looks(void **state)
{
    fake_reply_t  *rep;

    (void) state;
    (void) pledged(NUMBER, CHILD5);
    rep = counter("look-up", text("{\"id_number\":\"%s\"}", CHILD5));
    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_text(rep, "name"), "王*明");
    assert_int_equal(json_array_size(json_object_get(rep->json, "guardians")),
                     1);
    assert_int_equal(fake_redis(h, "XLEN civic:{p:%s}:looks",
                                pid_of(CHILD5))->integer, 1);

    /* nothing is kept of nobody */
    rep = counter("look-up", text("{\"id_number\":\"%s\"}", CHILD9));
    assert_int_equal(rep->status, 200);
    assert_int_equal(fake_redis(h, "EXISTS civic:{p:%s}:looks",
                                pid_of(CHILD9))->integer, 0);
    assert_int_equal(post(citizen(NUMBER), COUNTER "/look-up",
                          text("{\"id_number\":\"%s\"}", CHILD9))->status,
                     403);
}


static void
counter_unbinds(void **state)
{
    const char    *id;
    json_t        *entry;
    fake_reply_t  *rep;

    (void) state;
    id = pledged(NUMBER, CHILD5);
    rep = counter("unbindings",
                  text("{\"id_number\":\"%s\",\"binding_id\":\"%s\","
                       "\"reason\":\"danger\"}", CHILD5, id));
    assert_int_equal(rep->status, 200);
    assert_int_equal(rows(NUMBER, "kin"), 0);
    assert_int_equal(rows(CHILD5, "guardians"), 0);

    entry = fake_audit(h, 1);
    assert_string_equal(fake_audit_action(h, 1), "kinship.unbound");
    assert_string_equal(json_string_value(json_object_get(json_object_get(
                            entry, "details"), "reason")), "danger");
    run_jobs("tell");
    assert_memory_equal(message(0), "kinship.staff ", 14);
    assert_string_equal(message_to(0), pid_of(NUMBER));

    rep = counter("unbindings",
                  text("{\"id_number\":\"%s\",\"binding_id\":\"%s\","
                       "\"reason\":\"danger\"}", CHILD5, id));
    assert_string_equal(rep->code, "kinship_no_binding");
}


static void
counter_proves(void **state)
{
    const char    *id;
    fake_reply_t  *rep;

    (void) state;
    id = pledged(NUMBER, CHILD5);
    rep = counter("proofs", papers(CHILD5, NUMBER));
    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_text(rep, "binding_id"), id);
    assert_true(json_is_false(json_object_get(rep->json, "created")));
    assert_string_equal(holder(NUMBER, CHILD5), "counter");

    /* and again changes nothing */
    rep = counter("proofs", papers(CHILD5, NUMBER));
    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_text(rep, "proof"), "counter");
    run_jobs("tell");
    assert_memory_equal(message(0), "kinship.proven ", 15);
    assert_string_equal(message(1), "");
}


/* Strangers have pledged for all three places. */
static void
counter_makes_room(void **state)
{
    unsigned       i;
    fake_reply_t  *rep;

    (void) state;

    for (i = 0; i < 3; i++) {
        (void) pledged(parent(i), CHILD5);
        fake_advance(h, 1000);
    }

    guardian_is(NUMBER);
    rep = counter("proofs", papers(CHILD5, NUMBER));
    assert_int_equal(rep->status, 200);
    assert_true(json_is_true(json_object_get(rep->json, "created")));
    assert_int_equal(rows(CHILD5, "guardians"), 3);
    assert_string_equal(holder(NUMBER, CHILD5), "counter");
    assert_string_equal(holder(parent(0), CHILD5), "");
    assert_string_equal(place(parent(0), CHILD5), "");
    is_whole(NUMBER, CHILD5);

    /* who has no own code, or has not agreed */
    rep = counter("proofs", papers(CHILD5, OTHER));
    assert_string_equal(rep->code, "kinship_guardian_no_code");
    fake_answer_call(h, "civic.consent", CIVIC_OK, json_object());
    rep = counter("proofs", papers(CHILD5, OTHER));
    assert_string_equal(rep->code, "kinship_guardian_not_agreed");
    rep = counter("proofs", papers(NUMBER, NUMBER));
    assert_string_equal(fake_field_error(rep, "/id_number"),
                        "kinship_oneself");
    assert_int_equal(rows(CHILD5, "guardians"), 3);
}


/* The last binding of a child without an account: nobody is left who could
   withdraw the consent, so it ends. */
static void
last_one(void **state)
{
    const char  *first, *last;
    json_t      *in;

    (void) state;
    fake_answer_call(h, "civic.consent_withdraw", CIVIC_OK,
                     json_pack("{s:b}", "ended", 1));
    first = pledged(NUMBER, CHILD5);
    last = pledged(OTHER, CHILD5);
    fake_set_clock(h, NOON + DAY);
    assert_int_equal(unbind_by(NUMBER, first)->status, 200);
    run_jobs("tell");
    assert_null(fake_called(h, "civic.consent_withdraw", 0));

    assert_int_equal(unbind_by(OTHER, last)->status, 200);
    run_jobs("tell");
    in = fake_called(h, "civic.consent_withdraw", 0);
    assert_non_null(in);
    assert_string_equal(json_string_value(json_object_get(in, "pid")),
                        pid_of(CHILD5));
    assert_string_equal(json_string_value(json_object_get(in, "purpose")),
                        "health_child");
    assert_string_equal(json_string_value(json_object_get(in, "id")), "c1");

    /* who has an account decides alone */
    last = pledged(NUMBER, birth_number(2020, 12, 1, 30));
    person_is(birth_number(2020, 12, 1, 30), HIS);
    fake_set_clock(h, NOON + 2 * DAY);
    assert_int_equal(unbind_by(NUMBER, last)->status, 200);
    run_jobs("tell");
    assert_null(fake_called(h, "civic.consent_withdraw", 1));
    assert_null(fake_waiting(h, "kinship.tell", 0));
}


/* ---- consents end ------------------------------------------------------- */

static int64_t
erased(const char *number, const char *purpose)
{
    json_t  *answer;

    answer = asked(h, "kinship", "erase",
                   json_pack("{s:s, s:s}", "pid", pid_of(number), "purpose",
                             purpose));
    assert_int_equal(json_integer_value(json_object_get(answer, "result")),
                     CIVIC_OK);

    return json_integer_value(json_object_get(json_object_get(answer, "out"),
                                              "erased"));
}


static void
relative_withdraws(void **state)
{
    (void) state;
    (void) pledged(parent(0), CHILD5);
    (void) pledged(NUMBER, CHILD5);
    fake_redis(h, "HDEL civic:{p:%s}:consents health_child", pid_of(CHILD5));
    fake_answer_call(h, "civic.consent", CIVIC_OK, json_object());
    assert_true(erased(CHILD5, "health_child") >= 2);
    assert_int_equal(rows(CHILD5, "guardians"), 0);
    assert_int_equal(rows(NUMBER, "kin"), 0);
    assert_int_equal(rows(parent(0), "kin"), 0);

    run_jobs("tell");
    assert_memory_equal(message(0), "kinship.withdrawn ", 18);
    assert_non_null(strstr(message(0), "您对家人的绑定随之解除"));
    assert_string_equal(message(2), "");
}


/* Who binds does: what is bound, what is reserved, and what is asked for. */
static void
guardian_withdraws(void **state)
{
    unsigned       n;
    const char    *id;

    for (n = 1; n < 12; n++) {
        reset_bind(state);
        (void) pledged(NUMBER, CHILD5);
        relative_consents(CHILD9, "health_child");
        face_says("passed", NOON);
        id = agreed_by(NUMBER, CHILD9);
        (void) fake_request(h, CIVIC_POST, path_of(id, "/finish"),
                            &(fake_request_t) {
                                .token = citizen(NUMBER), .body = ATTEMPT,
                                .redis_fault_at = n,
                                .redis_fault_count = 100,
                                .redis_fault = FAKE_REDIS_LOST_AFTER });

        fake_redis(h, "HDEL civic:{p:%s}:consents kinship", pid_of(NUMBER));
        assert_true(erased(NUMBER, "kinship") >= 1);
        assert_int_equal(rows(NUMBER, "kin"), 0);
        assert_int_equal(rows(CHILD5, "guardians"), 0);
        assert_int_equal(rows(CHILD9, "guardians"), 0);
        assert_string_equal(field(NUMBER, "kin", "asked"), "");
        assert_int_equal(erased(NUMBER, "kinship"), 0);
    }
}


/* ---- the walks ---------------------------------------------------------- */

static void
mended(void **state)
{
    unsigned     i;
    const char  *id;

    (void) state;

    /* a place of nothing, reserved and bound */
    fake_redis(h, "HSET civic:{p:%s}:kin %s %b %s %b", pid_of(NUMBER),
               pid_of(CHILD5), text("reserved %s %lld child", binding_id(1),
                                    (long long) NOON - 60000), (size_t) 51,
               pid_of(CHILD9), text("bound %s %lld child", binding_id(2),
                                    (long long) NOON), (size_t) 48);
    run_jobs("mend");
    assert_int_equal(rows(NUMBER, "kin"), 0);

    /* a guardian without a place, and one with none left */
    id = bound(3, NUMBER, CHILD5, "child", "face", NOON);
    fake_redis(h, "DEL civic:{p:%s}:kin", pid_of(NUMBER));
    run_jobs("mend_relatives");
    assert_string_equal(place(NUMBER, CHILD5), "bound");
    assert_int_equal(fake_counter(h, "bindings_mended"), 1);

    for (i = 0; i < 7; i++) {
        (void) bound(10 + i, NUMBER, birth_number(2021, 1, 1, i), "child",
                     "face", NOON);
    }

    (void) bound(20, NUMBER, CHILD9, "child", "face", NOON);
    fake_redis(h, "HDEL civic:{p:%s}:kin %s", pid_of(NUMBER),
               pid_of(CHILD9));
    fake_advance(h, DAY);
    run_jobs("mend_relatives");
    assert_int_equal(rows(NUMBER, "kin"), 8);
    assert_string_equal(holder(NUMBER, CHILD9), "");
    run_jobs("tell");
    assert_memory_equal(message(0), "kinship.lost ", 13);

    /* what was void long ago is forgotten, what is new is not */
    fake_redis(h, "HSET civic:{p:%s}:guardians void:%s 1", pid_of(CHILD5),
               id);
    fake_advance(h, DAY);
    run_jobs("mend_relatives");
    assert_string_equal(field(CHILD5, "guardians", text("void:%s", id)), "");
}


/* A pledge that nobody has proven ends, and is told before; a proven one
   stays. */
static void
unproven_in_time(void **state)
{
    const char    *id;
    fake_reply_t  *rep;

    (void) state;
    (void) bound(1, OTHER, CHILD5, "child", "face", NOON);
    guardian_is(NUMBER);
    relative_consents(CHILD5, "health_child");
    id = agreed_by(NUMBER, CHILD5);
    rep = finish_by(NUMBER, id);
    assert_string_equal(fake_text(rep, "ends_at"),
                        "2026-04-08T12:00:00+08:00");
    run_jobs("tell");
    assert_memory_equal(message(0), "kinship.bound ", 14);

    fake_advance(h, 23 * DAY - 1);
    run_jobs("mend_relatives");
    assert_string_equal(message(1), "");

    fake_advance(h, 6 * HOUR);
    run_jobs("mend_relatives");
    assert_memory_equal(message(1), "kinship.ending ", 15);
    assert_non_null(strstr(message(1), "王*明的临时绑定即将到期"));
    assert_string_equal(message_to(1), pid_of(NUMBER));
    assert_string_equal(message(2), "");
    is_whole(NUMBER, CHILD5);

    fake_set_clock(h, NOON + 30 * DAY);
    run_jobs("mend_relatives");
    assert_int_equal(rows(NUMBER, "kin"), 0);
    assert_string_equal(holder(NUMBER, CHILD5), "");
    assert_string_equal(holder(OTHER, CHILD5), "face");
    is_whole(OTHER, CHILD5);
    run_jobs("tell");
    assert_memory_equal(message(2), "kinship.unproven ", 17);
    assert_string_equal(message(3), "");

    /* and may be pledged anew */
    id = pledged(NUMBER, CHILD5);
    is_whole(NUMBER, CHILD5);

    /* papers make it last */
    rep = counter("proofs", papers(CHILD5, NUMBER));
    assert_int_equal(rep->status, 200);
    assert_string_equal(fake_text(rep, "ends_at"), "");
    fake_set_clock(h, NOON + 90 * DAY);
    run_jobs("mend_relatives");
    assert_string_equal(holder(NUMBER, CHILD5), "counter");
}


/* It is over at that instant, and not when the next walk comes by: nobody is
   shown the code, and it may be pledged anew. */
static void
overdue_at_once(void **state)
{
    char         code[256];
    const char  *id, *anew;

    (void) state;
    id = pledged(NUMBER, CHILD5);
    fake_set_clock(h, NOON + 30 * DAY - 1);
    snprintf(code, sizeof(code), "%s",
             fake_text(get(citizen(NUMBER), text("/kinship/codes/%s", id)),
                       "code"));
    assert_non_null(strstr(get(citizen(NUMBER), "/kinship/codes")->body,
                           "\"colour\""));
    assert_string_equal(fake_field_error(ask(CHILD5), "/id_number"),
                        "kinship_duplicate");

    fake_set_clock(h, NOON + 30 * DAY);
    assert_string_equal(get(citizen(NUMBER),
                            text("/kinship/codes/%s", id))->code,
                        "kinship_pledge_over");
    assert_null(strstr(get(citizen(NUMBER), "/kinship/codes")->body,
                       "\"colour\""));
    assert_string_equal(fake_text(post(staff(CIVIC_DOOR), "/kinship/checks",
                                       text("{\"code\":\"%s\","
                                            "\"place\":\"public\"}", code)),
                                  "verdict"), "revoked");
    assert_string_equal(holder(NUMBER, CHILD5), "pledge");

    anew = pledged(NUMBER, CHILD5);
    assert_string_not_equal(anew, id);
    is_whole(NUMBER, CHILD5);
    assert_int_equal(get(citizen(NUMBER), text("/kinship/codes/%s",
                                               anew))->status, 200);
    assert_int_equal(rows(CHILD5, "guardians"), 1);
    assert_int_equal(rows(NUMBER, "kin"), 1);
}


/* A damaged place keeps neither the walk nor the others. */
static void
damaged(void **state)
{
    (void) state;
    fake_redis(h, "HSET civic:{p:%s}:kin %s damaged", pid_of(NUMBER),
               pid_of(CHILD9));
    fake_redis(h, "HSET civic:{p:%s}:guardians %s damaged", pid_of(CHILD9),
               pid_of(OTHER));
    fake_redis(h, "HSET civic:{p:%s}:kin %s %b", pid_of(NUMBER),
               pid_of(CHILD5), text("bound %s %lld child", binding_id(2),
                                    (long long) NOON), (size_t) 48);
    run_jobs("mend");
    run_jobs("mend_relatives");
    assert_string_equal(place(NUMBER, CHILD5), "");
    fake_redis(h, "DEL civic:{p:%s}:guardians", pid_of(CHILD9));
}


/* Nor what waits to be settled: an entry of each shard stands behind one of a
   damaged record. */
static void
damaged_and_settled(void **state)
{
    unsigned  i;

    (void) state;

    for (i = 0; i < 8; i++) {
        (void) pledged(parent(i), birth_number(2020, 12, 1, 20 + i));
        fake_redis(h, "HSET civic:{p:%s}:guardians %s damaged",
                   pid_of(birth_number(2020, 12, 1, 20 + i)),
                   pid_of(parent(i)));
    }

    (void) pledged(OTHER, CHILD5);
    fake_advance(h, 60000);
    run_jobs("settle");
    assert_null(fake_waiting(h, "kinship.settle", 0));

    /* and who told of them is not kept from the others */
    run_jobs("tell");
    assert_null(fake_waiting(h, "kinship.tell", 0));
}


/* A consent that ends takes what is damaged along: of the relative ... */
static void
damaged_and_erased(void **state)
{
    (void) state;
    (void) pledged(NUMBER, CHILD5);
    (void) pledged(OTHER, CHILD5);
    fake_redis(h, "HSET civic:{p:%s}:guardians %s damaged", pid_of(CHILD5),
               pid_of(OTHER));
    fake_redis(h, "HSET civic:{p:%s}:kincodes aa %b", pid_of(CHILD5),
               text("valid %s 1 2", pid_of(OTHER)), (size_t) 32);
    fake_redis(h, "HDEL civic:{p:%s}:consents health_child", pid_of(CHILD5));
    fake_answer_call(h, "civic.consent", CIVIC_OK, json_object());
    assert_true(erased(CHILD5, "health_child") >= 2);
    assert_int_equal(rows(CHILD5, "guardians"), 0);
    assert_int_equal(rows(NUMBER, "kin"), 0);
    assert_int_equal(rows(OTHER, "kin"), 0);
    assert_string_equal(field(CHILD5, "kincodes", "aa"),
                        text("revoked %s 1 2", pid_of(OTHER)));
}


/* ... and of the guardian; the other relatives are not left out. */
static void
damaged_and_withdrawn(void **state)
{
    (void) state;
    (void) pledged(NUMBER, CHILD5);
    (void) pledged(NUMBER, birth_number(2020, 12, 1, 20));
    (void) pledged(NUMBER, birth_number(2020, 12, 1, 21));
    fake_redis(h, "HSET civic:{p:%s}:guardians %s damaged",
               pid_of(birth_number(2020, 12, 1, 20)), pid_of(NUMBER));
    fake_redis(h, "HDEL civic:{p:%s}:consents kinship", pid_of(NUMBER));
    assert_true(erased(NUMBER, "kinship") >= 3);
    assert_int_equal(rows(NUMBER, "kin"), 0);
    assert_int_equal(rows(CHILD5, "guardians"), 0);
    assert_int_equal(rows(birth_number(2020, 12, 1, 20), "guardians"), 0);
    assert_int_equal(rows(birth_number(2020, 12, 1, 21), "guardians"), 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        BIND(after_24_hours),
        BIND(what_was_printed),
        BIND(lost_while_unbinding),
        BIND(objection),
        BIND(others_are_told),
        BIND(told_later),
        BIND(relative_with_account),
        BIND(counter_looks),
        BIND(counter_unbinds),
        BIND(counter_proves),
        BIND(counter_makes_room),
        BIND(last_one),
        BIND(relative_withdraws),
        BIND(guardian_withdraws),
        BIND(mended),
        BIND(unproven_in_time),
        BIND(overdue_at_once),
        BIND(damaged),
        BIND(damaged_and_settled),
        BIND(damaged_and_erased),
        BIND(damaged_and_withdrawn),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
