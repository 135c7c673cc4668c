/*
 * sandbox.c - the tables of the plugin "sandbox": see sandbox.h.
 *
 * Development only: CIVIC_SANDBOX_ONLY makes the host refuse it in
 * production, where it would hand out identities to whoever asks.
 */

#include "bill.h"
#include "notice.h"

#define DEADLINE  (SANDBOX_DELAY + 10000)   /* ms */

static const civic_option_t  options[] = {
    { .name = "app_id", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .pattern = "[0-9]{1,32}", .example = "2021000000000000",
      .zh = "应用标识", .en = "the app_id that this gateway knows" },
    { .name = "app_public_key", .type = CIVIC_TYPE_STRING, .max = 1024,
      .fallback = "\"\"", .zh = "应用公钥文件（公钥模式）",
      .en = "key mode: the file of the app's public key" },
    { .name = "app_cert", .type = CIVIC_TYPE_STRING, .max = 1024,
      .fallback = "\"\"", .zh = "应用公钥证书文件（证书模式）",
      .en = "certificate mode: the file of the app's certificate" },
    { .name = "gateway_cert", .type = CIVIC_TYPE_STRING, .max = 1024,
      .fallback = "\"\"", .zh = "网关证书文件（证书模式）",
      .en = "certificate mode: the file of the gateway's own" },
    { .name = "root_cert", .type = CIVIC_TYPE_STRING, .max = 1024,
      .fallback = "\"\"", .zh = "根证书文件（证书模式）",
      .en = "certificate mode: the file of the roots of both" },
    { .name = "gateway_private_key", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED, .max = 1024, .zh = "网关私钥文件",
      .en = "the file of the gateway's own private key" },
    { .name = "people", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .max = 1024, .zh = "沙箱用户文件",
      .en = "a JSON file: an array of {user, user_id, open_id, name, "
            "id_number, card_password}" },
    { .name = "register", .type = CIVIC_TYPE_STRING, .max = 1024,
      .fallback = "\"\"", .zh = "没有手机的人的文件",
      .en = "a JSON file: an array of {name, id_number}, of people who have "
            "no phone; with those of people, whose names are known" },
    { .name = "content_key", .type = CIVIC_TYPE_STRING, .max = 1024,
      .fallback = "\"\"", .zh = "内容加密密钥文件",
      .en = "the file of the AES key of contents, in base64" },
    { .name = "face_picture", .type = CIVIC_TYPE_STRING, .max = 1024,
      .fallback = "\"\"", .zh = "人脸照片文件",
      .en = "a JPEG that is given as the face, where an app asks for it" },
    { .name = "base_url", .type = CIVIC_TYPE_STRING, .max = 256,
      .fallback = "\"\"", .zh = "沙箱地址",
      .en = "where phones reach this plugin, if not at the request's Host "
            "below /sandbox" },
    { .name = "user_ids", .type = CIVIC_TYPE_BOOLEAN, .fallback = "false",
      .zh = "是否返回user_id",
      .en = "whether apps see user_id beside open_id, as old apps do" },
    { .name = "user_identity", .type = CIVIC_TYPE_BOOLEAN,
      .fallback = "false", .zh = "是否返回会员的姓名和证件号码",
      .en = "whether alipay.user.info.share gives name and identity number, "
            "as to apps that were granted it" },
    { .name = "card_issuer", .type = CIVIC_TYPE_STRING, .max = 256,
      .fallback = "\"\"", .zh = "社保卡签发方地址",
      .en = "where clients reach /sandbox/card; empty: there is no issuer" },
    { .name = "card_client_id", .type = CIVIC_TYPE_STRING, .max = 128,
      .fallback = "\"civic\"", .zh = "社保卡客户端标识",
      .en = "the issuer's one client" },
    { .name = "card_client_secret", .type = CIVIC_TYPE_STRING, .max = 128,
      .flags = CIVIC_SECRET, .fallback = "\"\"",
      .zh = "社保卡客户端密钥", .en = "its secret" },
    { .name = "card_redirect_uri", .type = CIVIC_TYPE_STRING, .max = 256,
      .fallback = "\"\"", .zh = "社保卡回调地址",
      .en = "where the browser goes back to: exactly this" },
    { .name = "seller_id", .type = CIVIC_TYPE_STRING, .pattern = "[0-9]{1,28}",
      .fallback = "\"2088000000009999\"", .zh = "收款方（商户PID）",
      .en = "the seller of all trades: the app's account" },
    { .name = "refund_days", .type = CIVIC_TYPE_INTEGER, .min = 1,
      .max = 3650, .fallback = "365", .zh = "可退款天数",
      .en = "days for which a paid trade can be refunded; then it is "
            "TRADE_FINISHED" },
    { .name = "notify_upstream", .type = CIVIC_TYPE_STRING,
      .pattern = "[a-z0-9_-]*", .max = 64, .fallback = "\"\"",
      .zh = "异步通知使用的上游名称",
      .en = "the upstream that leads to notify_url, whose host is not looked "
            "at; empty: notifications are made, and not sent" },
    { .name = "notify_gaps", .type = CIVIC_TYPE_STRING,
      .pattern = "[0-9]{1,9}(,[0-9]{1,9})*", .max = 200,
      .fallback = "\"240000,600000,600000,3600000,7200000,21600000,"
                  "54000000\"",
      .zh = "异步通知的重发间隔（毫秒）",
      .en = "ms between the attempts of a notification" }
};

