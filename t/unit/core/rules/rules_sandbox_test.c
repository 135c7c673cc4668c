/*
 * rules_sandbox_test.c - rules_sandbox.c, rules_text.c, rules_freeze.c: what
 * a rule file can name, and every known way out of it or way to burn time
 * and memory.
 */

#include <pthread.h>

#include "rules_fixture.h"

/* However bad a rule, it holds the thread no longer: ms. */
#define MAX_HOLD  150

/* A small thread's: a pooled worker thread has far more. */
#define STACK     (192 * 1024)


/* The function fails with one of the budgets, soon. */
static void
burns(const char *body, const char *why)
{
    double          start;
    json_t         *out;
    civic_rules_t  *rules = loaded_body(body);

    start = cpu_ms();
    if (civic_rules_call(rules, "f", NULL, &out, &failure) == 0) {
        fail_msg("ended: %s", body);
    }

    says(why);
    if (cpu_ms() - start > MAX_HOLD) {
        fail_msg("held the thread for %.1f ms: %s", cpu_ms() - start, body);
    }

    civic_rules_free(rules);
    fails_with(body, NULL, why);
}

static void
has_no_dangerous_names(void **state)
{
    size_t  i;
    char    body[256];

    static const char *const  names[] = {
        "_G", "_ENV", "_VERSION", "arg", "bit", "collectgarbage",
        "coroutine", "debug", "dofile", "ffi", "gcinfo", "getfenv",
        "getmetatable", "io", "jit", "load", "loadfile", "loadstring",
        "module", "newproxy", "os", "package", "print", "rawequal", "rawget",
        "rawlen", "rawset", "setfenv", "setmetatable", "xpcall",
        "thread", "string.dump", "string.gmatch", "string.match",
        "string.gsub", "string.gfind", "string.buffer", "math.random",
        "math.randomseed", "table.foreach", "table.foreachi", "table.new",
        "table.clear", "table.maxn", "table.move", "table.getn",
        "table.pack", "table.unpack", "table.clone", "table.isarray",
        "('').dump", "('').match", "('').gsub", "('').gmatch"
    };

    (void) state;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(body, sizeof(body), "return { there = pcall(function() "
                 "return assert(%s) end) }", names[i]);
        answers(body, NULL, "{\"there\":false}");
    }
}

static void
has_exactly_these_names(void **state)
{
    size_t  i;
    char    body[256];

    static const char *const  names[] = {
        "assert", "error", "ipairs", "next", "pairs", "pcall", "select",
        "tonumber", "tostring", "type", "unpack", "civic.date",
        "civic.instant", "civic.number", "civic.whole", "math.abs",
        "math.ceil", "math.exp", "math.floor",
        "math.fmod", "math.log", "math.max", "math.min", "math.modf",
        "math.pow", "math.sqrt", "string.byte", "string.char",
        "string.fill", "string.find", "string.format", "string.len",
        "string.lower",
        "string.rep", "string.reverse", "string.split", "string.sub",
        "string.upper", "table.concat", "table.insert", "table.remove",
        "table.sort"
    };

    (void) state;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(body, sizeof(body), "return { t = type(%s) }", names[i]);
        answers(body, NULL, "{\"t\":\"function\"}");
    }

    /* And no others, in the tables that can be listed. */
    answers("local n = {} for _, t in ipairs({ string, math, table, civic })"
            " do local c = 0 for _ in pairs(t) do c = c + 1 end"
            " n[#n + 1] = c end return { n = n }", NULL,
            "{\"n\":[12,13,4,4]}");
}

static void
text_only(void **state)
{
    char  code[] = "\x1bLJ\x02\x02\x00";

    (void) state;

    assert_null(load_bytes(code, sizeof(code)));
    says("t.lua");
    says("wrong mode");
    assert_null(load_bytes("\x1bLua", 4));
    load_fails("return { x = 1LL }", "1LL");
    load_fails("return { x = 1ULL }", "1LL");
    load_fails("return { x = 2i }", "1LL");
    load_fails("local function f() return 0x7fLL end return {}", "1LL");
    civic_rules_free(loaded("return { s = '1LL' } -- 1LL"));
}

