/*
 * module_fit.c - finds nginx's signature and version in an ELF file.
 *
 * The signature is the one text of its shape in the file.  The version
 * stands before the pointer to it in the module's struct (version, signature):
 * the relocation that makes the pointer tells where.  The names of the
 * modules in a file stand in a list that it exports, likewise.
 */

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "module_fit.h"

/* nginx itself has 1.2 MB; a module with everything in it far below this. */
#define CTL_MODULE_MAX  (256 * 1024 * 1024)

/* What nginx calls the list of a file's modules, without its own letters. */
#define CTL_MODULE_NAMES  "_module_names"

typedef struct {
    const unsigned char  *bytes;
    size_t                size;
} ctl_image_t;

/* NGX_MODULE_SIGNATURE_1 and on, in nginx's header of modules. */
static const char *const  parts[CTL_SIGNATURE_FLAGS] = {
    "kqueue", "IOCP", "file AIO", "sendfile(SF_NODISKIO)", "eventfd", "epoll",
    "keepalive tunables", "IPv6", "part 9", "part 10", "deferred accept",
    "part 12", "setfib", "TCP fast open", "unix sockets", "variadic macros",
    "part 17", "part 18", "openat", "atomic operations", "POSIX semaphores",
    "threads (--with-threads)", "PCRE", "SSL (--with-http_ssl_module)",
    "part 25", "gzip", "part 27", "X-Forwarded-For",
    "realip (--with-http_realip_module)", "header variables",
    "DAV (--with-http_dav_module)", "HTTP cache", "upstream zone",
    "compatibility (--with-compat)"
};


static int
ctl_image_is_signature(const unsigned char *p)
{
    size_t  i;

    for (i = 0; i < 6; i++) {
        if (i % 2 == 0 ? p[i] != '4' && p[i] != '8' : p[i] != ',') {
            return 0;
        }
    }

    for (i = 6; i < CTL_SIGNATURE_LEN; i++) {
        if (p[i] != '0' && p[i] != '1') {
            return 0;
        }
    }

    return p[CTL_SIGNATURE_LEN] == '\0';
}


/* Its offset, or -1. */
static int64_t
ctl_image_signature(const ctl_image_t *image)
{
    size_t  i;

    for (i = 0; i + CTL_SIGNATURE_LEN < image->size; i++) {
        if (image->bytes[i + 1] == ','
            && ctl_image_is_signature(image->bytes + i))
        {
            return (int64_t) i;
        }
    }

    return -1;
}


static int
ctl_image_copy(const ctl_image_t *image, uint64_t offset, void *out,
    size_t len)
{
    if (offset > image->size || len > image->size - offset) {
        return -1;
    }

    memcpy(out, image->bytes + offset, len);

    return 0;
}


/* Between offsets of the file and addresses, by the loaded segments. */
static int
ctl_image_map(const ctl_image_t *image, const ElfW(Ehdr) *header,
    int to_address, uint64_t from, uint64_t *to)
{
    unsigned    i;
    uint64_t    base;
    ElfW(Phdr)  segment;

    for (i = 0; i < header->e_phnum; i++) {
        if (ctl_image_copy(image, header->e_phoff + i * sizeof(segment),
                           &segment, sizeof(segment))
            != 0)
        {
            return -1;
        }

        base = to_address ? segment.p_offset : segment.p_vaddr;

        if (segment.p_type == PT_LOAD && from >= base
            && from - base < segment.p_filesz)
        {
            *to = from - base
                  + (to_address ? segment.p_vaddr : segment.p_offset);
            return 0;
        }
    }

    return -1;
}


/* The version beside a pointer that is relocated to address; 0: unknown. */
static uint64_t
ctl_image_relocated(const ctl_image_t *image, const ElfW(Ehdr) *header,
    const ElfW(Shdr) *section, uint64_t address)
{
    uint64_t    i, at, offset;
    ElfW(Rela)  relocation;
    ElfW(Addr)  version;

    for (i = 0; i < section->sh_size / sizeof(relocation); i++) {
        if (ctl_image_copy(image, section->sh_offset + i * sizeof(relocation),
                           &relocation, sizeof(relocation))
            != 0)
        {
            return 0;
        }

        if ((uint64_t) relocation.r_addend != address
            || relocation.r_offset < sizeof(version))
        {
            continue;
        }

        at = relocation.r_offset - sizeof(version);

        if (ctl_image_map(image, header, 0, at, &offset) == 0
            && ctl_image_copy(image, offset, &version, sizeof(version)) == 0)
        {
            return version;
        }
    }

    return 0;
}


