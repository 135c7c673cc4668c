/*
 * slots_test.c - slots of keys, the map, and what Redis' errors ask for.
 * The slots were told by CLUSTER KEYSLOT of a redis-server 7.0.15.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "slots.h"

static civic_slot_map_t  map;


static void
test_slots_of_keys(void **state)
{
    (void) state;
    assert_int_equal(civic_slot(CIVIC_STR("")), 0);
    assert_int_equal(civic_slot(CIVIC_STR("123456789")), 0x31c3);
    assert_int_equal(civic_slot(CIVIC_STR("foo")), 12182);
    assert_int_equal(civic_slot(CIVIC_STR("a\0b")), 8383);
    assert_int_equal(civic_slot(CIVIC_STR("\xe5\xbc\xa0")), 9547);
    assert_int_equal(civic_slot(CIVIC_STR("civic:{p:abc}:login")),
                     civic_slot(CIVIC_STR("p:abc")));
    assert_int_equal(civic_slot(CIVIC_STR("{foo}bar")), 12182);
    assert_int_equal(civic_slot(CIVIC_STR("x{foo}{bar}")), 12182);

    /* no tags: empty, or never closed */
    assert_int_equal(civic_slot(CIVIC_STR("foo{}{bar}")), 8363);
    assert_int_equal(civic_slot(CIVIC_STR("foo{bar")), 15278);
    assert_int_equal(civic_slot(CIVIC_STR("foo{{bar}}zap")), 4015);
}


static void
test_nodes(void **state)
{
    int   i;
    char  name[32];

    (void) state;
    civic_slot_map_init(&map);
    assert_int_equal(civic_slot_map_node(&map, CIVIC_STR("10.0.0.1:6379")), 0);
    assert_int_equal(civic_slot_map_node(&map, CIVIC_STR("10.0.0.1:6380")), 1);
    assert_int_equal(civic_slot_map_node(&map, CIVIC_STR("10.0.0.1:6379")), 0);
    assert_int_equal(civic_slot_map_node(&map, CIVIC_STR("::1:7000")), 2);
    assert_int_equal(civic_slot_map_node(&map, CIVIC_STR("[::1]:7000")), 2);
    assert_string_equal(map.nodes[2], "[::1]:7000");
    assert_int_equal(civic_slot_map_node(&map, CIVIC_STR("unix:/run/r")), 3);

    assert_int_equal(civic_slot_map_node(&map, CIVIC_STR("")), -1);
    assert_int_equal(civic_slot_map_node(&map, CIVIC_STR("10.0.0.1")), -1);
    assert_int_equal(civic_slot_map_node(&map, CIVIC_STR(":6379")), -1);
    assert_int_equal(civic_slot_map_node(&map, CIVIC_STR("h:")), -1);
    assert_int_equal(civic_slot_map_node(&map, CIVIC_STR("h:0")), -1);
    assert_int_equal(civic_slot_map_node(&map, CIVIC_STR("h:65536")), -1);
    assert_int_equal(civic_slot_map_node(&map, CIVIC_STR("h:6379x")), -1);
    assert_int_equal(civic_slot_map_node(&map, CIVIC_STR("h\0h:6379")), -1);
    assert_int_equal(civic_slot_map_node(&map, CIVIC_STR(
        "a-host-whose-name-is-far-longer-than-an-address-may-be.example"
        ":6379")), -1);
    assert_int_equal(map.count, 4);

    for (i = 4; i < CIVIC_SLOT_NODES; i++) {
        snprintf(name, sizeof(name), "10.0.1.%d:1", i);
        assert_int_equal(civic_slot_map_node(&map, civic_cstr(name)), i);
    }

    assert_int_equal(civic_slot_map_node(&map, CIVIC_STR("10.9.9.9:1")), -1);
    assert_int_equal(civic_slot_map_node(&map, CIVIC_STR("10.0.1.9:1")), 9);
}


static void
test_owners(void **state)
{
    (void) state;
    civic_slot_map_init(&map);
    assert_int_equal(civic_slot_map_owner(&map, 0), -1);
    civic_slot_map_set(&map, 5, 0);
    assert_int_equal(civic_slot_map_owner(&map, 5), -1);

    civic_slot_map_node(&map, CIVIC_STR("a:1"));
    civic_slot_map_node(&map, CIVIC_STR("b:1"));
    civic_slot_map_set(&map, 5, 1);
    civic_slot_map_set(&map, 6, 0);
    civic_slot_map_set(&map, CIVIC_SLOTS - 1, 1);
    civic_slot_map_set(&map, CIVIC_SLOTS, 1);
    assert_int_equal(civic_slot_map_owner(&map, 5), 1);
    assert_int_equal(civic_slot_map_owner(&map, 6), 0);
    assert_int_equal(civic_slot_map_owner(&map, 7), -1);
    assert_int_equal(civic_slot_map_owner(&map, CIVIC_SLOTS - 1), 1);
    assert_int_equal(civic_slot_map_owner(&map, CIVIC_SLOTS), -1);
    civic_slot_map_set(&map, 5, -1);
    assert_int_equal(civic_slot_map_owner(&map, 5), -1);
}