/* A slip of the finger is no nil. */
static void
names_what_there_is(void **state)
{
    (void) state;

    fails_with("return x", NULL, "t.lua:3: there is nothing called \"x\"");
    load_fails("local a = ture return {}", "nothing called \"ture\"");
    load_fails("local a = \xe2\x80\x9c" "14\xe2\x80\x9d return {}",
               "\xe2\x80\x9c" "14\xe2\x80\x9d\": digits and quotation marks "
               "must be plain");
    civic_rules_free(loaded("local a = ({}).x return {}"));
}

static void
writes_nothing_shared(void **state)
{
    (void) state;

    fails_with("x = 1 return {}", NULL, "t.lua:3: assignment to the global "
               "\"x\"");
    load_fails("x = 1 return {}", "assignment to the global \"x\"");
    load_fails("function f() end return {}", "global \"f\"");
    fails_with("type = nil return {}", NULL, "global \"type\"");
    fails_with("string.len = nil return {}", NULL, "read-only");
    fails_with("string.x = 1 return {}", NULL, "read-only");
    fails_with("('').len = 1 return {}", NULL, "t.lua:3: ");
    fails_with("math.pi = 3 return {}", NULL, "read-only");
    fails_with("table.insert(string, 1) return {}", NULL, "read-only");
    fails_with("table.sort(civic, nil) civic.date = 1 return {}", NULL,
               "read-only");
    fails_with("local t = next(string) string[t] = 1 return {}", NULL,
               "read-only");

    /* What stands for a table cannot be had through the iterators. */
    fails_with("local n, t = pairs(string) t.len = 1 return {}", NULL,
               "read-only");
    fails_with("local n, t = ipairs(string) t.len = 1 return {}", NULL,
               "read-only");
}

#define FROZEN(body)                                                          \
    "local rules = { list = { 1, 2, 3 }, map = { a = { b = 1 } } }\n"         \
    "local other = { 4, 5, inner = { 6 } }\n"                                 \
    "local function write(t, k, v) t[k] = v end\n"                            \
    "rules.self = rules\n"                                                    \
    "function rules.fine() return { fine = true } end\n"                      \
    "function rules.f(input)\n" body "\nend\n"                                \
    "return rules\n"

static void
frozen_refuses(const char *text)
{
    json_t         *out;
    civic_rules_t  *rules = loaded(text);

    assert_int_equal(civic_rules_call(rules, "f", NULL, &out, &failure), -1);
    says("read-only");
    says("t.lua:");
    still_works(rules);
    civic_rules_free(rules);
}

static void
frozen_answers(const char *text, const char *expected)
{
    char           *got;
    json_t         *out;
    civic_rules_t  *rules = loaded(text);

    if (civic_rules_call(rules, "f", NULL, &out, &failure) != 0) {
        fail_msg("%s", failure.text);
    }

    got = json_dumps(out, JSON_COMPACT | JSON_SORT_KEYS);
    assert_string_equal(got, expected);
    free(got);
    json_decref(out);
    civic_rules_free(rules);
}

