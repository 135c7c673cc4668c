/*
 * main.c - civicctl, the operator's tool: options, then a table of commands.
 *
 * Exit codes: 0 fine, 1 a problem was found, 2 wrongly called.
 */

#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "ctl.h"

typedef struct {
    const char      *name;
    ctl_command_pt   run;
    const char      *zh;
    const char      *en;
} ctl_command_t;

static const ctl_command_t  commands[] = {
    { "doctor", ctl_cmd_doctor,
      "检查本机的模块、插件、权限、上限与 Redis",
      "checks module, plugins, rights, limits and Redis of this machine" },
    { "rules", ctl_cmd_rules,
      "检查或试运行规则文件",
      "checks rule files, or tries one" },
    { "clock", ctl_cmd_clock,
      "查看或设置沙箱的业务时间",
      "shows or sets the business clock of a sandbox" },
    { "job", ctl_cmd_job,
      "查看后台任务，或立即执行一次",
      "shows the jobs, or runs one now" },
    { "switch", ctl_cmd_switch,
      "停用插件，或改为只读",
      "switches a plugin off, or to read-only" },
    { "keyring", ctl_cmd_keyring,
      "建立、轮换、查看密钥环",
      "makes, rotates and shows the keyring" },
    { "citizen", ctl_cmd_citizen,
      "登记或查看人员",
      "adds or shows a person" },
    { "consent", ctl_cmd_consent,
      "恢复备份后，重新撤回已撤回的同意",
      "withdraws a consent again after a restore" },
    { "exam", ctl_cmd_exam,
      "载入、查看考试，更改其时间",
      "loads and shows exams, and moves their deadlines" },
    { "staff", ctl_cmd_staff,
      "添加、列出、停用、重置工作人员账号",
      "adds, lists, disables and resets staff accounts" },
    { "code", ctl_cmd_code,
      "不联网核验打印的二维码",
      "verifies a printed code without a network" },
    { "audit", ctl_cmd_audit,
      "核对或查看审计记录",
      "verifies or shows the audit trail" },
    { "plugins", ctl_cmd_plugins,
      "列出插件的版本与各项声明",
      "lists stamps and tables of plugins" },
    { "openapi", ctl_cmd_openapi,
      "由插件的声明生成 OpenAPI 文档",
      "writes OpenAPI from the plugins' tables" },
    { "version", ctl_cmd_version,
      "版本、所适配的 nginx、插件接口的版本",
      "its version, the nginx it was built for, the plugins' contract" },
};

#define CTL_COMMANDS  (sizeof(commands) / sizeof(commands[0]))

#define CTL_NAME   16                   /* of a command, with its end */
#define CTL_SLIPS  2                    /* more are another word */


static int
ctl_help(ctl_t *ctl, int code)
{
    int      chinese = ctl->language == CIVIC_ZH;
    FILE    *out = code == CTL_FINE ? ctl->out : ctl->err;
    size_t   i;

    (void) fprintf(out, chinese
        ? "用法：civicctl [-c nginx.conf] [-p 前缀] [-n nginx程序] 命令 ...\n\n"
        : "usage: civicctl [-c nginx.conf] [-p prefix] [-n nginx] "
          "command ...\n\n");

    for (i = 0; i < CTL_COMMANDS; i++) {
        (void) fprintf(out, "  %-9s %s\n", commands[i].name,
                       chinese ? commands[i].zh : commands[i].en);
    }

    (void) fputs(chinese
        ? "\n退出码：0 正常；1 发现问题；2 用法有误。\n"
        : "\nexit codes: 0 fine, 1 found a problem, 2 wrongly called.\n",
        out);

    return code;
}


/* Letters to add, take away or change from one name to the other
   (Levenshtein); INT_MAX for what is longer than any name of ours. */
static int
ctl_slips(const char *a, const char *b)
{
    int     row[CTL_NAME], diagonal, above;
    size_t  i, j, len = strlen(b);

    if (strlen(a) >= CTL_NAME || len >= CTL_NAME) {
        return INT_MAX;
    }

    for (j = 0; j <= len; j++) {
        row[j] = (int) j;
    }

    for (i = 1; a[i - 1] != '\0'; i++) {
        diagonal = row[0];
        row[0] = (int) i;

        for (j = 1; j <= len; j++) {
            above = row[j];
            row[j] = diagonal + (a[i - 1] != b[j - 1]);
            row[j] = row[j] < above + 1 ? row[j] : above + 1;
            row[j] = row[j] < row[j - 1] + 1 ? row[j] : row[j - 1] + 1;
            diagonal = above;
        }
    }

    return row[len];
}


/* The command that somebody may have meant, or NULL. */
static const char *
ctl_nearest(const char *typed)
{
    int          slips, least = CTL_SLIPS + 1;
    size_t       i;
    const char  *nearest = NULL;

    for (i = 0; i < CTL_COMMANDS; i++) {
        slips = ctl_slips(typed, commands[i].name);

        if (slips < least) {
            least = slips;
            nearest = commands[i].name;
        }
    }

    return nearest;
}


static int
ctl_unknown(ctl_t *ctl, const char *typed)
{
    const char  *nearest = ctl_nearest(typed);

    if (nearest == NULL) {
        ctl_complain(ctl, "没有命令 \"%s\"", "there is no command \"%s\"",
                     typed);
        return ctl_help(ctl, CTL_USAGE);
    }

    ctl_complain(ctl, "没有命令 \"%s\"，是否要用 \"%s\"？"
                 "\"civicctl help\" 列出全部命令",
                 "there is no command \"%s\": did you mean \"%s\"? "
                 "\"civicctl help\" lists all", typed, nearest);

    return CTL_USAGE;
}


static int
ctl_run(ctl_t *ctl, int argc, char **argv)
{
    size_t  i;

    if (strcmp(argv[0], "help") == 0) {
        return ctl_help(ctl, CTL_FINE);
    }

    for (i = 0; i < CTL_COMMANDS; i++) {
        if (strcmp(commands[i].name, argv[0]) == 0
            && commands[i].run != NULL)
        {
            return commands[i].run(ctl, argc, argv);
        }
    }

    return ctl_unknown(ctl, argv[0]);
}


int
main(int argc, char **argv)
{
    int    c, rc;
    ctl_t  ctl;

    (void) signal(SIGPIPE, SIG_IGN);
    ctl_init(&ctl);

    /* What everybody tries first; getopt() knows letters only. */
    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        return ctl_help(&ctl, CTL_FINE);
    }

    if (argc > 1 && strcmp(argv[1], "--version") == 0) {
        return ctl_cmd_version(&ctl, 1, argv + 1);
    }

    /* "+": options behind the command are the command's. */
    while ((c = getopt(argc, argv, "+c:p:n:h")) != -1) {
        switch (c) {
        case 'c':
            ctl.conf_path = optarg;
            break;
        case 'p':
            ctl.prefix = optarg;
            break;
        case 'n':
            ctl.nginx = optarg;
            break;
        case 'h':
            return ctl_help(&ctl, CTL_FINE);
        default:
            return ctl_help(&ctl, CTL_USAGE);
        }
    }

    if (optind == argc) {
        return ctl_help(&ctl, CTL_USAGE);
    }

    rc = ctl_run(&ctl, argc - optind, argv + optind);
    ctl_done(&ctl);

    if (fflush(stdout) != 0 && rc == CTL_FINE) {
        rc = CTL_PROBLEM;
    }

    return rc;
}
