/*
 * exam_index_test.c - the search against a slow twin that reads every text,
 * over random corpora and queries; pages; budgets; what Redis might hold.
 */

#define _GNU_SOURCE                     /* memmem() */

#include <time.h>

#include "exam_fixture.h"

#define MOST  600

static const char  *letters[] = {
    "青", "海", "省", "图", "书", "馆", "a", "B", "Ａ", "𠮷", "·", "局", " ",
    "　", "1", "藏"
};

static unsigned  seed = 20260309;


static unsigned
random_below(unsigned n)
{
    seed = seed * 1103515245 + 12345;

    return (seed >> 8) % n;
}


static json_t *
random_text(unsigned most)
{
    char      text[256] = "x";
    unsigned  i, n = random_below(most) + 1;

    for (i = 0; i < n; i++) {
        strcat(text, letters[random_below(sizeof(letters)
                                          / sizeof(letters[0]))]);
    }

    return json_string(text + random_below(2));
}


/* Never blank. */
static json_t *
random_pair(void)
{
    json_t  *text = random_text(12), *pair;

    if (json_string_value(text)[strspn(json_string_value(text), " ")]
        == '\0')
    {
        json_string_set(text, "馆");
    }

    pair = json_pack("{s:o}", "zh", text);

    if (random_below(3) == 0) {
        json_object_set_new(pair, "en", json_string("Library aB"));
    }

    return pair;
}


static json_t *
random_exam(unsigned count)
{
    char      code[24];
    json_t   *tree = example(), *positions = json_array(), *units;
    unsigned  i;

    units = json_array();

    for (i = 0; i < 7; i++) {
        json_array_append_new(units, random_pair());
    }

    for (i = 0; i < count; i++) {
        (void) snprintf(code, sizeof(code), "%c%u", "AbZ"[i % 3], i * 7);
        json_array_append_new(positions, json_pack("{s:s, s:o, s:O, s:i}",
            "code", code, "name", random_pair(), "unit",
            json_array_get(units, random_below(7)), "places", 1));
    }

    json_decref(units);
    json_object_set_new(tree, "positions", positions);
    json_object_del(json_array_get(json_object_get(tree, "subjects"), 2),
                    "positions");

    return tree;
}


/* ---- the slow twin ----------------------------------------------------- */

static int
slow_has(const char *text, const char *word, size_t len)
{
    char    folded[1024];
    size_t  size;

    if (text == NULL) {
        return 0;
    }

    size = civic_exam_fold(text, strlen(text), folded);

    return memmem(folded, size, word, len) != NULL;
}


static int
slow_position(json_t *p, const char *word, size_t len)
{
    json_t  *name = json_object_get(p, "name");
    json_t  *unit = json_object_get(p, "unit");

    return slow_has(json_string_value(json_object_get(name, "zh")), word, len)
        || slow_has(json_string_value(json_object_get(name, "en")), word, len)
        || slow_has(json_string_value(json_object_get(unit, "zh")), word, len)
        || slow_has(json_string_value(json_object_get(unit, "en")), word, len)
        || slow_has(json_string_value(json_object_get(p, "code")), word, len);
}


static int
slow_unit(json_t *p, const char *unit)
{
    char         a[1024], b[1024];
    size_t       n, m;
    const char  *own;

    if (unit[0] == '\0') {
        return 1;
    }

    own = json_string_value(json_object_get(json_object_get(p, "unit"),
                                            "zh"));
    n = civic_exam_fold(own, strlen(own), a);
    m = civic_exam_fold(unit, strlen(unit), b);

    return n == m && memcmp(a, b, n) == 0;
}


static int
slow_is_it(json_t *p, const char *query, const char *unit)
{
    char     words[1024], *word, *rest = words;
    size_t   len = civic_exam_fold(query, strlen(query), words);

    words[len] = '\0';

    while ((word = strsep(&rest, " ")) != NULL) {
        if (word[0] != '\0' && !slow_position(p, word, strlen(word))) {
            return 0;
        }
    }

    return slow_unit(p, unit);
}


static void
same(const civic_exam_index_t *index, const char *query, const char *unit,
    const char *after, size_t budget)
{
    char                 expected[MOST * 8] = "", got[MOST * 8] = "";
    size_t               i, n, len, rounds = 0;
    json_t              *p;
    uint32_t             found[16];
    const char          *text;
    civic_exam_search_t  search;

    for (i = 0; i < civic_exam_index_count(index); i++) {
        text = civic_exam_index_text(index, (uint32_t) i, &len);
        p = json_loadb(text, len, 0, NULL);
        assert_non_null(p);

        if (strcmp(civic_exam_index_code(index, (uint32_t) i), after) > 0
            && slow_is_it(p, query, unit))
        {
            strcat(strcat(expected, " "),
                   civic_exam_index_code(index, (uint32_t) i));
        }

        json_decref(p);
    }

    assert_int_equal(civic_exam_search_begin(&search, index, query,
                                             strlen(query), unit,
                                             strlen(unit), after,
                                             strlen(after)), 0);

    while (!search.done) {
        n = civic_exam_search_next(&search, found, 16, budget);
        assert_true(rounds++ < 100000);
        for (i = 0; i < n; i++) {
            strcat(strcat(got, " "),
                   civic_exam_index_code(index, found[i]));
        }
    }

    if (strcmp(expected, got) != 0) {
        fail_msg("\"%s\" unit \"%s\" after \"%s\":\n expected%s\n got%s",
                 query, unit, after, expected, got);
    }
}