static void
freezes_what_a_file_returns(void **state)
{
    (void) state;

    frozen_refuses(FROZEN("rules.x = 1"));
    frozen_refuses(FROZEN("rules.list = nil"));
    frozen_refuses(FROZEN("rules.list[1] = 9"));
    frozen_refuses(FROZEN("rules.list[4] = 9"));
    frozen_refuses(FROZEN("rules.map.a.b = 2"));
    frozen_refuses(FROZEN("rules.self.self.x = 2"));
    frozen_refuses(FROZEN("other[1] = 9"));
    frozen_refuses(FROZEN("other.inner[1] = 9"));
    frozen_refuses(FROZEN("write(other, 1, 9)"));
    frozen_refuses(FROZEN("table.insert(rules.list, 9)"));
    frozen_refuses(FROZEN("table.remove(rules.list)"));
    frozen_refuses(FROZEN("table.sort(rules.list)"));
    frozen_refuses(FROZEN("rules.f = nil"));
    frozen_refuses(FROZEN("for k, v in pairs(rules) do "
                          "if k == 'map' then v.a = 1 end end"));
    frozen_refuses(FROZEN("local _, t = pairs(other) t.x = 1"));
    frozen_refuses(FROZEN("local _, t = next({ other }) t.x = 1"));
    frozen_refuses(FROZEN("local t = unpack({ other }) t.x = 1"));
    frozen_refuses(FROZEN("local ok, e = pcall(write, other, 1, 2)"
                          " error(e, 0)"));

    /* Reading is as with any table. */
    frozen_answers(FROZEN("return { n = #rules.list, t = type(rules.list),"
                          " c = table.concat(rules.list, ','),"
                          " l = rules.list, m = rules.map,"
                          " last = rules.list[#rules.list],"
                          " none = rules.nothing == nil,"
                          " s = tostring(other) }"),
                   "{\"c\":\"1,2,3\",\"l\":[1,2,3],\"last\":3,"
                   "\"m\":{\"a\":{\"b\":1}},\"n\":3,\"none\":true,"
                   "\"s\":\"table\",\"t\":\"table\"}");
    frozen_answers(FROZEN("local s = 0 for i, v in ipairs(rules.list) do"
                          " s = s + i * v end"
                          " for k, v in pairs(rules.map) do s = s + v.b end"
                          " local a, b = unpack(other)"
                          " return { s = s, a = a, b = b,"
                          " n = next(rules.map) }"),
                   "{\"a\":4,\"b\":5,\"n\":\"a\",\"s\":15}");

    load_fails("return { [{}] = 1 }", "as a key");
    load_fails("return { [true] = 1 }", "as a key");
    load_fails("local t = {} local r = t for i = 1, 200 do t.t = {} t = t.t"
               " end return r", "nested deeper than 100");
}

static void
budgets_stop_loops(void **state)
{
    (void) state;

    /* A loop of cheap instructions runs out of these; whatever calls into C
       may be out of time before, on a machine that is slow or shared. */
    burns("while true do end", "took too many instructions");
    burns("for i = 1, 1e12 do end", "took too");
    burns("repeat until false", "took too");
    burns("goto a ::a:: ::b:: goto b", "took too");
    burns("while true do pcall(function() while true do end end) end",
          "took too");
    burns("local function g() pcall(g) return g() end return g()",
          "took too");
    burns("while true do pcall(error, 'x') end", "took too");
    burns("local function g() error('x') end while true do pcall(g) end",
          "took too");
    burns("while true do pcall(pcall, pcall, error) end", "took too");
    burns("local function g() return g() end return g()", "took too");
    burns("table.sort({ 3, 2, 1 }, function() while true do end end)",
          "took too");
    burns("table.sort({ 3, 2, 1 }, function() pcall(function()"
          " while true do end end) return true end)", "took too");
    burns("for _ in function() return 1 end do end", "took too");
    burns("local t = {} for i = 1, 4000 do t[i] = (i * 7919) % 4001 end"
          " table.sort(t) return {}", "took too");
    burns("local t = {} for i = 1, 1e9 do table.insert(t, 1, i) end",
          "took too");
    burns("while true do local x = next(string) end", "took too");

    load_fails("while true do end", "t.lua:1: took too many instructions");
    load_fails("while true do pcall(function() while true do end end) end",
               "took too many");
    load_fails("local function f() return f() end f()", "took too many");
    load_fails("local rules = {}\nfunction rules.f() while true do end end\n"
               "rules.examples = {{ call = 'f', output = {} }}\nreturn rules",
               "t.lua:2: took too many");
}

