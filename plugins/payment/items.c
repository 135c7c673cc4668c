/*
 * items.c - all orders of an item ("exam:2026-1"), for the exam office: a
 * page at a time, with how they stand.  Nobody's name is in it: a person is
 * looked up by number (desk.c).
 */

#include "payment.h"
#include "values.h"

#define LIMIT  50


static int64_t
query_number(civic_request_t *r, const char *name, int64_t fallback)
{
    json_t  *value = json_object_get(civic_query(r), name);

    return json_is_integer(value) ? json_integer_value(value) : fallback;
}


static civic_result_t
read_page(civic_request_t *r, const civic_value_t **page, int64_t *total)
{
    int64_t          offset, limit;
    civic_str_t      key, range[4], count[2];
    civic_result_t   rc;
    civic_command_t  commands[2];

    offset = query_number(r, "offset", 0);
    limit = query_number(r, "limit", LIMIT);
    key = payment_item_key(r, civic_path(r, "item"));

    range[0] = CIVIC_STR("ZRANGE");
    range[1] = key;
    range[2] = shared_decimal(r, offset);
    range[3] = shared_decimal(r, offset + limit - 1);
    count[0] = CIVIC_STR("ZCARD");
    count[1] = key;

    memset(commands, 0, sizeof(commands));
    commands[0].argv = range;
    commands[0].argc = 4;
    commands[1].argv = count;
    commands[1].argc = 2;

    rc = civic_pipeline(r, commands, 2);

    if (rc == CIVIC_OK) {
        *page = commands[0].value;
        *total = commands[1].value->integer;
    }

    return rc;
}


/* "<pid> <order>": the order's text, from the person's own record. */
static void
command_of(civic_request_t *r, civic_str_t member, civic_command_t *command)
{
    civic_str_t  *argv = civic_alloc(r, 3 * sizeof(civic_str_t));
    size_t        id = member.len > SHARED_PID ? SHARED_PID + 1
                                                : member.len;

    argv[0] = CIVIC_STR("HGET");
    argv[1] = civic_person_key(r, (civic_str_t) {
                                   member.data, member.len < SHARED_PID
                                                ? member.len : SHARED_PID },
                               PAYMENT_FAMILY);
    argv[2] = civic_print(r, "order:%.*s", (int) (member.len - id),
                          member.data + id);

    memset(command, 0, sizeof(civic_command_t));
    command->argv = argv;
    command->argc = 3;
}


static void
write_order(civic_request_t *r, civic_writer_t *w, civic_str_t member,
    const civic_value_t *value)
{
    payment_order_t  order;

    memset(&order, 0, sizeof(payment_order_t));

    if (value->type != CIVIC_VALUE_STRING
        || payment_order_take(r, value->str, &order) != 0
        || member.len <= SHARED_PID)
    {
        return;
    }

    civic_write_object(r, w, NULL);
    civic_write_str(r, w, "order_id", (civic_str_t) {
                        member.data + SHARED_PID + 1,
                        member.len - SHARED_PID - 1 });
    civic_write_str(r, w, "state", order.state);
    civic_write_int(r, w, "fen", order.fen);
    civic_write_int(r, w, "returned_fen", order.back);
    civic_write_instant(r, w, "since", order.since);
    civic_write_instant(r, w, "until", order.until);
    civic_write_end(r, w);
}


civic_result_t
payment_items_show(civic_request_t *r)
{
    size_t                i, count;
    int64_t               total = 0;
    civic_result_t        rc;
    civic_writer_t       *w;
    civic_command_t      *commands;
    const civic_value_t  *page;

    rc = read_page(r, &page, &total);
    if (rc != CIVIC_OK) {
        return rc;
    }

    count = page->type == CIVIC_VALUE_ARRAY ? page->count : 0;
    commands = civic_alloc(r, (count + 1) * sizeof(civic_command_t));

    for (i = 0; i < count; i++) {
        command_of(r, shared_item(page, i), &commands[i]);
    }

    rc = count == 0 ? CIVIC_OK : civic_pipeline(r, commands, count);
    if (rc != CIVIC_OK) {
        return rc;
    }

    w = civic_reply(r, 200);
    civic_write_int(r, w, "total", total);
    civic_write_array(r, w, "orders");

    for (i = 0; i < count; i++) {
        write_order(r, w, shared_item(page, i), commands[i].value);
    }

    civic_write_end(r, w);

    return CIVIC_OK;
}
