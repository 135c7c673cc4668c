/*
 * run.c - runs a target of this folder without libFuzzer: over its corpus,
 * then over inputs that are made from the corpus by mutation.
 *
 *     build/asan/t/fuzz/<target> [<mutations> [<seed>]]
 *
 * One seed makes the same inputs everywhere, so that what fails fails again;
 * the unit tier runs without arguments.  CIVIC_FUZZ_SECONDS in the environment
 * goes on for so long instead: the tier "fuzz" has 60.  The input that is being tried when
 * the target ends the program, or takes too long, is told in hexadecimal: as
 * a file in the corpus it is tried first from then on.
 *
 * One thread; inputs are freed once they were tried, the corpus at the end.
 */

#include <dirent.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FILES      256
#define MOST       65536                /* bytes of an input */
#define MUTATIONS  20000
#define BATCH      16
#define SEED       1
#define PATIENCE   30                   /* s: inputs take milliseconds */
#define GOLDEN     UINT64_C(0x9e3779b97f4a7c15)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#if defined(__SANITIZE_ADDRESS__)
void __sanitizer_set_death_callback(void (*callback)(void));
#endif

typedef struct {
    uint8_t  *data;
    size_t    size;
} input_t;

static input_t   files[FILES];
static size_t    count;
static uint64_t  state;
static input_t   tried;


/* splitmix64 (Steele, Lea and Flood, 2014) */
static uint64_t
draw(uint64_t below)
{
    uint64_t  z = state += GOLDEN;

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);

    return (z ^ (z >> 31)) % below;
}


/* ---- the input that fails ---------------------------------------------- */

static void
tell(void)
{
    size_t  i;

    if (tried.data == NULL) {
        return;
    }

    fprintf(stderr, "\nthe input, %zu bytes:\n", tried.size);

    for (i = 0; i < tried.size; i++) {
        fprintf(stderr, "%02x", tried.data[i]);
    }

    fprintf(stderr, "\nas a file: perl -e 'print pack \"H*\", shift' <hex> "
            "> t/fuzz/corpus/<target>/<name>\n");
}


/* The program ends here whatever state its buffers are in. */
static void
ended(int number)
{
    if (number == SIGALRM) {
        fprintf(stderr, "no end after %d s\n", PATIENCE);
    }

    tell();
    signal(number, SIG_DFL);
    raise(number);
}


static void
watch(void)
{
    signal(SIGABRT, ended);
    signal(SIGALRM, ended);
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_set_death_callback(tell);
#endif
}


/* A block of its own size: what is read behind it is found. */
static void
try(const uint8_t *data, size_t size)
{
    tried.size = size;
    tried.data = malloc(size == 0 ? 1 : size);

    if (tried.data == NULL) {
        exit(2);
    }

    memcpy(tried.data, data, size);
    alarm(PATIENCE);
    (void) LLVMFuzzerTestOneInput(tried.data, size);
    alarm(0);
    free(tried.data);
    tried = (input_t) { NULL, 0 };
}


/* ---- the corpus -------------------------------------------------------- */

static void
read_file(const char *folder, const char *name)
{
    char      path[1024];
    FILE     *file;
    input_t  *input = &files[count++];

    (void) snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "r");
    input->data = malloc(MOST);

    if (file == NULL || input->data == NULL) {
        perror(path);
        exit(2);
    }

    input->size = fread(input->data, 1, MOST, file);
    fclose(file);
}


/* In the order of their names: a folder's own is another everywhere. */
static void
read_corpus(const char *target)
{
    int              i, n;
    char             folder[512];
    struct dirent  **entries;

    (void) snprintf(folder, sizeof(folder), "t/fuzz/corpus/%s", target);
    n = scandir(folder, &entries, NULL, alphasort);

    for (i = 0; i < n; i++) {
        if (entries[i]->d_name[0] != '.' && count < FILES) {
            read_file(folder, entries[i]->d_name);
        }

        free(entries[i]);
    }

    if (n >= 0) {
        free(entries);
    }

    if (count == 0) {
        fprintf(stderr, "there is no corpus in \"%s\"\n", folder);
        exit(2);
    }
}