static const char *const  forms[] = {
    "application/x-www-form-urlencoded", NULL
};

/* what a method with a file comes as, too */
static const char *const  calls[] = {
    "application/x-www-form-urlencoded", "multipart/form-data", NULL
};

static const char *const  code_problems[] = { "sandbox_nobody", NULL };

static const char *const  fault_problems[] = {
    "sandbox_too_many_faults", NULL
};

static const char *const  bill_problems[] = { "sandbox_no_bill", NULL };

static const char *const  notice_problems[] = { "not_found", NULL };

static const char *const  card_problems[] = {
    "conflict", "not_found", NULL
};

static const civic_route_t  routes[] = {
    { .method = CIVIC_POST, .path = "/alipay/gateway.do",
      .handler = sandbox_gateway_post, .roles = CIVIC_ANYONE,
      .cost = CIVIC_COST_WAIT, .query = sandbox_gateway_query, .raw = calls,
      .max_body = 2 * 1024 * 1024, .deadline = DEADLINE,
      .zh = "支付宝网关", .en = "Alipay's gateway" },
    { .method = CIVIC_GET, .path = "/alipay/gateway.do",
      .handler = sandbox_gateway_page, .roles = CIVIC_ANYONE,
      .query = sandbox_gateway_query,
      .zh = "支付宝网关的页面接口", .en = "Pages of Alipay's gateway" },
    { .method = CIVIC_GET, .path = "/people",
      .handler = sandbox_people, .roles = CIVIC_ANYONE,
      .reply = sandbox_people_reply,
      .zh = "沙箱用户", .en = "The people of the sandbox" },
    { .method = CIVIC_POST, .path = "/alipay/auth-codes",
      .handler = sandbox_auth_code, .roles = CIVIC_ANYONE,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE, .status = 201,
      .body = sandbox_auth_code_body, .reply = sandbox_auth_code_reply,
      .problems = code_problems,
      .zh = "代替my.getAuthCode", .en = "Stands for my.getAuthCode" },
    { .method = CIVIC_POST, .path = "/alipay/source-photos",
      .handler = sandbox_source_say, .roles = CIVIC_ANYONE,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE,
      .body = sandbox_source_body, .reply = sandbox_source_reply,
      .zh = "设定权威比对结果",
      .en = "What the authority says of somebody's photos" },
    { .method = CIVIC_POST, .path = "/alipay/faults",
      .handler = sandbox_alipay_fault, .roles = CIVIC_ANYONE,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE,
      .body = sandbox_alipay_fault_body, .reply = sandbox_fault_reply,
      .problems = fault_problems,
      .zh = "安排网关故障", .en = "Plans faults of the gateway" },
    { .method = CIVIC_GET, .path = "/phone/certify/{certify_id}",
      .handler = sandbox_phone_show, .roles = CIVIC_ANYONE,
      .zh = "人脸识别页面", .en = "The page of a face check" },
    { .method = CIVIC_POST, .path = "/phone/certify/{certify_id}",
      .handler = sandbox_phone_decide, .roles = CIVIC_ANYONE,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE, .raw = forms,
      .zh = "决定人脸识别结果", .en = "Decides a face check" },
    { .method = CIVIC_GET, .path = "/phone/pay/{number}",
      .handler = sandbox_cashier_show, .roles = CIVIC_ANYONE,
      .query = sandbox_cashier_query,
      .zh = "收银台页面", .en = "The cashier's page" },
    { .method = CIVIC_POST, .path = "/phone/pay/{number}",
      .handler = sandbox_cashier_decide, .roles = CIVIC_ANYONE,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE, .raw = forms,
      .zh = "付款或放弃", .en = "Pays, or gives up" },
    { .method = CIVIC_POST, .path = "/alipay/payments",
      .handler = sandbox_payment, .roles = CIVIC_ANYONE,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE,
      .body = sandbox_payment_body, .reply = sandbox_payment_reply,
      .zh = "代替my.tradePay和扫码付款",
      .en = "Stands for my.tradePay and for a scan" },
    { .method = CIVIC_GET, .path = "/alipay/trades",
      .handler = sandbox_trades, .roles = CIVIC_ANYONE,
      .query = sandbox_trades_query, .reply = sandbox_trades_reply,
      .zh = "全部交易和资金变动",
      .en = "All trades, and each movement of money" },
    { .method = CIVIC_GET, .path = "/alipay/notifications",
      .handler = sandbox_notices, .roles = CIVIC_ANYONE,
      .query = sandbox_notices_query, .reply = sandbox_notices_reply,
      .zh = "异步通知及其应答",
      .en = "Notifications, and what was answered" },
    { .method = CIVIC_POST, .path = "/alipay/notifications/run",
      .handler = sandbox_notices_run_now, .roles = CIVIC_ANYONE,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE,
      .reply = sandbox_notices_run_reply, .deadline = DEADLINE,
      .zh = "立即发送到期的异步通知",
      .en = "Sends the notifications that are due, now" },
    { .method = CIVIC_POST, .path = "/alipay/notifications/plans",
      .handler = sandbox_notice_plan, .roles = CIVIC_ANYONE,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE,
      .body = sandbox_notice_plan_body, .reply = sandbox_fault_reply,
      .problems = fault_problems,
      .zh = "安排异步通知的异常",
      .en = "Plans what goes wrong with notifications" },
    { .method = CIVIC_POST, .path = "/alipay/notifications/{notify_id}/send",
      .handler = sandbox_notice_send_now, .roles = CIVIC_ANYONE,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE,
      .body = sandbox_notice_send_body, .reply = sandbox_notice_send_reply,
      .problems = notice_problems, .deadline = DEADLINE,
      .zh = "立即发送一条异步通知", .en = "Sends a notification, now" },
    { .method = CIVIC_GET, .path = "/alipay/downloadBillFile.resource",
      .handler = sandbox_bill_download, .roles = CIVIC_ANYONE,
      .query = sandbox_bill_query,
      .zh = "下载账单", .en = "The file of a bill" },
    { .method = CIVIC_POST, .path = "/alipay/bills",
      .handler = sandbox_bill_make, .roles = CIVIC_ANYONE,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE,
      .body = sandbox_bill_body, .reply = sandbox_bill_reply,
      .problems = bill_problems,
      .zh = "立即生成账单，可含差异",
      .en = "Makes a bill now, with differences" },
    { .method = CIVIC_GET, .path = "/card/.well-known/openid-configuration",
      .handler = sandbox_card_discovery, .roles = CIVIC_ANYONE,
      .cost = CIVIC_COST_WAIT, .deadline = DEADLINE,
      .zh = "社保卡签发方信息", .en = "What the card's issuer offers" },
    { .method = CIVIC_GET, .path = "/card/jwks",
      .handler = sandbox_card_jwks, .roles = CIVIC_ANYONE,
      .cost = CIVIC_COST_WAIT, .deadline = DEADLINE,
      .zh = "社保卡签发方公钥", .en = "The issuer's public keys" },
    { .method = CIVIC_POST, .path = "/card/keys",
      .handler = sandbox_card_rotate, .roles = CIVIC_ANYONE,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE, .status = 201,
      .body = sandbox_card_rotation_body,
      .reply = sandbox_card_rotation_reply, .problems = card_problems,
      .zh = "更换社保卡签发方密钥", .en = "Gives the issuer a new key" },
    { .method = CIVIC_GET, .path = "/card/authorize",
      .handler = sandbox_card_authorize, .roles = CIVIC_ANYONE,
      .cost = CIVIC_COST_WRITE, .query = sandbox_card_authorize_query,
      .zh = "社保卡授权页面", .en = "The page of a card's holder" },
    { .method = CIVIC_POST, .path = "/card/authorize",
      .handler = sandbox_card_decide, .roles = CIVIC_ANYONE,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE, .raw = forms,
      .zh = "提交社保卡密码", .en = "Takes the card's password" },
    { .method = CIVIC_POST, .path = "/card/token",
      .handler = sandbox_card_token, .roles = CIVIC_ANYONE,
      .cost = CIVIC_COST_WAIT, .raw = forms, .deadline = DEADLINE,
      .zh = "社保卡令牌", .en = "Exchanges a code for tokens" },
    { .method = CIVIC_GET, .path = "/card/userinfo",
      .handler = sandbox_card_userinfo, .roles = CIVIC_ANYONE,
      .cost = CIVIC_COST_WAIT, .deadline = DEADLINE,
      .zh = "社保卡持卡人信息", .en = "Who the card's holder is" },
    { .method = CIVIC_POST, .path = "/card/faults",
      .handler = sandbox_card_fault, .roles = CIVIC_ANYONE,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE,
      .body = sandbox_card_fault_body, .reply = sandbox_fault_reply,
      .problems = fault_problems,
      .zh = "安排社保卡签发方故障", .en = "Plans faults of the issuer" },
    { .method = CIVIC_POST, .path = "/identity-match",
      .handler = sandbox_match, .roles = CIVIC_ANYONE,
      .cost = CIVIC_COST_WAIT, .deadline = DEADLINE,
      .body = sandbox_match_body, .reply = sandbox_match_reply,
      .zh = "核对姓名与证件号码",
      .en = "Whether a name and a number are one person's" },
    { .method = CIVIC_POST, .path = "/identity-match/faults",
      .handler = sandbox_match_fault, .roles = CIVIC_ANYONE,
      .flags = CIVIC_CHANGES, .cost = CIVIC_COST_WRITE,
      .body = sandbox_match_fault_body, .reply = sandbox_fault_reply,
      .problems = fault_problems,
      .zh = "安排核对故障", .en = "Plans faults of that" }
};

