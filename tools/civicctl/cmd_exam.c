/*
 * cmd_exam.c - "civicctl exam": the exams of this installation.
 */

#include <string.h>

#include "ctl_exam.h"

static const ctl_exam_command_t  commands[] = {
    { "load", ctl_exam_load,
      "civicctl exam load 文件.json [--positions 职位.csv] [--reason 原因]",
      "civicctl exam load FILE.json [--positions FILE.csv] [--reason TEXT]" },
    { "list", ctl_exam_list,
      "civicctl exam list",
      "civicctl exam list" },
    { "show", ctl_exam_show,
      "civicctl exam show 考试 [--json]",
      "civicctl exam show ID [--json]" },
    { "move", ctl_exam_move,
      "civicctl exam move 考试 registration|review|payment|printing"
      ".from|until 时间 --reason 原因",
      "civicctl exam move ID registration|review|payment|printing"
      ".from|until INSTANT --reason TEXT" },
    { "seat", ctl_exam_seat,
      "civicctl exam seat 考试 [--report]",
      "civicctl exam seat ID [--report]" },
    { "export", ctl_exam_export,
      "civicctl exam export 考试 [--masked] [--reason 原因]",
      "civicctl exam export ID [--masked] [--reason TEXT]" },
};

#define COMMANDS  (sizeof(commands) / sizeof(commands[0]))


static const ctl_exam_command_t *
command_of(const char *name)
{
    size_t  i;

    for (i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i].name, name) == 0) {
            return &commands[i];
        }
    }

    return NULL;
}


int
ctl_exam_usage(ctl_t *ctl, const char *name)
{
    const ctl_exam_command_t  *command = command_of(name);

    return ctl_usage(ctl, command->zh, command->en);
}


/* All of them: to stdout if that was asked for. */
static int
help(ctl_t *ctl, int code)
{
    int      chinese = ctl->language == CIVIC_ZH;
    FILE    *out = code == CTL_FINE ? ctl->out : ctl->err;
    size_t   i;

    for (i = 0; i < COMMANDS; i++) {
        (void) fprintf(out, "%s %s\n",
                       i != 0 ? "     " : chinese ? "用法：" : "usage:",
                       chinese ? commands[i].zh : commands[i].en);
    }

    return code;
}


int
ctl_cmd_exam(ctl_t *ctl, int argc, char **argv)
{
    const ctl_exam_command_t  *command;

    if (argc < 2) {
        return help(ctl, CTL_USAGE);
    }

    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        return help(ctl, CTL_FINE);
    }

    command = command_of(argv[1]);

    if (command == NULL) {
        ctl_complain(ctl, "没有命令 \"exam %s\"",
                     "there is no command \"exam %s\"", argv[1]);
        return help(ctl, CTL_USAGE);
    }

    return command->run(ctl, argc - 1, argv + 1);
}
