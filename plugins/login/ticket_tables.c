/*
 * ticket_tables.c - the fields of the login by QR code: bodies, replies, the
 * rule's input.  The routes stand in login.c.
 */

#include "login.h"

#define TEXT_OF_MEDIA  (64 * 1024)          /* code points of a picture */
#define URL_MAX        2331                 /* what a QR code holds */

/* Longer texts than a ticket's are taken, for to be told that they are no
   ticket: the phone may have scanned anything. */
#define TICKET_FIELD                                                          \
    { .name = "ticket", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,   \
      .zh = "二维码中的登录票", .en = "the ticket that the QR code holds" }

#define SECRET_FIELD                                                          \
    { .name = "secret", .type = CIVIC_TYPE_STRING, .flags = CIVIC_SECRET,     \
      .zh = "浏览器密钥；用 Cookie 时省略",                                   \
      .en = "the browser's secret; absent when a cookie carries it" }


/* ---- the PC ------------------------------------------------------------ */

static const char *const  formats[] = { "png", "svg", "both", NULL };

static const char *const  states[] = {
    "new", "scanned", "confirmed", "refused", "expired", "redeemed", NULL
};

static const char *const  reasons[] = { "refused", "number_wrong", NULL };

#define STATE_FIELD(chinese, english)                                         \
    { .name = "state", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,    \
      .choices = states, .zh = chinese, .en = english }

#define EXPIRES_FIELD                                                         \
    { .name = "expires_at", .type = CIVIC_TYPE_INSTANT,                       \
      .flags = CIVIC_REQUIRED,                                                \
      .zh = "失效时间", .en = "until when it can be used" }

const civic_field_t  login_ticket_begin_body[] = {
    { .name = "format", .type = CIVIC_TYPE_STRING, .choices = formats,
      .fallback = "\"png\"",
      .zh = "二维码图片格式", .en = "how the QR code is drawn" },
    CIVIC_END
};

const civic_field_t  login_ticket_begin_reply[] = {
    { .name = "ticket", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "登录票，随二维码给手机", .en = "the ticket, for the phone" },
    { .name = "secret", .type = CIVIC_TYPE_STRING, .flags = CIVIC_SECRET,
      .zh = "浏览器密钥，只留在本浏览器；用 Cookie 时不返回",
      .en = "the browser's secret, which does not leave it; absent when a "
            "cookie carries it" },
    { .name = "number", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .pattern = "[0-9]{2}",
      .zh = "显示在电脑屏幕上、在手机上输入的两位数字",
      .en = "two digits to be shown on this screen and typed on the phone" },
    { .name = "url", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .max = URL_MAX,
      .zh = "二维码的内容", .en = "what the QR code holds" },
    { .name = "qr_png", .type = CIVIC_TYPE_STRING, .max = TEXT_OF_MEDIA,
      .zh = "二维码图片（data:image/png;base64）",
      .en = "the QR code, as a data URI" },
    { .name = "qr_svg", .type = CIVIC_TYPE_STRING, .max = TEXT_OF_MEDIA,
      .zh = "二维码图片（SVG 文本）", .en = "the QR code, as SVG" },
    EXPIRES_FIELD,
    { .name = "refresh_in", .type = CIVIC_TYPE_INTEGER,
      .flags = CIVIC_REQUIRED, .min = 1,
      .zh = "多少秒后换新的二维码（尚未被扫描时）",
      .en = "after how many seconds the page asks for a new one, if nobody "
            "has scanned it" },
    CIVIC_END
};

const civic_field_t  login_ticket_wait_body[] = {
    TICKET_FIELD, SECRET_FIELD,
    STATE_FIELD("页面已知的状态", "the state that the page knows"),
    CIVIC_END
};

const civic_field_t  login_ticket_wait_reply[] = {
    STATE_FIELD("new 未扫描，scanned 已扫描，confirmed 已确认登录（可登录），"
                "refused 已拒绝，expired 已过期，redeemed 已登录",
                "confirmed: it can be redeemed now"),
    EXPIRES_FIELD,
    { .name = "reason", .type = CIVIC_TYPE_STRING, .choices = reasons,
      .zh = "refused 的原因：refused 手机上拒绝，number_wrong 数字多次输入错误",
      .en = "why it is refused: on the phone, or for its wrong numbers" },
    CIVIC_END
};

const civic_field_t  login_ticket_redeem_body[] = {
    TICKET_FIELD, SECRET_FIELD,
    CIVIC_END
};


/* ---- the phone --------------------------------------------------------- */

const civic_field_t  login_ticket_body[] = {
    TICKET_FIELD,
    CIVIC_END
};

const civic_field_t  login_ticket_scan_reply[] = {
    { .name = "begun_at", .type = CIVIC_TYPE_INSTANT,
      .flags = CIVIC_REQUIRED,
      .zh = "电脑端打开登录页的时间", .en = "when the PC asked for it" },
    { .name = "place", .type = CIVIC_TYPE_STRING, .flags = CIVIC_NULLABLE,
      .zh = "电脑所在网络", .en = "the network of the PC" },
    { .name = "browser", .type = CIVIC_TYPE_STRING, .flags = CIVIC_NULLABLE,
      .zh = "电脑的浏览器与系统", .en = "the PC's browser and system" },
    EXPIRES_FIELD,
    { .name = "number_length", .type = CIVIC_TYPE_INTEGER,
      .flags = CIVIC_REQUIRED, .min = TICKET_NUMBER, .max = TICKET_NUMBER,
      .zh = "须输入的数字位数", .en = "how many digits are to be typed" },
    { .name = "authorised", .type = CIVIC_TYPE_BOOLEAN,
      .flags = CIVIC_REQUIRED,
      .zh = "是否已授权；未授权的，确认登录时须一并授权",
      .en = "whether the consent is there; if not, it goes with the "
            "confirmation" },
    CIVIC_END
};