/* ---- tests ------------------------------------------------------------- */

static void
as_the_slow_twin(void **state)
{
    int                  corpus, i;
    size_t               len;
    json_t              *query, *p;
    uint32_t             at;
    const char          *text, *unit, *after;
    civic_exam_index_t  *index;

    (void) state;

    for (corpus = 0; corpus < 12; corpus++) {
        index = indexed(random_exam(1 + random_below(MOST - 1)));

        for (i = 0; i < 60; i++) {
            query = random_text(4);
            at = random_below((unsigned) civic_exam_index_count(index));
            text = civic_exam_index_text(index, at, &len);
            p = json_loadb(text, len, 0, NULL);
            unit = random_below(3) != 0 ? ""
                 : json_string_value(json_object_get(
                       json_object_get(p, "unit"), "zh"));
            after = random_below(2) ? ""
                    : civic_exam_index_code(index, at);
            same(index, random_below(5) == 0 ? "" : json_string_value(query),
                 unit, after, 1 + random_below(300));
            json_decref(query);
            json_decref(p);
        }

        civic_exam_index_free(index);
    }
}


static void
words_and_pages(void **state)
{
    uint32_t             found[8];
    civic_exam_index_t  *index = indexed(example());
    civic_exam_search_t  s;

    (void) state;

    same(index, "藏医", "", "", 100);
    same(index, "医院 文秘", "", "", 100);
    same(index, "ＬＩＢＲＡＲＹ", "", "", 100);
    same(index, "library office", "", "", 100);
    same(index, "6301", "", "", 100);
    same(index, "没有这个", "", "", 100);
    same(index, "", "省图书馆", "6301001", 100);
    same(index, "", "省图书", "", 100);
    same(index, "技术岗", "", "6305", 3);

    assert_int_equal(civic_exam_search_begin(&s, index, "专业技术", 12, "", 0,
                                             "", 0), 0);
    assert_int_equal(civic_exam_search_next(&s, found, 2, 100), 2);
    assert_string_equal(civic_exam_index_code(index, found[0]), "6301002");
    assert_string_equal(civic_exam_index_code(index, found[1]), "6302002");
    assert_false(s.done);

    assert_int_equal(civic_exam_index_find(index, "6301002", 7), 1);
    assert_int_equal(civic_exam_index_find(index, "6301", 4), -1);
    assert_int_equal(civic_exam_index_find(index, "63010021", 8), -1);
    assert_int_equal(civic_exam_index_find(index, "6301\0", 5), -1);
    assert_int_equal(civic_exam_index_find(index, "", 0), -1);
    civic_exam_index_free(index);
}


static void
facts_have_numbers(void **state)
{
    json_t              *facts, *windows, *subject;
    civic_exam_index_t  *index = indexed(example());

    (void) state;

    facts = civic_exam_index_exam(index)->facts;
    windows = json_object_get(facts, "windows");
    subject = json_array_get(json_object_get(facts, "subjects"), 0);
    assert_int_equal(json_integer_value(json_object_get(facts, "revision")),
                     7);
    assert_int_equal(json_integer_value(json_object_get(
        json_object_get(windows, "registration"), "from_ms")),
        1767229200000);
    assert_true(json_integer_value(json_object_get(subject, "until_ms"))
                > 2500000000000);
    civic_exam_index_free(index);
}


static void
odd_queries(void **state)
{
    char                 longer[400];
    civic_exam_index_t  *index = indexed(example());
    civic_exam_search_t  s;

    (void) state;

#define BEGINS(q, n, u, m, a, k)                                              \
    civic_exam_search_begin(&s, index, q, n, u, m, a, k)

    assert_int_equal(BEGINS("\xff", 1, "", 0, "", 0), -1);
    assert_int_equal(BEGINS("a b c d e f g h i", 17, "", 0, "", 0), -1);
    assert_int_equal(BEGINS("a b c d e f g h", 15, "", 0, "", 0), 0);
    memset(longer, 'a', sizeof(longer));
    assert_int_equal(BEGINS(longer, 65, "", 0, "", 0), -1);
    assert_int_equal(BEGINS(longer, 64, "", 0, "", 0), 0);
    assert_int_equal(BEGINS("", 0, "", 0, longer, 30), -1);
    assert_int_equal(BEGINS("a\nb", 3, "", 0, "", 0), 0);
    assert_int_equal(BEGINS(" \t　", 5, "", 0, "zzz", 3), 0);
    same(index, "馆\n综", "", "", 10);
    civic_exam_index_free(index);
}