static uint64_t
ctl_image_version(const ctl_image_t *image, uint64_t signature)
{
    unsigned    i;
    uint64_t    address, version = 0;
    ElfW(Ehdr)  header;
    ElfW(Shdr)  section;

    if (ctl_image_copy(image, 0, &header, sizeof(header)) != 0
        || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0
        || header.e_ident[EI_CLASS] != (sizeof(void *) == 8 ? ELFCLASS64
                                                            : ELFCLASS32)
        || ctl_image_map(image, &header, 1, signature, &address) != 0)
    {
        return 0;
    }

    for (i = 0; i < header.e_shnum && version == 0; i++) {
        if (ctl_image_copy(image, header.e_shoff + i * sizeof(section),
                           &section, sizeof(section))
            != 0)
        {
            return 0;
        }

        if (section.sh_type == SHT_RELA) {
            version = ctl_image_relocated(image, &header, &section, address);
        }
    }

    return version;
}


static int
ctl_image_read(const ctl_image_t *image, const char *path,
    ctl_module_t *module, civic_failure_t *failure)
{
    int64_t  at = ctl_image_signature(image);

    if (at < 0) {
        (void) snprintf(failure->text, sizeof(failure->text),
                        "%.150s: has no signature of nginx", path);
        return -1;
    }

    memcpy(module->signature, image->bytes + at, CTL_SIGNATURE_LEN);
    module->version = ctl_image_version(image, (uint64_t) at);

    return 0;
}


/* ---- the names of the modules in it -------------------------------------- */

static int
ctl_ends_with(const char *text, size_t len, const char *end)
{
    size_t  n = strlen(end);

    return len >= n && memcmp(text + len - n, end, n) == 0;
}


/* The text at offset, and how long it is; NULL if it does not end. */
static const char *
ctl_image_text(const ctl_image_t *image, uint64_t offset, size_t *len)
{
    const unsigned char  *end;

    if (offset >= image->size) {
        return NULL;
    }

    end = memchr(image->bytes + offset, '\0', image->size - offset);

    if (end == NULL) {
        return NULL;
    }

    *len = (size_t) (end - image->bytes) - offset;

    return (const char *) image->bytes + offset;
}


static int
ctl_image_section(const ctl_image_t *image, const ElfW(Ehdr) *header,
    uint64_t i, ElfW(Shdr) *section)
{
    return i < header->e_shnum
           ? ctl_image_copy(image, header->e_shoff + i * sizeof(*section),
                            section, sizeof(*section))
           : -1;
}


/* The list of names that nginx looks for in a module's file. */
static int
ctl_image_list(const ctl_image_t *image, const ElfW(Ehdr) *header,
    ElfW(Sym) *list)
{
    size_t       len;
    uint64_t     i, j;
    const char  *name;
    ElfW(Shdr)   symbols, texts;

    for (i = 0; ctl_image_section(image, header, i, &symbols) == 0; i++) {
        if (symbols.sh_type != SHT_DYNSYM
            || ctl_image_section(image, header, symbols.sh_link, &texts) != 0)
        {
            continue;
        }

        for (j = 0; j < symbols.sh_size / sizeof(*list); j++) {
            if (ctl_image_copy(image, symbols.sh_offset + j * sizeof(*list),
                               list, sizeof(*list)) != 0)
            {
                return -1;
            }

            name = ctl_image_text(image, texts.sh_offset + list->st_name,
                                  &len);

            /* nginx's three letters, and so on */
            if (name != NULL && list->st_shndx != SHN_UNDEF
                && len == 3 + strlen(CTL_MODULE_NAMES)
                && ctl_ends_with(name, len, CTL_MODULE_NAMES))
            {
                return 0;
            }
        }
    }

    return -1;
}