static const civic_problem_def_t  problems[] = {
    { "sandbox_nobody", 404, "沙箱没有这个用户。",
      "The sandbox has no such user." },
    { "sandbox_no_bill", 409, "没有这样的账单或可改动的明细。",
      "There is no such bill, or no line that could be different so." },
    { "sandbox_too_many_faults", 409, "已安排的故障过多。",
      "Too many faults are planned." }
};

static const civic_script_def_t  scripts[] = {
    { .name = "sandbox_keep", .en = "Keeps a text for a while" },
    { .name = "sandbox_take", .en = "Takes a text away" },
    { .name = "sandbox_change", .en = "Replaces a text by another" },
    { .name = "sandbox_fault", .en = "Plans faults" },
    { .name = "sandbox_fault_next", .en = "Uses up a fault" },
    { .name = "sandbox_trade_write", .en = "Changes a trade" },
    { .name = "sandbox_notice_take", .en = "Takes a notification that is due" },
    { .name = "sandbox_notice_note", .en = "Notes what came of sending it" }
};

static const civic_job_def_t  jobs[] = {
    { .name = "notifications", .interval = 1, .run = sandbox_notices_job,
      .en = "Closes trades whose time is over, and sends notifications" }
};

CIVIC_PLUGIN = {
    .name = "sandbox",
    .version = "1.0.0",
    .zh = "沙箱：第三方服务的替身，仅供开发",
    .en = "The sandbox: stands for the providers, for development only",
    .options = CIVIC_TABLE(options),
    .routes = CIVIC_TABLE(routes),
    .problems = CIVIC_TABLE(problems),
    .scripts = CIVIC_TABLE(scripts),
    .jobs = CIVIC_TABLE(jobs),
    .check = sandbox_check,
    .init_worker = sandbox_init_worker,
    .exit_worker = sandbox_exit_worker,
    .flags = CIVIC_SANDBOX_ONLY
};