#define STRING(s)   { .type = CIVIC_VALUE_STRING, .str = CIVIC_STR(s) }
#define INTEGER(i)  { .type = CIVIC_VALUE_INTEGER, .integer = (i) }
#define NIL         { .type = CIVIC_VALUE_NIL }
#define ARRAY(a)                                                              \
    { .type = CIVIC_VALUE_ARRAY, .count = sizeof(a) / sizeof((a)[0]),         \
      .items = (a) }

static civic_value_t  one[] = { STRING("10.0.0.1"), INTEGER(7001),
                                STRING("id") };
static civic_value_t  self[] = { NIL, INTEGER(7002), STRING("id") };
static civic_value_t  lost[] = { STRING("?:?"), INTEGER(7003), STRING("id") };
static civic_value_t  replica[] = { STRING("10.0.0.9"), INTEGER(7009) };


static void
test_update(void **state)
{
    civic_value_t  first[] = { INTEGER(0), INTEGER(5460), ARRAY(one),
                               ARRAY(replica) };
    civic_value_t  second[] = { INTEGER(5461), INTEGER(10922), ARRAY(self) };
    civic_value_t  third[] = { INTEGER(16383), INTEGER(16383), ARRAY(one) };
    civic_value_t  ranges[] = { ARRAY(first), ARRAY(second), ARRAY(third) };
    civic_value_t  fourth[] = { INTEGER(0), INTEGER(16383), ARRAY(lost) };
    civic_value_t  unknown[] = { ARRAY(fourth) };
    civic_value_t  slots = ARRAY(ranges), none = ARRAY(unknown);
    civic_str_t    asked = CIVIC_STR("10.0.0.2:7000");

    (void) state;
    civic_slot_map_init(&map);
    assert_int_equal(civic_slot_map_node(&map, CIVIC_STR("seed:1")), 0);
    civic_slot_map_set(&map, 16000, 0);

    assert_int_equal(civic_slot_map_update(&map, &slots, asked), 0);
    assert_int_equal(civic_slot_map_owner(&map, 0), 1);
    assert_int_equal(civic_slot_map_owner(&map, 5460), 1);
    assert_int_equal(civic_slot_map_owner(&map, 5461), 2);
    assert_int_equal(civic_slot_map_owner(&map, 10922), 2);
    assert_int_equal(civic_slot_map_owner(&map, 10923), -1);
    assert_int_equal(civic_slot_map_owner(&map, 16000), -1);
    assert_int_equal(civic_slot_map_owner(&map, 16383), 1);
    assert_string_equal(map.nodes[1], "10.0.0.1:7001");
    assert_string_equal(map.nodes[2], "10.0.0.2:7002");
    assert_int_equal(map.count, 3);

    /* asked over a unix socket, "the same host" has no name */
    assert_int_equal(civic_slot_map_update(&map, &slots,
                                           CIVIC_STR("unix:/run/redis")), 0);
    assert_int_equal(civic_slot_map_owner(&map, 0), 1);
    assert_int_equal(civic_slot_map_owner(&map, 5461), -1);

    assert_int_equal(civic_slot_map_update(&map, &none, asked), 0);
    assert_int_equal(map.count, 4);
}