/* One pointer of the list, or of something else. */
static int
ctl_image_names(const ctl_image_t *image, const ElfW(Ehdr) *header,
    const ElfW(Sym) *list, const ElfW(Rela) *pointer, const char *wanted)
{
    size_t       len;
    uint64_t     offset;
    const char  *name;

    if (pointer->r_offset < list->st_value
        || pointer->r_offset - list->st_value >= list->st_size
        || ctl_image_map(image, header, 0, (uint64_t) pointer->r_addend,
                         &offset) != 0)
    {
        return 0;
    }

    name = ctl_image_text(image, offset, &len);

    return name != NULL && ctl_ends_with(name, len, wanted);
}


static int
ctl_image_has(const ctl_image_t *image, const char *wanted)
{
    uint64_t    i, j;
    ElfW(Sym)   list;
    ElfW(Ehdr)  header;
    ElfW(Shdr)  section;
    ElfW(Rela)  pointer;

    if (ctl_image_copy(image, 0, &header, sizeof(header)) != 0
        || memcmp(header.e_ident, ELFMAG, SELFMAG) != 0
        || ctl_image_list(image, &header, &list) != 0)
    {
        return 0;
    }

    for (i = 0; ctl_image_section(image, &header, i, &section) == 0; i++) {
        if (section.sh_type != SHT_RELA) {
            continue;
        }

        for (j = 0; j < section.sh_size / sizeof(pointer); j++) {
            if (ctl_image_copy(image, section.sh_offset + j * sizeof(pointer),
                               &pointer, sizeof(pointer)) != 0)
            {
                return 0;
            }

            if (ctl_image_names(image, &header, &list, &pointer, wanted)) {
                return 1;
            }
        }
    }

    return 0;
}


/* ---- files -------------------------------------------------------------- */

static int
ctl_image_open(ctl_image_t *image, const char *path, civic_failure_t *failure)
{
    int           fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    void         *map = MAP_FAILED;
    struct stat   st;

    if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode)
        && st.st_size > 0 && st.st_size < CTL_MODULE_MAX)
    {
        map = mmap(NULL, (size_t) st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    }

    if (map == MAP_FAILED) {
        (void) snprintf(failure->text, sizeof(failure->text),
                        "%.150s: cannot be read: %s", path,
                        fd < 0 ? strerror(errno) : "no such file of code");

    } else {
        image->bytes = map;
        image->size = (size_t) st.st_size;
    }

    if (fd >= 0) {
        (void) close(fd);
    }

    return map == MAP_FAILED ? -1 : 0;
}


static void
ctl_image_close(ctl_image_t *image)
{
    (void) munmap((void *) (uintptr_t) image->bytes, image->size);
}


int
ctl_module_read(const char *path, ctl_module_t *module,
    civic_failure_t *failure)
{
    int          rc;
    ctl_image_t  image;

    memset(module, 0, sizeof(*module));

    if (ctl_image_open(&image, path, failure) != 0) {
        return -1;
    }

    rc = ctl_image_read(&image, path, module, failure);
    ctl_image_close(&image);

    return rc;
}


int
ctl_module_has(const char *path, const char *name, civic_failure_t *failure)
{
    int          has;
    ctl_image_t  image;

    if (ctl_image_open(&image, path, failure) != 0) {
        return -1;
    }

    has = ctl_image_has(&image, name);
    ctl_image_close(&image);

    return has;
}


uint64_t
ctl_module_version(const char *text)
{
    unsigned     major, minor, patch;
    const char  *at = strstr(text, "nginx/");

    if (at == NULL
        || sscanf(at, "nginx/%u.%u.%u", &major, &minor, &patch) != 3)
    {
        return 0;
    }

    return (uint64_t) major * 1000000 + minor * 1000 + patch;
}


int
ctl_module_difference(const char *a, const char *b, int index,
    const char **name)
{
    static const char *const  sizes[] = {
        "size of a pointer", "size of sig_atomic_t", "size of time_t"
    };

    for (; index < CTL_SIGNATURE_LEN; index++) {
        if (a[index] == '\0' || b[index] == '\0') {
            return -1;
        }

        if (a[index] != b[index]) {
            *name = index < 6 ? sizes[index / 2] : parts[index - 6];
            return index;
        }
    }

    return -1;
}
