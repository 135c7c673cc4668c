/*
 * abi.c - reads a plugin's stamp from its file.
 *
 * dlopen runs constructors, so whatever must be refused must be known
 * before: an ELF note (CIVIC_STAMP in civic/plugin.h) names the version of
 * the contract.  The file is untrusted: every offset is held against its
 * size, and it is read with pread, not mapped, so that a file which shrinks
 * meanwhile is an error and no SIGBUS.  Only files of the host's own class,
 * byte order and machine are read further than their first page.
 *
 * Runs in the master, in nginx -t and in civicctl; keeps nothing.
 */

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi.h"

/* A linker makes about ten; a note is 36 bytes, a segment of them few. */
#define CIVIC_ABI_MAX_SEGMENTS  256
#define CIVIC_ABI_MAX_NOTES     65536

#define CIVIC_ABI_PATH_SHOWN    120

#define CIVIC_ABI_DESC          (4 * sizeof(uint32_t))

#if __ELF_NATIVE_CLASS == 64
#define CIVIC_ABI_CLASS         ELFCLASS64
#else
#define CIVIC_ABI_CLASS         ELFCLASS32
#endif

typedef struct {
    int               fd;
    uint64_t          size;
    const char       *path;
    civic_failure_t  *failure;
} civic_abi_file_t;

/* The header of the object that this code is linked into: the linker's. */
extern const ElfW(Ehdr)  __ehdr_start __attribute__((visibility("hidden")));


int
civic_failure_set(civic_failure_t *failure, const char *path, const char *fmt,
    ...)
{
    size_t   len = strlen(path), used;
    va_list  args;

    if (len > CIVIC_ABI_PATH_SHOWN) {
        path += len - CIVIC_ABI_PATH_SHOWN;
        used = (size_t) snprintf(failure->text, sizeof(failure->text),
                                 "...%s: ", path);
    } else {
        used = (size_t) snprintf(failure->text, sizeof(failure->text),
                                 "%s: ", path);
    }

    va_start(args, fmt);
    (void) vsnprintf(failure->text + used, sizeof(failure->text) - used, fmt,
                     args);
    va_end(args);

    return -1;
}


/* Exactly len bytes at offset: 0, or -1 with failure. */
static int
civic_abi_pread(const civic_abi_file_t *file, void *buf, size_t len,
    uint64_t offset)
{
    char     *p = buf;
    ssize_t   n;

    if (offset > file->size || len > file->size - offset) {
        return civic_failure_set(file->failure, file->path,
                    "is truncated: found %llu bytes, expected at least %llu",
                    (unsigned long long) file->size,
                    (unsigned long long) (offset + len));
    }

    while (len > 0) {
        n = pread(file->fd, p, len, (off_t) offset);

        if (n < 0 && errno == EINTR) {
            continue;
        }

        if (n <= 0) {
            return civic_failure_set(file->failure, file->path,
                                     "cannot be read: %s",
                                     n < 0 ? strerror(errno)
                                           : "it became shorter");
        }

        p += n;
        len -= (size_t) n;
        offset += (uint64_t) n;
    }

    return 0;
}


static int
civic_abi_same_kind(const civic_abi_file_t *file, const ElfW(Ehdr) *header)
{
    const ElfW(Ehdr)  *host = &__ehdr_start;

    if (header->e_ident[EI_CLASS] != CIVIC_ABI_CLASS) {
        return civic_failure_set(file->failure, file->path,
                    "wrong ELF class: found %d, expected %d (1 is 32 bits, "
                    "2 is 64 bits)", header->e_ident[EI_CLASS],
                    CIVIC_ABI_CLASS);
    }

    if (header->e_ident[EI_DATA] != host->e_ident[EI_DATA]
        || header->e_machine != host->e_machine)
    {
        return civic_failure_set(file->failure, file->path,
                    "built for another machine: found ELF machine %d, "
                    "expected %d", header->e_machine, host->e_machine);
    }

    if (header->e_type != ET_DYN) {
        return civic_failure_set(file->failure, file->path,
                    "is not a shared object: found ELF type %d, expected %d "
                    "(link with -shared)", header->e_type, ET_DYN);
    }

    return 0;
}


