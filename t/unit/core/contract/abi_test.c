/*
 * abi_test.c - stamps are read from files, good, foreign and broken.
 *
 * Broken files are made from the fixture "good" byte by byte: a reader of
 * untrusted files must answer, whatever stands in them.
 */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi.h"

#define MAX_FILE  (4 * 1024 * 1024)

static char            dir[] = "/tmp/civic-abi-XXXXXX";
static char            scratch[64];
static unsigned char  *good;
static size_t          good_len;


static const char *
fixture(const char *name)
{
    static char  path[512];
    const char  *build = getenv("CIVIC_BUILD");

    (void) snprintf(path, sizeof(path), "%s/t/plugin/fixtures/%s.so",
                    build == NULL ? "build" : build, name);

    return path;
}


static void
write_scratch(const void *bytes, size_t len)
{
    FILE  *file = fopen(scratch, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}


static int
read_scratch(civic_failure_t *failure)
{
    civic_abi_t  abi;

    memset(failure, 0, sizeof(*failure));

    return civic_abi_read(scratch, &abi, failure);
}


static void
refused(const char *text)
{
    civic_failure_t  failure;

    assert_int_equal(read_scratch(&failure), -1);

    if (strstr(failure.text, text) == NULL) {
        fail_msg("\"%s\" lacks \"%s\"", failure.text, text);
    }

    assert_non_null(strstr(failure.text, scratch));
}


static int
set_up(void **state)
{
    FILE  *file;

    (void) state;

    if (mkdtemp(dir) == NULL) {
        return -1;
    }

    (void) snprintf(scratch, sizeof(scratch), "%s/scratch.so", dir);
    file = fopen(fixture("good"), "r");
    good = malloc(MAX_FILE);

    if (file == NULL || good == NULL) {
        return -1;
    }

    good_len = fread(good, 1, MAX_FILE, file);
    (void) fclose(file);

    return good_len > sizeof(ElfW(Ehdr)) ? 0 : -1;
}


static int
tear_down(void **state)
{
    (void) state;
    free(good);
    (void) unlink(scratch);

    return rmdir(dir);
}


static void
test_good(void **state)
{
    civic_abi_t      abi;
    civic_failure_t  failure;

    (void) state;

    assert_int_equal(civic_abi_read(fixture("good"), &abi, &failure), 0);
    assert_int_equal(abi.major, CIVIC_ABI_MAJOR);
    assert_int_equal(abi.minor, CIVIC_ABI_MINOR);
    assert_int_equal(abi.pointer_size, sizeof(void *));
    assert_int_equal(abi.jansson_major, JANSSON_MAJOR_VERSION);
    assert_int_equal(civic_abi_check(&abi, &failure), 0);
}


static void
test_check_names_found_and_expected(void **state)
{
    civic_abi_t      abi = { CIVIC_ABI_MAJOR, CIVIC_ABI_MINOR, sizeof(void *),
                             JANSSON_MAJOR_VERSION };
    civic_abi_t      other;
    civic_failure_t  failure;

    (void) state;

    other = abi;
    other.major = 7;
    assert_int_equal(civic_abi_check(&other, &failure), -1);
    assert_non_null(strstr(failure.text, "found 7.0, expected 1.0 to 1.0"));

    other = abi;
    other.minor = CIVIC_ABI_MINOR + 1;
    assert_int_equal(civic_abi_check(&other, &failure), -1);
    assert_non_null(strstr(failure.text, "found 1.1, expected 1.0 to 1.0"));

    other = abi;
    other.pointer_size = 2;
    assert_int_equal(civic_abi_check(&other, &failure), -1);
    assert_non_null(strstr(failure.text, "found 2, expected 8"));

    other = abi;
    other.jansson_major++;
    assert_int_equal(civic_abi_check(&other, &failure), -1);
    assert_non_null(strstr(failure.text, "jansson: found major 3"));
}


static void
test_no_such_file(void **state)
{
    (void) state;
    (void) unlink(scratch);
    refused("No such file");
}


static void
test_no_regular_file(void **state)
{
    civic_abi_t      abi;
    civic_failure_t  failure;

    (void) state;

    assert_int_equal(civic_abi_read(dir, &abi, &failure), -1);
    assert_non_null(strstr(failure.text, "not a regular file"));

    (void) unlink(scratch);
    assert_int_equal(mkfifo(scratch, 0600), 0);
    refused("not a regular file");
    (void) unlink(scratch);
}


static void
test_not_an_elf(void **state)
{
    (void) state;

    write_scratch("", 0);
    refused("is not an ELF file: found 0 bytes");
    write_scratch("\177EL", 3);
    refused("is not an ELF file");
    write_scratch("#!/bin/sh\nexit 0\n", 17);
    refused("expected \"7f454c46\"");
}


static void
test_another_kind_of_elf(void **state)
{
    ElfW(Ehdr)  header;

    (void) state;

    good[EI_CLASS] = ELFCLASS32;
    write_scratch(good, good_len);
    refused("wrong ELF class: found 1, expected 2");
    good[EI_CLASS] = ELFCLASS64;

    memcpy(&header, good, sizeof(header));
    header.e_machine = EM_S390;
    write_scratch(&header, sizeof(header));
    refused("another machine: found ELF machine 22");

    memcpy(&header, good, sizeof(header));
    header.e_type = ET_EXEC;
    write_scratch(&header, sizeof(header));
    refused("not a shared object: found ELF type 2, expected 3");

    memcpy(&header, good, sizeof(header));
    header.e_phentsize = 7;
    write_scratch(&header, sizeof(header));
    refused("program headers of 7 bytes");
}


/* However many bytes are missing, it is told: also a single one. */
static void
test_truncated_anywhere(void **state)
{
    size_t           len;
    civic_failure_t  failure;

    (void) state;

    write_scratch(good, good_len);
    assert_int_equal(read_scratch(&failure), 0);

    for (len = SELFMAG; len < good_len; len += 97) {
        write_scratch(good, len);
        refused("is truncated: found");
    }

    write_scratch(good, good_len - 1);
    refused("is truncated: found");
}


static void
test_no_stamp(void **state)
{
    civic_abi_t      abi;
    civic_failure_t  failure;

    (void) state;

    assert_int_equal(civic_abi_read(fixture("no_stamp"), &abi, &failure), -1);
    assert_non_null(strstr(failure.text, "no_stamp.so: has no stamp"));

    /* This program: an ELF that was never made to be loaded. */
    assert_int_equal(civic_abi_read("/proc/self/exe", &abi,
                                    &failure), -1);
    assert_non_null(strstr(failure.text, "has no stamp"));
}


static void
test_offsets_that_overflow(void **state)
{
    size_t      i;
    ElfW(Ehdr)  header;
    ElfW(Phdr)  segment;

    (void) state;

    memcpy(&header, good, sizeof(header));
    header.e_phoff = UINT64_MAX - 3;
    write_scratch(&header, sizeof(header));
    refused("is truncated");

    memcpy(&header, good, sizeof(header));
    header.e_phnum = 1;
    header.e_phoff = sizeof(header);
    header.e_shoff = 0;
    memset(&segment, 0, sizeof(segment));
    segment.p_type = PT_NOTE;
    segment.p_offset = UINT64_MAX - 8;
    segment.p_filesz = 64;

    for (i = 0; i < 2; i++) {
        FILE  *file = fopen(scratch, "w");

        assert_non_null(file);
        assert_int_equal(fwrite(&header, sizeof(header), 1, file), 1);
        assert_int_equal(fwrite(&segment, sizeof(segment), 1, file), 1);
        assert_int_equal(fclose(file), 0);
        refused("is truncated");
        segment.p_offset = sizeof(header) + sizeof(segment) - 4;
    }
}


/* Notes whose sizes lie: every value of the note's own words is tried. */
static void
test_notes_that_lie(void **state)
{
    size_t           at, word;
    uint32_t         saved, value;
    civic_failure_t  failure;
    static const uint32_t  lies[] = {
        0, 1, 3, 5, 7, 8, 15, 17, 20, 4096, 0x7fffffff, 0xfffffff0, 0xffffffff
    };

    (void) state;

    for (at = 0; at + 36 < good_len; at += 4) {
        if (memcmp(good + at + 12, "Civic\0\0", 8) == 0
            && good[at] == 6 && good[at + 4] == 16)
        {
            break;
        }
    }

    assert_true(at + 36 < good_len);

    for (word = 0; word < 3; word++) {
        memcpy(&saved, good + at + 4 * word, 4);

        for (value = 0; value < sizeof(lies) / sizeof(lies[0]); value++) {
            memcpy(good + at + 4 * word, &lies[value], 4);
            write_scratch(good, good_len);

            if (word == 2 && lies[value] == CIVIC_NOTE_TYPE) {
                assert_int_equal(read_scratch(&failure), 0);
            } else {
                refused("has no stamp");
            }
        }

        memcpy(good + at + 4 * word, &saved, 4);
    }
}


/* Every byte of the headers turned over: an answer, and no crash. */
static void
test_any_header_byte(void **state)
{
    size_t           i, end;
    ElfW(Ehdr)       header;
    civic_failure_t  failure;

    (void) state;

    memcpy(&header, good, sizeof(header));
    end = header.e_phoff + (size_t) header.e_phnum * header.e_phentsize;

    for (i = 0; i < end; i++) {
        good[i] ^= 0xff;
        write_scratch(good, good_len);

        if (read_scratch(&failure) != 0) {
            assert_non_null(strstr(failure.text, scratch));
        }

        good[i] ^= 0xff;
    }
}


static void
test_long_path_keeps_the_reason(void **state)
{
    char             path[1024];
    civic_abi_t      abi;
    civic_failure_t  failure;

    (void) state;

    memset(path, 'x', sizeof(path) - 1);
    path[0] = '/';
    path[200] = '/';
    memcpy(path + 400, "/the-name.so", 13);

    assert_int_equal(civic_abi_read(path, &abi, &failure), -1);
    assert_non_null(strstr(failure.text, "/the-name.so: cannot be opened"));
    assert_int_equal(strncmp(failure.text, "...", 3), 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_check_names_found_and_expected),
        cmocka_unit_test(test_no_such_file),
        cmocka_unit_test(test_no_regular_file),
        cmocka_unit_test(test_not_an_elf),
        cmocka_unit_test(test_another_kind_of_elf),
        cmocka_unit_test(test_truncated_anywhere),
        cmocka_unit_test(test_no_stamp),
        cmocka_unit_test(test_offsets_that_overflow),
        cmocka_unit_test(test_notes_that_lie),
        cmocka_unit_test(test_any_header_byte),
        cmocka_unit_test(test_long_path_keeps_the_reason),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
