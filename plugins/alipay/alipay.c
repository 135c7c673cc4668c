/*
 * alipay.c - the tables of the plugin "alipay": see app.h.
 *
 * It has no routes: citizens never speak to it, other plugins do.
 */

#include "app.h"

static const civic_option_t  options[] = {
    { .name = "app_id", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .pattern = "[0-9]{1,32}", .example = "2021000000000000",
      .zh = "应用标识（APPID）", .en = "the app's app_id, from the console" },
    { .name = "private_key", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED, .max = APP_FILE, .zh = "应用私钥文件",
      .en = "the file of the app's private key; workers must be able to "
            "read it" },
    { .name = "public_key", .type = CIVIC_TYPE_STRING, .max = APP_FILE,
      .fallback = "\"\"", .zh = "支付宝公钥文件（公钥模式；不是应用公钥）",
      .en = "key mode: the file of Alipay's public key, not of the app's" },
    { .name = "app_cert", .type = CIVIC_TYPE_STRING, .max = APP_FILE,
      .fallback = "\"\"", .zh = "应用公钥证书文件（证书模式）",
      .en = "certificate mode: appCertPublicKey_<app_id>.crt" },
    { .name = "alipay_cert", .type = CIVIC_TYPE_STRING, .max = APP_FILE,
      .fallback = "\"\"", .zh = "支付宝公钥证书文件（证书模式）",
      .en = "certificate mode: alipayCertPublicKey_RSA2.crt" },
    { .name = "root_cert", .type = CIVIC_TYPE_STRING, .max = APP_FILE,
      .fallback = "\"\"", .zh = "支付宝根证书文件（证书模式）",
      .en = "certificate mode: alipayRootCert.crt" },
    { .name = "content_key", .type = CIVIC_TYPE_STRING, .max = APP_FILE,
      .fallback = "\"\"", .zh = "接口内容加密密钥文件（AES）",
      .en = "the file of the AES key of contents, in base64, if the console "
            "has one" },
    { .name = "mini_app_id", .type = CIVIC_TYPE_STRING,
      .pattern = "[0-9]{0,32}", .fallback = "\"\"",
      .zh = "小程序的APPID；不填则与app_id相同",
      .en = "the mini-program's app_id; empty: it is the app itself" },
    { .name = "upstream", .type = CIVIC_TYPE_STRING, .max = APP_UPSTREAM,
      .pattern = "[a-z0-9_-]+", .fallback = "\"alipay\"",
      .zh = "网关的上游名称",
      .en = "the upstream that leads to the gateway" },
    { .name = "gateway", .type = CIVIC_TYPE_STRING, .max = APP_GATEWAY,
      .fallback = "\"https://openapi.alipay.com/gateway.do\"",
      .zh = "网关地址",
      .en = "the gateway's URL: its path is asked for at the upstream, and "
            "pages begin with it" },
    { .name = "common_in_query", .type = CIVIC_TYPE_BOOLEAN,
      .fallback = "false", .zh = "公共参数是否放在URL中",
      .en = "common parameters go into the URL, as the Node SDK sends them" },
    { .name = "strict_slashes", .type = CIVIC_TYPE_BOOLEAN,
      .fallback = "false", .zh = "验签时不再尝试还原\\/",
      .en = "no second try to verify an answer with \\/ as /" },
    { .name = "strict_empty", .type = CIVIC_TYPE_BOOLEAN,
      .fallback = "false", .zh = "通知验签时不再尝试去掉空值",
      .en = "no second try to verify a notification without empty values" },
    { .name = "unknown_sub_codes", .type = CIVIC_TYPE_STRING,
      .max = APP_CODES, .pattern = "[A-Za-z0-9._,-]*", .fallback = "\"\"",
      .zh = "视为结果未知的错误子码，用逗号分隔",
      .en = "further sub_codes of code 40004 after which nobody knows what "
            "happened, separated by commas" },
    { .name = "face_picture", .type = CIVIC_TYPE_BOOLEAN,
      .fallback = "false", .zh = "本应用已获准取得人脸照片",
      .en = "this app may be given the picture of a face check" },
    { .name = "user_info", .type = CIVIC_TYPE_BOOLEAN, .fallback = "false",
      .zh = "本应用已获准取得会员的姓名和证件号码",
      .en = "alipay.user.info.share gives this app name and identity "
            "number" }
};

static const civic_call_def_t  calls[] = {
    { .name = "call", .handler = app_call,
      .en = "calls a method of Alipay's gateway" },
    { .name = "page", .handler = app_page,
      .en = "signs the URL of a page of Alipay's gateway" },
    { .name = "app", .handler = app_settings,
      .en = "tells what the app is and may do" },
    { .name = "notification", .handler = app_notification,
      .en = "verifies a notification" }
};

/* Blobs of others that a call may send along. */
static const civic_purpose_def_t  purposes[] = {
    { .name = APP_PHOTO, .en = "photos, which Alipay compares" }
};

static const civic_metric_def_t  metrics[] = {
    [APP_DONE] = { "done", "Calls that succeeded." },
    [APP_REFUSED] = { "refused", "Calls that the gateway refused." },
    [APP_UNKNOWN] = { "unknown", "Calls whose outcome is unknown." },
    [APP_NOT_SENT] = { "not_sent", "Calls that never left." },
    [APP_NOT_OURS] = { "not_ours",
        "Calls whose answer nobody vouches for." },
    [APP_ANSWER_UNVERIFIED] = { "answers_unverified",
        "Answers whose signature does not verify." },
    [APP_REQUEST_UNVERIFIED] = { "requests_unverified",
        "Calls whose signature the gateway refused." },
    [APP_PAGES] = { "pages", "URLs of pages that were signed." },
    [APP_NOTIFICATIONS] = { "notifications",
        "Notifications that are Alipay's." },
    [APP_NOTIFICATIONS_INVALID] = { "notifications_invalid",
        "Notifications that were not taken." },
    [APP_CERTIFICATES] = { "certificates",
        "Certificates of Alipay that were downloaded." },
    [APP_CERTIFICATES_FAILED] = { "certificates_failed",
        "Certificates that were wanted and could not be had." },
    [APP_CERTIFICATE_ENDING] = { "certificate_ending",
        "Days on which a worker saw a certificate end soon." }
};

CIVIC_PLUGIN = {
    .name = "alipay",
    .version = "1.0.0",
    .zh = "支付宝：本系统的应用、密钥与网关，供其他插件调用",
    .en = "Alipay: this installation's app, its keys and its gateway, for "
          "other plugins",
    .options = CIVIC_TABLE(options),
    .calls = CIVIC_TABLE(calls),
    .metrics = CIVIC_TABLE(metrics),
    .purposes = CIVIC_TABLE(purposes),
    .check = app_check,
    .init_worker = app_init_worker,
    .exit_worker = app_exit_worker
};
