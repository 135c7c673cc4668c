/*
 * holders.c - who holds the caller's code, and the objection that ends it; and
 * how a binding is shown.
 */

#include "bind.h"
#include "values.h"


/* ---- shown ------------------------------------------------------------- */

static void
write_members(civic_request_t *r, civic_writer_t *w,
    const kinship_binding_t *binding, civic_str_t name)
{
    civic_write_str(r, w, "binding_id", binding->id);
    civic_write_str(r, w, "name", name);
    civic_write_str(r, w, "relation", binding->relation);
    civic_write_instant(r, w, "bound_at", binding->since);
    civic_write_str(r, w, "proof", binding->how);
    civic_write_bool(r, w, "provisional",
                     civic_str_eq(binding->how, CIVIC_STR(KINSHIP_BY_PLEDGE)));
}


static void
write_instant(civic_request_t *r, civic_writer_t *w, const char *name,
    json_t *at)
{
    if (json_is_integer(at)) {
        civic_write_instant(r, w, name, json_integer_value(at));
    }
}


civic_result_t
kinship_binding_write_as(civic_request_t *r, civic_writer_t *w,
    const kinship_binding_t *binding, civic_str_t name)
{
    int              kept;
    json_t          *decision, *keep;
    civic_msec_t     at;
    civic_result_t   rc;

    rc = kinship_unbind_at(r, binding, &decision, &at);

    if (rc == CIVIC_OK) {
        rc = kinship_keep(r, binding, KINSHIP_AGE_UNKNOWN, &keep, &kept);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    write_members(r, w, binding, name);
    write_instant(r, w, "unbind_possible_at",
                  json_object_get(decision, "possible_at"));
    write_instant(r, w, "ends_at", json_object_get(keep, "ends_at"));

    return CIVIC_OK;
}


civic_result_t
kinship_binding_write(civic_request_t *r, civic_writer_t *w,
    const kinship_binding_t *binding)
{
    civic_str_t     name;
    civic_result_t  rc;

    rc = kinship_name_of(r, binding->relative, &name);

    return rc == CIVIC_OK ? kinship_binding_write_as(r, w, binding, name) : rc;
}


/* ---- GET /kinship/guardians -------------------------------------------- */

civic_result_t
kinship_holders_write(civic_request_t *r, civic_writer_t *w,
    const kinship_binding_t *bindings, size_t count)
{
    size_t          i;
    civic_str_t     name;
    civic_result_t  rc;

    civic_write_array(r, w, "guardians");

    for (i = 0; i < count; i++) {
        rc = kinship_name_of(r, bindings[i].guardian, &name);
        if (rc != CIVIC_OK) {
            return rc;
        }

        civic_write_object(r, w, NULL);
        write_members(r, w, &bindings[i], name);
        civic_write_end(r, w);
    }

    civic_write_end(r, w);

    return CIVIC_OK;
}


civic_result_t
kinship_holders(civic_request_t *r)
{
    size_t              count = 0;
    civic_result_t      rc;
    kinship_binding_t  *bindings;

    bindings = civic_alloc(r, KINSHIP_MOST * sizeof(kinship_binding_t));
    rc = kinship_guardians_of(r, shared_copy(r, civic_pid(r)), bindings,
                              KINSHIP_MOST, &count);

    return rc != CIVIC_OK ? rc
           : kinship_holders_write(r, civic_reply(r, 200), bindings, count);
}


/* ---- POST /kinship/guardians/{binding_id}/objection --------------------- */

civic_result_t
kinship_holder_find(civic_request_t *r, civic_str_t relative, civic_str_t id,
    kinship_binding_t *binding)
{
    size_t              i, count = 0;
    civic_result_t      rc;
    kinship_binding_t  *bindings;

    bindings = civic_alloc(r, KINSHIP_MOST * sizeof(kinship_binding_t));
    rc = kinship_guardians_of(r, relative, bindings, KINSHIP_MOST, &count);

    for (i = 0; rc == CIVIC_OK && i < count; i++) {
        if (civic_str_eq(bindings[i].id, id)) {
            *binding = bindings[i];
            return CIVIC_OK;
        }
    }

    return rc != CIVIC_OK ? rc : CIVIC_NOT_FOUND;
}


civic_result_t
kinship_objection(civic_request_t *r)
{
    int                ended;
    civic_result_t     rc;
    civic_writer_t    *w;
    kinship_binding_t  binding;

    rc = kinship_holder_find(r, shared_copy(r, civic_pid(r)),
                             civic_path(r, "binding_id"), &binding);

    if (rc == CIVIC_NOT_FOUND) {
        return civic_problem(r, "kinship_no_binding");
    }

    if (rc == CIVIC_OK) {
        rc = kinship_end(r, &binding, KINSHIP_OBJECTED, NULL, &ended);
    }

    if (rc != CIVIC_OK) {
        return rc;
    }

    w = civic_reply(r, 200);
    civic_write_str(r, w, "binding_id", binding.id);
    civic_write_bool(r, w, "ended", 1);

    return CIVIC_OK;
}