static void
budgets_stop_strings(void **state)
{
    (void) state;

    fails_with("return { x = ('x'):rep(1e9) }", NULL, "at most 65536 bytes");
    fails_with("return { x = ('x'):rep(65537) }", NULL, "65536");
    fails_with("return { x = ('x'):rep(1 / 0) }", NULL, "65536");
    answers("return { n = #(('x'):rep(65536)), e = ('x'):rep(-1),"
            " z = (''):rep(1e9) }", NULL,
            "{\"e\":\"\",\"n\":65536,\"z\":\"\"}");
    fails_with("local t = {} for i = 1, 3 do t[i] = ('x'):rep(30000) end"
               " return { x = table.concat(t) }", NULL, "65536");
    fails_with("return { x = table.concat({ 1, 2, 3 }, ('x'):rep(60000)) }",
               NULL, "65536");
    fails_with("local s = ('x'):rep(60000) return { x = ('%s%s'):format(s, s)"
               " }", NULL, "65536");
    fails_with("return { x = (('x,'):rep(2000)):split(',') }", NULL,
               "1000 parts");
    burns("local s = ('x'):rep(60000) while true do local t = s .. s .. 'y'"
          " end", "took too");
    burns("local s = ('x'):rep(60000) while true do local t = s:upper() end",
          "took too");
    burns("local s = ('x'):rep(60000) while true do local t = s:reverse() end",
          "took too");
    burns("local s = ('x'):rep(65536) while true do s:find('y') end",
          "took too");
    burns("local s = ('ab'):rep(32768) local p = ('ab'):rep(10000) .. 'c'"
          " while true do s:find(p) end", "took too");
    burns("local s = ('9'):rep(65536) while true do tonumber(s) end",
          "took too");
    burns("local t = {} for i = 1, 8000 do t[i] = 'xxxxxxxx' end"
          " while true do table.concat(t) end", "took too");
    burns("local s = ('x'):rep(65536) while true do pcall(s.byte, s, 1, -1)"
          " end", "took too");

    /* Patterns are plain text here. */
    answers("return { a = ('a.-b'):find('.-'), b = ('aaa'):find('.') == nil,"
            " c = { ('abcabc'):find('c', 4) }, d = { ('abc'):find('') },"
            " e = { ('abc'):find('c', -1) }, f = ('abc'):find('a', 9) == nil,"
            " g = { ('abc'):find('a', -9) }, h = { ('abc'):find('', 4) } }",
            NULL, "{\"a\":2,\"b\":true,\"c\":[6,6],\"d\":[1,0],"
            "\"e\":[3,3],\"f\":true,\"g\":[1,1],\"h\":[4,3]}");
}

static void
budgets_stop_memory(void **state)
{
    (void) state;

    burns("local t = {} for i = 1, 1e9 do t[i] = {} end", "took too");
    burns("local s = 'x' while true do s = s .. s end", "took too much "
          "memory");
    burns("local t = {} while true do t = { t, t, t, t, t, t, t, t } end",
          "took too");
    burns("local t = {} for i = 1, 1e9 do t[i] = 'a' .. i end", "took too");
    burns("local t = {} for i = 1, 1e9 do t[i] = function() return i end end",
          "took too");
    burns("local t, s = {}, ('x'):rep(60000) for i = 1, 1e9 do"
          " t[i] = s .. i end", "took too much memory");
    burns("local t, s = {}, ('x'):rep(60000) while true do pcall(function()"
          " t[#t + 1] = s .. #t end) end", "took too");

    /* Recursion that is no tail call. */
    burns("local function g(n) return 1 + g(n + 1) end return g(1)",
          "took too");
    burns("local function g(...) return 1 + g(1, ...) end return g(1)",
          "t.lua:");
    burns("local function g() pcall(g) pcall(g) end while true do g() end",
          "took too");

    load_fails("local t = {} for i = 1, 1e9 do t[i] = {} end", "took too");
    load_fails("local s = 'x' while true do s = s .. s end",
               "took too much memory");
}