static void
free_corpus(void)
{
    while (count > 0) {
        free(files[--count].data);
    }
}


/* ---- mutations --------------------------------------------------------- */

/* Bytes that mean something to some parser. */
static uint8_t
telling(void)
{
    static const char  bytes[] = "\0\xff\x7f\x80\r\n \t\"\\{}[],:;=&%+-.0159a";

    return (uint8_t) bytes[draw(sizeof(bytes) - 1)];
}


static size_t
insert(uint8_t *data, size_t size, size_t at)
{
    if (size == MOST) {
        return size;
    }

    memmove(data + at + 1, data + at, size - at);
    data[at] = telling();

    return size + 1;
}


static size_t
cut_out(uint8_t *data, size_t size, size_t at)
{
    size_t  left = size - at, n = 1 + draw(left < 16 ? left : 16);

    memmove(data + at, data + at + n, left - n);

    return size - n;
}


/* Some of it again and again, up to 128 times: names that come twice, levels
   that go deep, lines that are longer than any limit. */
static size_t
repeat(uint8_t *data, size_t size, size_t at)
{
    size_t  i, n = 1 + draw(size - at < 64 ? size - at : 64), more;

    more = n << draw(8);

    if (more > MOST - size) {
        return size;
    }

    memmove(data + at + more, data + at, size - at);

    for (i = 0; i < more; i++) {
        data[at + i] = data[at + more + i % n];
    }

    return size + more;
}


/* Goes on as another file does. */
static size_t
splice(uint8_t *data, size_t at)
{
    size_t          from, n;
    const input_t  *other = &files[draw(count)];

    from = other->size == 0 ? 0 : draw(other->size);
    n = other->size - from;
    n = n < MOST - at ? n : MOST - at;
    memcpy(data + at, other->data + from, n);

    return at + n;
}


static size_t
mutate(uint8_t *data, size_t size)
{
    size_t  at;

    if (size == 0) {
        return insert(data, size, 0);
    }

    at = draw(size);

    switch (draw(8)) {

    case 0:
        return insert(data, size, at);

    case 1:
        return cut_out(data, size, at);

    case 2:
        return repeat(data, size, at);

    case 3:
        return splice(data, at);

    case 4:
        return at;

    case 5:
        data[at] = telling();
        return size;

    case 6:
        data[at] = (uint8_t) draw(256);
        return size;

    default:
        data[at] ^= (uint8_t) (1 << draw(8));
        return size;
    }
}


static void
try_one_mutation(void)
{
    size_t          size;
    uint64_t        times;
    const input_t  *first = &files[draw(count)];
    static uint8_t  data[MOST];

    size = first->size;
    memcpy(data, first->data, size);

    for (times = 1 + draw(4); times > 0; times--) {
        size = mutate(data, size);
    }

    try(data, size);
}


/* The same inputs in the same order, however many there is time for. */
static long
mutate_until(time_t end)
{
    int   i;
    long  done = 0;

    while (time(NULL) < end) {
        for (i = 0; i < BATCH; i++) {
            try_one_mutation();
        }

        done += BATCH;
    }

    return done;
}


int
main(int argc, char **argv)
{
    long         i, mutations = argc > 1 ? atol(argv[1]) : MUTATIONS;
    time_t       began = time(NULL);
    size_t       j;
    const char  *name = strrchr(argv[0], '/');
    const char  *seconds = argc > 1 ? NULL : getenv("CIVIC_FUZZ_SECONDS");

    if (argc > 3 || mutations <= 0) {
        fprintf(stderr, "usage: %s [mutations [seed]]\n", argv[0]);
        return 2;
    }

    state = argc > 2 ? strtoull(argv[2], NULL, 10) : SEED;
    watch();
    read_corpus(name == NULL ? argv[0] : name + 1);

    for (j = 0; j < count; j++) {
        try(files[j].data, files[j].size);
    }

    printf("[       OK ] %zu files\n", count);

    for (i = 0; i < mutations && seconds == NULL; i++) {
        try_one_mutation();
    }

    if (seconds != NULL) {
        mutations = mutate_until(began + atol(seconds));
    }

    printf("[       OK ] %ld mutations\n", mutations);
    free_corpus();

    return 0;
}
