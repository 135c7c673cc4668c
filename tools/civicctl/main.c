/*
 * main.c - civicctl, the operator's tool: options, then a table of commands.
 *
 * Exit codes: 0 fine, 1 a problem was found, 2 wrongly called.
 */

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
};

#define CTL_COMMANDS  (sizeof(commands) / sizeof(commands[0]))


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

    ctl_complain(ctl, "没有命令 \"%s\"", "there is no command \"%s\"",
                 argv[0]);

    return ctl_help(ctl, CTL_USAGE);
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