static void
bounds_arguments(void **state)
{
    (void) state;

    fails_with("local t = {} for i = 1, 65 do t[i] = i end"
               " return { unpack(t) }", NULL, "64 values");
    fails_with("return { unpack({}, 1, 1e8) }", NULL, "64 values");
    fails_with("return { unpack({}, -2147483648, 2147483647) }", NULL,
               "64 values");
    answers("return { x = { unpack({ 1, 2, 3 }, 2) },"
            " n = select('#', unpack({}, 1, 64)),"
            " z = select('#', unpack({}, 5, 4)),"
            " m = select('#', unpack({}, 2147483647, 2147483647)) }", NULL,
            "{\"m\":1,\"n\":64,\"x\":[2,3],\"z\":0}");
    fails_with("return { x = table.concat({}, ',', 1, 2147483647) }", NULL,
               "item 1 is a nil");
    fails_with("return { x = table.concat({ {} }) }", NULL, "is a table");
    fails_with("table.concat(5)", NULL, "table expected");
    fails_with("pairs(nil)", NULL, "table expected");
    fails_with("next(5)", NULL, "table expected");
    fails_with("next({}, 'x')", NULL, "t.lua:");
    fails_with("table.insert({}, 5, 1)", NULL, "place in the list");
    fails_with("table.insert({}, 1.5, 1)", NULL, "place in the list");
    fails_with("table.remove({ 1 }, 3)", NULL, "place in the list");
    answers("local t = { 3, 1, 2 } table.insert(t, 9) table.insert(t, 1, 8)"
            " local a, b = table.remove(t), table.remove(t, 1)"
            " table.sort(t) local d = { 'b', 'c', 'a' }"
            " table.sort(d, function(x, y) return x > y end)"
            " return { t = t, a = a, b = b, d = d,"
            " e = table.remove({}) == nil }", NULL,
            "{\"a\":9,\"b\":8,\"d\":[\"c\",\"b\",\"a\"],\"e\":true,"
            "\"t\":[1,2,3]}");
}

static void
formats(void **state)
{
    (void) state;

    answers("return { a = ('%d-%02d|%5.2f|%x|%-4d|%%|%s'):format(2026, 3,"
            " 1.005, 255, 7, 'z'), b = string.format('') }", NULL,
            "{\"a\":\"2026-03| 1.00|ff|7   |%|z\",\"b\":\"\"}");
    answers("return { a = #string.format('%99.99f', 1e308) > 300 }", NULL,
            "{\"a\":true}");
    fails_with("string.format('%s')", NULL, "has no value");
    fails_with("string.format('%s%s%s', ('x'):rep(20000), ('x'):rep(20000))",
               NULL, "has no value");
    fails_with("string.format('%n', 1)", NULL, "format knows");
    fails_with("string.format('%p', {})", NULL, "format knows");
    fails_with("string.format('%q', 'x')", NULL, "format knows");
    fails_with("string.format('%100d', 1)", NULL, "format knows");
    fails_with("string.format('%.100f', 1)", NULL, "format knows");
    fails_with("string.format('%10s', 'x')", NULL, "format knows");
    fails_with("string.format('%*d', 1, 1)", NULL, "format knows");
    fails_with("string.format('%')", NULL, "has no value");
    fails_with("string.format('%', 1)", NULL, "format knows");
    fails_with("string.format('%d', 1e300)", NULL, "2^53");
    fails_with("string.format('%d', 0 / 0)", NULL, "2^53");
    fails_with("string.format('%d', {})", NULL, "number expected");
}

static void
splits(void **state)
{
    (void) state;

    answers("return { a = ('a,b,,c'):split(','), b = (''):split(','),"
            " c = ('abc'):split('::') }", NULL,
            "{\"a\":[\"a\",\"b\",\"\",\"c\"],\"b\":[\"\"],"
            "\"c\":[\"abc\"]}");
    fails_with("('a'):split('')", NULL, "empty separator");
}

