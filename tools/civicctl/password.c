/*
 * password.c - see password.h.
 */

#include <errno.h>
#include <time.h>
#include <unistd.h>

#include <argon2.h>

#include "password.h"
#include "password_text.h"
#include "person_record.h"
#include "text.h"


civic_msec_t
ctl_now(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_REALTIME, &ts);

    return (civic_msec_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}


static int
ctl_password_chance(ctl_t *ctl, unsigned char *bytes, size_t len)
{
    if (getentropy(bytes, len) == 0) {
        return 0;
    }

    ctl_complain(ctl, "getentropy：%s", "getentropy: %s", strerror(errno));

    return -1;
}


int
ctl_password_generate(ctl_t *ctl, char *password)
{
    unsigned char  chance[CIVIC_PASSWORD_CHANCE];

    do {
        if (ctl_password_chance(ctl, chance, sizeof(chance)) != 0) {
            return -1;
        }
    } while (civic_password_make(chance, password) != 0);

    explicit_bzero(chance, sizeof(chance));

    return 0;
}


int
ctl_password_read(ctl_t *ctl, char *password)
{
    size_t  len;

    len = fread(password, 1, CTL_PASSWORD_ROOM - 1, stdin);

    if (len > 0 && password[len - 1] == '\n') {
        len--;
    }

    if (len > 0 && password[len - 1] == '\r') {
        len--;
    }

    password[len] = '\0';

    return ctl_password_check(ctl, password);
}


int
ctl_password_check(ctl_t *ctl, const char *password)
{
    int64_t  length;

    length = civic_text_length(password, strlen(password));

    if (length < 1 || length > CTL_PASSWORD_CHARS) {
        ctl_complain(ctl, "密码应为 1 至 %d 个字符（UTF-8）",
                     "the password has 1 to %d characters (UTF-8)",
                     CTL_PASSWORD_CHARS);
        return -1;
    }

    return 0;
}


int
ctl_password_hash(ctl_t *ctl, const char *password, char *encoded)
{
    int            rc;
    unsigned char  salt[CIVIC_ARGON2_SALT];

    if (ctl_password_chance(ctl, salt, sizeof(salt)) != 0) {
        return -1;
    }

    rc = argon2id_hash_encoded(CIVIC_ARGON2_PASSES, CIVIC_ARGON2_MEMORY,
                               CIVIC_ARGON2_LANES, password, strlen(password),
                               salt, sizeof(salt), CIVIC_ARGON2_HASH, encoded,
                               CIVIC_ARGON2_TEXT);
    if (rc != ARGON2_OK) {
        ctl_complain(ctl, "argon2：%s", "argon2: %s",
                     argon2_error_message(rc));
        return -1;
    }

    return 0;
}


int
ctl_seal(ctl_t *ctl, civic_purpose_t *purpose, const char *pid,
    civic_str_t plain, unsigned char *out, civic_str_t *sealed)
{
    int64_t  len;

    len = civic_purpose_seal(purpose, civic_cstr(pid), plain, out);

    if (len < 0) {
        ctl_complain(ctl, "无法加密", "it cannot be sealed");
        return -1;
    }

    sealed->data = (const char *) out;
    sealed->len = (size_t) len;

    return 0;
}