static int
civic_abi_header(const civic_abi_file_t *file, ElfW(Ehdr) *header)
{
    unsigned char  magic[SELFMAG] = { 0 };

    if (file->size < SELFMAG
        || civic_abi_pread(file, magic, sizeof(magic), 0) != 0
        || memcmp(magic, ELFMAG, SELFMAG) != 0)
    {
        return civic_failure_set(file->failure, file->path,
                    "is not an ELF file: found %llu bytes that begin with "
                    "\"%02x%02x%02x%02x\", expected \"7f454c46\"",
                    (unsigned long long) file->size, magic[0], magic[1],
                    magic[2], magic[3]);
    }

    if (civic_abi_pread(file, header, sizeof(*header), 0) != 0) {
        return -1;
    }

    if (civic_abi_same_kind(file, header) != 0) {
        return -1;
    }

    if (header->e_phentsize != sizeof(ElfW(Phdr))
        || header->e_phnum == 0 || header->e_phnum > CIVIC_ABI_MAX_SEGMENTS)
    {
        return civic_failure_set(file->failure, file->path,
                    "is a broken ELF file: %d program headers of %d bytes",
                    header->e_phnum, header->e_phentsize);
    }

    return 0;
}


/*
 * Whatever the loader will map must be in the file: a missing tail would be
 * a SIGBUS later.  Linkers put the section headers last, so they tell a file
 * that lost a few bytes only.
 */
static int
civic_abi_complete(const civic_abi_file_t *file, const ElfW(Ehdr) *header,
    const ElfW(Phdr) *segments)
{
    unsigned  i;
    uint64_t  end, expected = 0;

    if (header->e_shoff != 0) {
        end = (uint64_t) header->e_shnum * header->e_shentsize;
        expected = header->e_shoff + end;

        if (expected < end) {
            expected = UINT64_MAX;
        }
    }

    for (i = 0; i < header->e_phnum; i++) {
        end = (uint64_t) segments[i].p_offset + segments[i].p_filesz;

        if (end < segments[i].p_offset) {
            end = UINT64_MAX;
        }

        if (end > expected) {
            expected = end;
        }
    }

    if (expected > file->size) {
        return civic_failure_set(file->failure, file->path,
                    "is truncated: found %llu bytes, expected at least %llu",
                    (unsigned long long) file->size,
                    (unsigned long long) expected);
    }

    return 0;
}


static size_t
civic_abi_align(size_t n, size_t alignment)
{
    return (n + alignment - 1) & ~(alignment - 1);
}


/* 1 if the notes hold our stamp. */
static int
civic_abi_find_stamp(const unsigned char *notes, size_t len, size_t alignment,
    civic_abi_t *abi)
{
    size_t      name_size, desc_size, at;
    uint32_t    desc[4];
    ElfW(Nhdr)  note;

    while (len >= sizeof(note)) {
        memcpy(&note, notes, sizeof(note));

        if (note.n_namesz > len || note.n_descsz > len) {
            return 0;
        }

        name_size = note.n_namesz;
        desc_size = note.n_descsz;
        at = civic_abi_align(sizeof(note) + name_size, alignment);

        if (at > len || desc_size > len - at) {
            return 0;
        }

        if (note.n_type == CIVIC_NOTE_TYPE
            && name_size == sizeof(CIVIC_NOTE_NAME)
            && memcmp(notes + sizeof(note), CIVIC_NOTE_NAME, name_size) == 0
            && desc_size >= CIVIC_ABI_DESC)
        {
            memcpy(desc, notes + at, sizeof(desc));
            abi->major = desc[0];
            abi->minor = desc[1];
            abi->pointer_size = desc[2];
            abi->jansson_major = desc[3];
            return 1;
        }

        at = civic_abi_align(at + desc_size, alignment);

        if (at > len) {
            return 0;
        }

        notes += at;
        len -= at;
    }

    return 0;
}