static void
fills(void **state)
{
    (void) state;

    answers("return { a = ('{who}: {n} {none}{who}'):fill { who = '{n}',"
            " n = 8 }, b = (''):fill {}, c = ('no }{'):fill { [''] = 'x' },"
            " d = ('{}'):fill { [''] = 'x' } }", NULL,
            "{\"a\":\"{n}: 8 {n}\",\"b\":\"\",\"c\":\"no }{\","
            "\"d\":\"x\"}");
    answers("return { a = ('{x}{y}'):fill(input) }", "{\"x\":\"1\"}",
            "{\"a\":\"1\"}");
    answers("local text = 'For {n|day|days}.'"
            " return { a = text:fill { n = 1 }, b = text:fill { n = 2 },"
            " c = text:fill { n = 0 }, d = text:fill { n = '1' },"
            " e = text:fill {}, f = ('{n|sheep}'):fill { n = 1 } }", NULL,
            "{\"a\":\"For 1 day.\",\"b\":\"For 2 days.\","
            "\"c\":\"For 0 days.\",\"d\":\"For 1 days.\","
            "\"e\":\"For .\",\"f\":\"1 sheep\"}");
    fails_with("('{x}'):fill { x = {} }", NULL, "a table where a string");
    fails_with("('{x}'):fill()", NULL, "table expected");
    fails_with("('{x}{x}'):fill { x = ('y'):rep(40000) }", NULL,
               "at most 65536 bytes");
}

/* A file in which n is this, checked at its third line. */
static void
setting(const char *n, const char *check, const char *why)
{
    char            text[256];
    civic_rules_t  *rules;

    snprintf(text, sizeof(text), "local rules = { n = %s }\n\n%s\n"
             "return rules\n", n, check);

    if (why != NULL) {
        load_fails(text, why);
        return;
    }

    rules = loaded(text);
    civic_rules_free(rules);
}

static void
checks_settings(void **state)
{
    const char  *whole = "civic.whole(rules, 'n', 0, 31622400)";
    const char  *number = "civic.number(rules, 'n', 0, 0.5, 'here: ')";

    (void) state;

    setting("0", whole, NULL);
    setting("31622400", whole, NULL);
    setting("-5", whole, "t.lua:3: n: expected a whole number from 0 to "
            "31622400, found -5");
    setting("31622401", whole, "found 31622401");
    setting("1.5", whole, "found 1.5");
    setting("0 / 0", whole, "found nan");
    setting("'5'", whole, "found \"5\"");
    setting("nil", whole, "found nothing");
    setting("{}", whole, "found table");
    setting("true", whole, "found boolean");
    setting("0.5", number, NULL);
    setting("0.6", number, "t.lua:3: here: n: expected a number from 0 to "
            "0.5, found 0.6");
    setting("{ 7 }", "civic.whole(rules.n, 1, 8, 9, 'n: ')",
            "n: 1: expected a whole number from 8 to 9, found 7");
    setting("1", "civic.whole(rules.n, 1, 8, 9)", "table expected");
    setting("1", "civic.whole(rules, 'n', 8)", "number expected");
}

static void
knows_dates(void **state)
{
    (void) state;

    /* 2026-03-09T08:30:00+08:00, a Monday. */
    answers("local d = civic.date(1773016200000) return { d = d,"
            " back = civic.instant(d.year, d.month, d.day, d.hour, d.minute)"
            " }", NULL, "{\"back\":1773016200000,\"d\":{\"day\":9,"
            "\"hour\":8,\"minute\":30,\"month\":3,\"second\":0,"
            "\"weekday\":1,\"year\":2026}}");
    answers("local d = civic.date(-1) return { d = d.day, h = d.hour,"
            " m = d.minute, s = d.second, w = d.weekday }", NULL,
            "{\"d\":1,\"h\":7,\"m\":59,\"s\":59,\"w\":4}");
    /* Every day of 1600 to 2400, there and back, in steps. */
    answers("local bad = 0 for year = 1600, 2400, 7 do"
            " for month = 1, 12 do local at = civic.instant(year, month, 28)"
            " local d = civic.date(at) if d.year ~= year or d.month ~= month"
            " or d.day ~= 28 or d.hour ~= 0 then bad = bad + 1 end end end"
            " return { bad = bad }", NULL, "{\"bad\":0}");
    answers("return { a = civic.instant(2024, 2, 29), b = pcall("
            "civic.instant, 2023, 2, 29), c = pcall(civic.instant, 1900, 2,"
            " 29), d = pcall(civic.instant, 2000, 2, 29),"
            " e = pcall(civic.instant, 2026, 4, 31) }", NULL,
            "{\"a\":1709136000000,\"b\":false,\"c\":false,\"d\":true,"
            "\"e\":false}");
    fails_with("civic.date(1e18)", NULL, "years 1 to 9999");
    fails_with("civic.date(0 / 0)", NULL, "years 1 to 9999");
    fails_with("civic.date(-1e18)", NULL, "years 1 to 9999");
    fails_with("civic.instant(2026, 13, 1)", NULL, "from 1 to 12");
    fails_with("civic.instant(2026, 1.5, 1)", NULL, "from 1 to 12");
    fails_with("civic.instant(2026, 1, 1, 24)", NULL, "from 0 to 23");
}

