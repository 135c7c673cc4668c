/*
 * ctl_options.c - see ctl_options.h.
 */

#include <string.h>

#include "ctl_options.h"


/* A "-" alone is a word: standard input. */
static int
ctl_option_is_word(const char *text)
{
    return text[0] != '-' || text[1] == '\0';
}


/* Whether it is the option's name, or a word for one that has no name and no
   word yet. */
static int
ctl_option_takes(const ctl_option_t *option, const char *text)
{
    return option->name != NULL
           ? strcmp(option->name, text) == 0
           : *option->value == NULL && ctl_option_is_word(text);
}


int
ctl_options(int argc, char **argv, const ctl_option_t *options, size_t count)
{
    int                  i;
    const ctl_option_t  *option;

    for (i = 0; i < argc; i++) {
        option = options;

        while (option < options + count
               && !ctl_option_takes(option, argv[i]))
        {
            option++;
        }

        if (option == options + count) {
            return -1;
        }

        if (option->flag != NULL) {
            *option->flag = 1;
            continue;
        }

        i += option->name != NULL;

        if (i == argc || *option->value != NULL) {
            return -1;
        }

        *option->value = argv[i];
    }

    return 0;
}