#define FLAG(flag, chinese, english)                                          \
    { .name = flag, .type = CIVIC_TYPE_BOOLEAN, .zh = chinese, .en = english }

static const civic_field_t  flags[] = {
    FLAG("face", "生物识别信息（人脸）", "biometrics, such as a face"),
    FLAG("health", "医疗健康信息", "health"),
    FLAG("minor", "不满十四周岁未成年人的信息", "of a child under 14"),
    FLAG("finance", "金融账户信息", "bank accounts"),
    FLAG("location", "行踪轨迹", "whereabouts"),
    FLAG("identity", "特定身份", "particular identities"),
    FLAG("religion", "宗教信仰", "beliefs"),
    CIVIC_END
};

static const char *const  languages[] = { "zh", "en", NULL };
static const char *const  methods[] = { "tick_and_button", NULL };

static const civic_field_t  consent[] = {
    { .name = "version", .type = CIVIC_TYPE_INTEGER,
      .flags = CIVIC_REQUIRED, .min = 1, .max = 1000000000,
      .zh = "同意书版本", .en = "the text's version" },
    { .name = "language", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED, .choices = languages,
      .zh = "所示文本的语言", .en = "the language of the text" },
    { .name = "flags", .type = CIVIC_TYPE_OBJECT, .fields = flags,
      .zh = "每一项的勾选结果，不得预先勾选",
      .en = "what was ticked, each by itself; nothing is ticked "
            "beforehand" },
    { .name = "method", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = methods,
      .zh = "同意的方式：勾选并点按钮",
      .en = "how it was given: ticked, and a button pressed" },
    { .name = "channel", .type = CIVIC_TYPE_STRING, .max = 32,
      .pattern = "[a-z][a-z0-9_]*", .example = "alipay",
      .zh = "渠道，如 alipay", .en = "the channel, such as alipay" },
    CIVIC_END
};

const civic_field_t  login_ticket_confirm_body[] = {
    TICKET_FIELD,
    { .name = "number", .type = CIVIC_TYPE_STRING,
      .flags = CIVIC_REQUIRED | CIVIC_TYPED, .pattern = "[0-9]{2}",
      .example = "07",
      .zh = "电脑屏幕上显示的两位数字",
      .en = "the two digits on the PC's screen" },
    { .name = "consent", .type = CIVIC_TYPE_OBJECT, .fields = consent,
      .zh = "授权：尚未授权（authorised 为 false）时提交",
      .en = "the consent, if it was not there (authorised: false)" },
    CIVIC_END
};

static const char *const  decided[] = { "confirmed", "refused", NULL };

const civic_field_t  login_ticket_decided_reply[] = {
    { .name = "state", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .choices = decided,
      .zh = "confirmed 已确认登录，refused 已拒绝",
      .en = "what was decided" },
    CIVIC_END
};


/* ---- the rule ---------------------------------------------------------- */

const civic_field_t  login_ticket_phone_input[] = {
    { .name = "method", .type = CIVIC_TYPE_STRING, .flags = CIVIC_REQUIRED,
      .zh = "手机上的登录方式",
      .en = "how the phone's session began: alipay ..." },
    CIVIC_END
};


/* ---- problems ---------------------------------------------------------- */

const char *const  login_ticket_begin_problems[] = {
    "invalid_fields", LOGIN_CHANNEL_PROBLEMS, "too_many_from_address",
    "origin_refused", "login_method_off", "overloaded", "store_unavailable",
    "outcome_unknown", NULL
};

const char *const  login_ticket_wait_problems[] = {
    "invalid_fields", "ticket_unknown", "origin_refused", "overloaded",
    "store_unavailable", NULL
};

const char *const  login_ticket_redeem_problems[] = {
    "invalid_fields", "ticket_unknown", "ticket_not_confirmed",
    "ticket_refused", "ticket_number_exhausted", "ticket_expired",
    "ticket_used", "ticket_method_refused", LOGIN_CHANNEL_PROBLEMS,
    "account_locked",
    "conflict", "consent_required", "origin_refused",
    "plugin_unavailable", "overloaded", "store_unavailable",
    "outcome_unknown", NULL
};

const char *const  login_ticket_scan_problems[] = {
    "invalid_fields", "ticket_method_refused", "ticket_unknown",
    "ticket_taken", "ticket_refused", "ticket_number_exhausted",
    "ticket_expired", "ticket_used", "plugin_unavailable",
    "store_unavailable", "outcome_unknown", NULL
};

const char *const  login_ticket_confirm_problems[] = {
    "invalid_fields", "number_wrong", "consent_required", "in_progress",
    "ticket_method_refused", "ticket_unknown", "ticket_not_scanned",
    "ticket_taken", "ticket_refused", "ticket_number_exhausted",
    "ticket_expired", "plugin_unavailable",
    "store_unavailable", "outcome_unknown", NULL
};

const char *const  login_ticket_refuse_problems[] = {
    "invalid_fields", "ticket_method_refused", "ticket_unknown",
    "ticket_not_scanned", "ticket_taken", "ticket_expired", "ticket_used",
    "store_unavailable", "outcome_unknown", NULL
};