static void
tells_no_addresses(void **state)
{
    (void) state;

    answers("return { a = tostring({}), b = tostring(type), c = tostring(nil),"
            " d = tostring(1.5), e = tostring(true), f = tostring('x'),"
            " g = tostring(string), h = tostring(3) }", NULL,
            "{\"a\":\"table\",\"b\":\"function\",\"c\":\"nil\","
            "\"d\":\"1.5\",\"e\":\"true\",\"f\":\"x\",\"g\":\"table\","
            "\"h\":\"3\"}");
}

/* ---- compiling on a small stack ---------------------------------------- */

static void *
load_deep(void *data)
{
    civic_rules_free(load(data));

    return NULL;
}

static void
nested(const char *before, const char *middle, const char *after, int depth)
{
    int             i;
    char           *text = calloc(1, 400000);
    size_t          n = 0;
    pthread_t       thread;
    pthread_attr_t  attr;

    n += (size_t) sprintf(text + n, "local x = ");
    for (i = 0; i < depth; i++) {
        n += (size_t) sprintf(text + n, "%s", before);
    }

    n += (size_t) sprintf(text + n, "%s", middle);
    for (i = 0; i < depth; i++) {
        n += (size_t) sprintf(text + n, "%s", after);
    }

    sprintf(text + n, " return {}");

    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, STACK);
    assert_int_equal(pthread_create(&thread, &attr, load_deep, text), 0);
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attr);
    free(text);
}

static void
survives_deep_texts(void **state)
{
    int  depth;

    (void) state;

    for (depth = 150; depth <= 5000; depth += depth < 210 ? 5 : 1000) {
        nested("(", "1", ")", depth);
        nested("{", "1", "}", depth);
        nested("function() return ", "1", " end", depth);
        nested("-", "1", "", depth);
        nested("not ", "1", "", depth);
        nested("1 .. ", "1", "", depth);
        nested("2 ^ ", "1", "", depth);
        nested("f(", "1", ")", depth);
        nested("function() if 1 then while 1 do local x = ", "1",
               " end end end", depth);
    }
}

int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(has_no_dangerous_names),
        cmocka_unit_test(has_exactly_these_names),
        cmocka_unit_test(text_only),
        cmocka_unit_test(names_what_there_is),
        cmocka_unit_test(writes_nothing_shared),
        cmocka_unit_test(freezes_what_a_file_returns),
        cmocka_unit_test(budgets_stop_loops),
        cmocka_unit_test(budgets_stop_strings),
        cmocka_unit_test(budgets_stop_memory),
        cmocka_unit_test(bounds_arguments),
        cmocka_unit_test(formats),
        cmocka_unit_test(splits),
        cmocka_unit_test(fills),
        cmocka_unit_test(checks_settings),
        cmocka_unit_test(knows_dates),
        cmocka_unit_test(tells_no_addresses),
        cmocka_unit_test(survives_deep_texts)
    };

    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