/* Redis is not to be trusted: positions out of order, twice, of another
   form; facts that were changed. */
static void
odd_sources(void **state)
{
    json_t                     *facts;
    civic_exam_t                exam;
    civic_exam_bytes_t          twice[2];
    civic_exam_source_t         source;
    static civic_exam_kept_t    kept;
    static civic_exam_faults_t  faults;

    (void) state;

    assert_int_equal(civic_exam_take(example(), &exam, &faults), 0);
    assert_int_equal(civic_exam_pack(&exam, &kept, &faults), 0);
    civic_exam_done(&exam);

    twice[0] = twice[1] = kept.chunk[0];
    source = (civic_exam_source_t) { kept.facts.bytes, kept.facts.len, twice,
                                     2 };
    assert_null(civic_exam_index_make(&source, 1, &faults));
    assert_string_equal(faults.list[0].code, "duplicate");

    twice[1] = (civic_exam_bytes_t) { "nothing", 7 };
    assert_null(civic_exam_index_make(&source, 1, &faults));
    assert_string_equal(faults.list[0].code, "not_json");

    source.nchunks = 1;
    source.facts_len--;
    assert_null(civic_exam_index_make(&source, 1, &faults));
    assert_string_equal(faults.list[0].code, "not_json");

    facts = json_loadb(kept.facts.bytes, kept.facts.len, 0, NULL);
    json_array_clear(json_object_get(facts, "form"));
    json_array_append_new(json_object_get(facts, "form"),
        json_pack("{s:s, s:s, s:{s:s}}", "name", "a", "type", "text", "label",
                  "zh", "a"));
    source.facts = json_dumps(facts, 0);
    source.facts_len = strlen(source.facts);
    json_decref(facts);
    assert_null(civic_exam_index_make(&source, 1, &faults));
    assert_string_equal(faults.list[0].code, "unknown_field");

    free((void *) (uintptr_t) source.facts);
    civic_exam_kept_done(&kept);
}


/* ---- 20,000 positions -------------------------------------------------- */

static double
seconds(void)
{
    struct timespec  now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);

    return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}


static json_t *
large_exam(unsigned count)
{
    char       code[24], unit[160], name[160];
    json_t    *tree = random_exam(1), *positions;
    unsigned   i;

    positions = json_object_get(tree, "positions");
    json_array_clear(positions);

    for (i = 0; i < count; i++) {
        (void) snprintf(code, sizeof(code), "%08u", i * 13);
        (void) snprintf(unit, sizeof(unit), "青海省%s州%c%u县人民政府办公室",
                        letters[i % 6], 'a' + (int) (i % 26), i / 40);
        (void) snprintf(name, sizeof(name), "%s级主任科员及以下（第%u岗）",
                        i % 2 ? "一" : "四", i);
        json_array_append_new(positions, json_pack(
            "{s:s, s:{s:s}, s:{s:s}, s:i, s:[{s:{s:s}, s:s, s:[s, s]}]}",
            "code", code, "name", "zh", name, "unit", "zh", unit, "places",
            2, "conditions", "text", "zh", "本科及以上学历", "field",
            "education", "in", "bachelor", "master"));
    }

    return tree;
}


/* Each step of a search within its budget, whatever is asked. */
static void
large(void **state)
{
    size_t               i, round;
    double               began, took, worst = 0, made;
    uint32_t             found[21];
    const char          *queries[] = { "人民政府", "青海省 岗）", "主任 办公室",
                                       "第19999岗", "青", "海省青", "政府 员及",
                                       "岗第", "z499县" };
    civic_exam_index_t  *index;
    civic_exam_search_t  s;

    (void) state;

    made = seconds();
    index = indexed(large_exam(20000));
    made = seconds() - made;

    for (i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
        for (round = 0; round < 3; round++) {
            assert_int_equal(civic_exam_search_begin(&s, index, queries[i],
                                                     strlen(queries[i]), "",
                                                     0, "", 0), 0);
            do {
                began = seconds();
                (void) civic_exam_search_next(&s, found, 21, 2000);
                took = seconds() - began;
                worst = took > worst ? took : worst;
            } while (!s.done);
        }
    }

    print_message("20,000 positions: %.0f ms from tree to index, %zu KB; "
                  "slowest step of a search %.0f us\n", made * 1e3,
                  civic_exam_index_bytes(index) / 1024, worst * 1e6);
    assert_true(worst < 0.02);          /* sanitizers, and a busy machine */
    civic_exam_index_free(index);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(as_the_slow_twin),
        cmocka_unit_test(words_and_pages),
        cmocka_unit_test(facts_have_numbers),
        cmocka_unit_test(odd_queries),
        cmocka_unit_test(odd_sources),
        cmocka_unit_test(large),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