/* 1 found, 0 not in this segment, -1 with failure. */
static int
civic_abi_read_notes(const civic_abi_file_t *file, const ElfW(Phdr) *segment,
    civic_abi_t *abi)
{
    int             rc;
    size_t          len = (size_t) segment->p_filesz;
    unsigned char  *notes;

    if (len == 0 || segment->p_filesz > CIVIC_ABI_MAX_NOTES) {
        return 0;
    }

    notes = malloc(len);

    if (notes == NULL) {
        return civic_failure_set(file->failure, file->path, "no memory");
    }

    rc = civic_abi_pread(file, notes, len, segment->p_offset);

    if (rc == 0) {
        rc = civic_abi_find_stamp(notes, len, segment->p_align == 8 ? 8 : 4,
                                  abi);
    }

    free(notes);

    return rc;
}


static int
civic_abi_search(const civic_abi_file_t *file, civic_abi_t *abi)
{
    int          rc = 0;
    size_t       size;
    unsigned     i;
    ElfW(Ehdr)   header;
    ElfW(Phdr)  *segments;

    if (civic_abi_header(file, &header) != 0) {
        return -1;
    }

    size = header.e_phnum * sizeof(ElfW(Phdr));
    segments = malloc(size);

    if (segments == NULL) {
        return civic_failure_set(file->failure, file->path, "no memory");
    }

    if (civic_abi_pread(file, segments, size, header.e_phoff) != 0
        || civic_abi_complete(file, &header, segments) != 0)
    {
        free(segments);
        return -1;
    }

    for (i = 0; i < header.e_phnum && rc == 0; i++) {
        if (segments[i].p_type == PT_NOTE) {
            rc = civic_abi_read_notes(file, &segments[i], abi);
        }
    }

    free(segments);

    if (rc == 0) {
        return civic_failure_set(file->failure, file->path,
                    "has no stamp of Civic: found no note \"%s\" of type %d, "
                    "expected one (it comes with CIVIC_PLUGIN)",
                    CIVIC_NOTE_NAME, CIVIC_NOTE_TYPE);
    }

    return rc < 0 ? -1 : 0;
}


int
civic_abi_read_fd(int fd, const char *path, civic_abi_t *abi,
    civic_failure_t *failure)
{
    struct stat       st;
    civic_abi_file_t  file;

    if (fstat(fd, &st) != 0) {
        return civic_failure_set(failure, path, "cannot be read: %s",
                                 strerror(errno));
    }

    if (!S_ISREG(st.st_mode)) {
        return civic_failure_set(failure, path, "is not a regular file");
    }

    file.fd = fd;
    file.size = (uint64_t) st.st_size;
    file.path = path;
    file.failure = failure;

    return civic_abi_search(&file, abi);
}


int
civic_abi_read(const char *path, civic_abi_t *abi, civic_failure_t *failure)
{
    int  fd, rc;

    /* O_NONBLOCK: a FIFO must not hold nginx -t for ever. */
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0) {
        return civic_failure_set(failure, path, "cannot be opened: %s",
                                 strerror(errno));
    }

    rc = civic_abi_read_fd(fd, path, abi, failure);
    (void) close(fd);

    return rc;
}


int
civic_abi_check(const civic_abi_t *abi, civic_failure_t *failure)
{
    if (abi->major != CIVIC_ABI_MAJOR || abi->minor > CIVIC_ABI_MINOR) {
        (void) snprintf(failure->text, sizeof(failure->text),
                        "plugin contract: found %u.%u, expected %d.0 to %d.%d",
                        abi->major, abi->minor, CIVIC_ABI_MAJOR,
                        CIVIC_ABI_MAJOR, CIVIC_ABI_MINOR);
        return -1;
    }

    if (abi->pointer_size != sizeof(void *)) {
        (void) snprintf(failure->text, sizeof(failure->text),
                        "pointer size: found %u, expected %zu",
                        abi->pointer_size, sizeof(void *));
        return -1;
    }

    if (abi->jansson_major != JANSSON_MAJOR_VERSION) {
        (void) snprintf(failure->text, sizeof(failure->text),
                        "jansson: found major %u, expected %d",
                        abi->jansson_major, JANSSON_MAJOR_VERSION);
        return -1;
    }

    return 0;
}