static void
test_update_refuses(void **state)
{
    size_t                i;
    civic_str_t           asked = CIVIC_STR("10.0.0.2:7000");
    civic_value_t         port[] = { STRING("h"), INTEGER(70000) };
    civic_value_t         host[] = { INTEGER(1), INTEGER(7000) };
    civic_value_t         alone[] = { STRING("h") };
    civic_value_t         good[] = { INTEGER(0), INTEGER(16383), ARRAY(one) };
    civic_value_t         range[][3] = {
        { INTEGER(-1), INTEGER(5), ARRAY(one) },
        { INTEGER(6), INTEGER(5), ARRAY(one) },
        { INTEGER(0), INTEGER(16384), ARRAY(one) },
        { STRING("0"), INTEGER(5), ARRAY(one) },
        { INTEGER(0), INTEGER(5), ARRAY(port) },
        { INTEGER(0), INTEGER(5), ARRAY(host) },
        { INTEGER(0), INTEGER(5), ARRAY(alone) },
        { INTEGER(0), INTEGER(5), STRING("h") }
    };
    civic_value_t         ranges[2] = { ARRAY(good), NIL };
    civic_value_t         slots = ARRAY(ranges);
    civic_value_t         empty = { .type = CIVIC_VALUE_ARRAY };
    civic_value_t         error = { .type = CIVIC_VALUE_ERROR };
    civic_slot_map_t      before;

    (void) state;
    civic_slot_map_init(&map);
    civic_slot_map_node(&map, CIVIC_STR("seed:1"));
    civic_slot_map_set(&map, 1, 0);
    before = map;

    for (i = 0; i < sizeof(range) / sizeof(range[0]); i++) {
        ranges[1] = (civic_value_t) ARRAY(range[i]);
        assert_int_equal(civic_slot_map_update(&map, &slots, asked), -1);
    }

    ranges[1] = (civic_value_t) INTEGER(1);
    assert_int_equal(civic_slot_map_update(&map, &slots, asked), -1);
    ranges[1] = (civic_value_t) { .type = CIVIC_VALUE_ARRAY };
    assert_int_equal(civic_slot_map_update(&map, &slots, asked), -1);
    assert_int_equal(civic_slot_map_update(&map, &empty, asked), -1);
    assert_int_equal(civic_slot_map_update(&map, &error, asked), -1);
    assert_memory_equal(&map, &before, sizeof(map));
}


static civic_redis_error_t
error_of(const char *text)
{
    unsigned     slot;
    civic_str_t  address;

    return civic_redis_error(civic_cstr(text), &slot, &address);
}


static void
test_errors(void **state)
{
    unsigned     slot = 0;
    civic_str_t  address = { NULL, 0 };

    (void) state;
    assert_int_equal(civic_redis_error(CIVIC_STR("MOVED 3999 127.0.0.1:6381"),
                                       &slot, &address), CIVIC_REDIS_MOVED);
    assert_int_equal(slot, 3999);
    assert_true(civic_str_eq(address, CIVIC_STR("127.0.0.1:6381")));
    assert_int_equal(civic_redis_error(CIVIC_STR("ASK 16383 :7000"), &slot,
                                       &address), CIVIC_REDIS_ASK);
    assert_int_equal(slot, 16383);
    assert_true(civic_str_eq(address, CIVIC_STR(":7000")));

    assert_int_equal(error_of("MOVED"), CIVIC_REDIS_PLAIN_ERROR);
    assert_int_equal(error_of("MOVED 1"), CIVIC_REDIS_PLAIN_ERROR);
    assert_int_equal(error_of("MOVED x a:1"), CIVIC_REDIS_PLAIN_ERROR);
    assert_int_equal(error_of("MOVED 16384 a:1"), CIVIC_REDIS_PLAIN_ERROR);
    assert_int_equal(error_of("MOVED 999999999999 a:1"),
                     CIVIC_REDIS_PLAIN_ERROR);
    assert_int_equal(error_of("MOVEDX 1 a:1"), CIVIC_REDIS_PLAIN_ERROR);

    assert_int_equal(error_of("TRYAGAIN Multiple keys"), CIVIC_REDIS_TRYAGAIN);
    assert_int_equal(error_of("CLUSTERDOWN Hash slot"), CIVIC_REDIS_TRYAGAIN);
    assert_int_equal(error_of("LOADING Redis is"), CIVIC_REDIS_TRYAGAIN);
    assert_int_equal(error_of("MASTERDOWN Link"), CIVIC_REDIS_TRYAGAIN);
    assert_int_equal(error_of("NOSCRIPT No matching"), CIVIC_REDIS_NOSCRIPT);
    assert_int_equal(error_of("READONLY You can't"), CIVIC_REDIS_READONLY);
    assert_int_equal(error_of("NOAUTH Authentication"), CIVIC_REDIS_AUTH);
    assert_int_equal(error_of("WRONGPASS invalid"), CIVIC_REDIS_AUTH);
    assert_int_equal(error_of("NOPERM this user"), CIVIC_REDIS_AUTH);
    assert_int_equal(error_of("OOM command not"), CIVIC_REDIS_REFUSED);
    assert_int_equal(error_of("MISCONF Redis is"), CIVIC_REDIS_REFUSED);
    assert_int_equal(error_of("NOREPLICAS Not"), CIVIC_REDIS_REFUSED);
    assert_int_equal(error_of("BUSY Redis is"), CIVIC_REDIS_REFUSED);
    assert_int_equal(error_of("ERR MOVED 1 a:1"), CIVIC_REDIS_PLAIN_ERROR);
    assert_int_equal(error_of(""), CIVIC_REDIS_PLAIN_ERROR);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_slots_of_keys),
        cmocka_unit_test(test_nodes),
        cmocka_unit_test(test_owners),
        cmocka_unit_test(test_update),
        cmocka_unit_test(test_update_refuses),
        cmocka_unit_test(test_errors)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
