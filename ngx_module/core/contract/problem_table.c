/*
 * problem_table.c - the texts of the host's problems and field errors.
 *
 * Read by citizens, some of whom fill in a form for the first time: a text
 * says what happened and what to do next, and blames nobody.  Its first
 * sentence is the title.  For a bare status of nginx the first entry with
 * that status speaks, so the general one stands first.
 */

#include "problem.h"

static const civic_field_t  consent_required[] = {
    { .name = "purpose", .type = CIVIC_TYPE_STRING, .zh = "缺少同意的用途",
      .en = "which consent is missing" },
    CIVIC_END
};

const civic_problem_def_t  civic_host_problems[] = {

    /* 400 */

    { "bad_request", 400,
      "请求无法识别。请返回上一页重试；如仍不成功，请更新到最新版本后再试。",
      "The request could not be understood. Go back and try again; if it "
      "still fails, update to the latest version first." },

    { "unexpected_body", 400,
      "该请求不应带有内容。请去掉请求正文后重试。",
      "This request takes no body. Send it again without one." },

    { "civic_now_refused", 400,
      "请求头 Civic-Now 不可用。它只用于测试环境中的 GET 请求，并须为带时区的"
      "时间，如 2026-03-09T08:30:00+08:00。",
      "The header Civic-Now cannot be used like this. It is for a GET in a "
      "sandbox, and an instant with its offset, as in "
      "2026-03-09T08:30:00+08:00." },

    { "json_malformed", 400,
      "提交的内容格式有误。请检查后重新提交；如仍不成功，请更新到最新版本"
      "后再试。",
      "The content sent is not valid JSON. Check it and send it again; if it "
      "still fails, update to the latest version first." },

    { "json_too_deep", 400,
      "提交的内容层级过深。请减少层级后重新提交。",
      "The content sent is nested too deeply. Use fewer levels and send it "
      "again." },

    { "json_too_many_values", 400,
      "一次提交的内容过多。请分几次提交。",
      "Too many items were sent at once. Send them in several requests." },

    { "json_duplicate_key", 400,
      "提交的内容中有重复的项目。每个项目只填写一次，然后重新提交。",
      "The content sent has the same item twice. Give each item once and send "
      "it again." },

    { "upload_malformed", 400,
      "上传的内容格式有误。请一次只上传一个文件；如仍不成功，请更新到最新版本"
      "后再试。",
      "The upload could not be understood. Send one file at a time; if it "
      "still fails, update to the latest version first." },

    { "certificate_refused", 400,
      "客户端证书未通过验证。请更换有效的证书后再试。",
      "The client certificate was not accepted. Choose a valid one and try "
      "again." },

    { "certificate_required", 400,
      "访问此服务需要客户端证书。请选择证书后再试。",
      "This service asks for a client certificate. Choose one and try again." },

    { "https_required", 400,
      "请使用安全连接访问。请把网址开头改为 https:// 后再试。",
      "A secure connection is needed. Use an address that begins with "
      "https:// and try again." },

    { "idempotency_key_required", 400,
      "请求缺少防重复标识。请返回上一页重新提交。开发者请带上请求头 "
      "Idempotency-Key，每次新的提交用新的值。",
      "The header Idempotency-Key is missing. Send the request again with a "
      "new key of your own." },

    /* 401, 402, 403 */

    { "unauthorized", 401,
      "请先登录。登录后即可继续办理。",
      "Please log in first. You can go on right after that." },

    { "session_expired", 401,
      "登录已过期。请重新登录后继续办理。",
      "Your login has ended. Log in again to go on." },

    { "payment_required", 402,
      "需要先完成付款。请付款后再继续。",
      "A payment is needed first. Pay, then go on." },

    { "forbidden", 403,
      "您没有办理此项的权限。请确认登录的账户是否正确；如有疑问，请拨打服务"
      "电话。",
      "You are not allowed to do this. Check that you are logged in with the "
      "right account; if in doubt, call the service line." },

    { "origin_refused", 403,
      "此页面不能提交请求。请从官方网站或小程序重新进入后再试。",
      "This page may not send requests. Enter again from the official website "
      "or mini-program." },

    { "password_required", 403,
      "请先设置密码。设置完成后即可继续办理。",
      "Please set your password first. You can go on right after that." },

    { "consent_required", 403,
      "需要您先同意个人信息处理规则。请阅读同意书并作出选择；不同意的，可以使用"
      "同意书中列出的其他方式办理。",
      "Your consent is needed first. Read the text and decide; without it, "
      "use the other way that it names.", consent_required },

    { "read_only", 403,
      "此服务目前只能查询。请稍后再来办理。",
      "This service can only be read at the moment. Come back later to make "
      "changes." },

    /* 404 to 431 */

    { "not_found", 404,
      "没有找到您要的内容。请检查地址，或返回首页重新进入。",
      "Nothing was found here. Check the address, or start again from the "
      "home page." },

    { "method_not_allowed", 405,
      "此地址不支持这种操作。请返回上一页，从页面上的按钮进入。",
      "This address does not support that operation. Go back and use the "
      "buttons of the page." },

    { "not_acceptable", 406,
      "无法按要求的格式提供内容。请更换格式后再试。",
      "The content is not available in the format asked for. Ask for another "
      "format." },

    { "request_timeout", 408,
      "网络较慢，未收到完整的请求。请检查网络后重试。",
      "The request did not arrive in time. Check your network and try "
      "again." },

    { "conflict", 409,
      "内容已发生变化，本次操作没有完成。请刷新后查看最新状态，再继续办理。",
      "Something has changed meanwhile, and nothing was done. Refresh, look "
      "at the latest state, then go on." },

    { "in_progress", 409,
      "相同的请求正在处理中。请稍候查看结果，不要重复提交。",
      "The same request is being worked on. Wait a moment for its result; do "
      "not send it again." },

    { "idempotency_key_reused", 409,
      "此次提交与之前的内容不一致。请返回上一页重新提交。",
      "The same Idempotency-Key came with different content. Use a new key "
      "for a new request." },

    { "gone", 410,
      "此内容已不再提供。请返回首页查看最新的服务。",
      "This is no longer available. See the home page for what is offered "
      "now." },

    { "length_required", 411,
      "请求缺少长度信息。请更新到最新版本后再试。",
      "The request does not say how long it is. Update to the latest version "
      "and try again." },

    { "precondition_failed", 412,
      "内容已被更新。请刷新后再操作。",
      "The content has been updated meanwhile. Refresh and try again." },

    { "body_too_large", 413,
      "提交的内容过大。请减少内容或换用较小的文件后再试。",
      "What you sent is too large. Send less, or choose a smaller file." },

    { "uri_too_long", 414,
      "网址过长。请返回上一页重新进入。",
      "The address is too long. Go back and enter again." },

    { "unsupported_media_type", 415,
      "不支持此类文件或内容格式。请按页面说明更换格式后再试。",
      "This kind of file or content is not supported. Choose a format that "
      "the page names." },

    { "range_not_satisfiable", 416,
      "请求的内容范围不存在。请从头重新下载。",
      "The requested range does not exist. Download it again from the "
      "start." },

    { "expectation_failed", 417,
      "请求的要求无法满足。请更新到最新版本后再试。",
      "The request expects something that is not offered. Update to the "
      "latest version and try again." },

    { "misdirected_request", 421,
      "请求发到了错误的地址。请关闭页面后重新打开。",
      "The request went to the wrong place. Close the page and open it "
      "again." },

    { "invalid_fields", 422,
      "填写的信息有误。请按提示逐项修改后重新提交。",
      "Some of what you filled in is not right. Correct each item as it says, "
      "then send it again." },

    { "too_early", 425,
      "连接尚未准备好。请稍候再试。",
      "The connection is not ready yet. Try again in a moment." },

    { "upgrade_required", 426,
      "需要更新的协议版本。请更新到最新版本后再试。",
      "A newer protocol is needed. Update to the latest version and try "
      "again." },

    { "too_many_requests", 429,
      "操作过于频繁。请稍候再试。",
      "Too many requests in a short time. Wait a moment and try again." },

    { "headers_too_large", 431,
      "请求的附加信息过大。请清除浏览器的 Cookie 后再试。",
      "The request's headers are too large. Clear the cookies of your browser "
      "and try again." },

    /* 5xx */

    { "internal_error", 500,
      "系统出现问题，本次操作没有完成。请稍后再试；如仍不成功，请拨打服务电话"
      "并告知请求编号。",
      "Something went wrong on our side. Try again later; if it still fails, "
      "call the service line and tell them the request number." },

    { "not_implemented", 501,
      "暂不支持此项操作。请返回上一页选择其他方式。",
      "This operation is not supported. Go back and choose another way." },

    { "bad_gateway", 502,
      "相关服务暂时没有正确响应。请稍后再试。",
      "A service that we depend on did not answer properly. Try again "
      "later." },

    { "overloaded", 503,
      "当前访问人数较多。您的操作尚未办理，请稍候再试。",
      "Very many people are here right now. Nothing was done yet; please try "
      "again in a moment." },

    { "store_unavailable", 503,
      "系统暂时无法读写数据。您的操作尚未办理，请稍候再试。",
      "Our data cannot be reached at the moment. Nothing was done; please try "
      "again in a moment." },

    { "outcome_unknown", 503,
      "暂时无法确认本次操作的结果。请先查看最新状态，不要立即重复提交。",
      "It is not known yet whether this was done. Look at the latest state "
      "before you send it again." },

    { "plugin_unavailable", 503,
      "此服务暂停使用。请稍后再试，其他服务不受影响。",
      "This service is paused. Try again later; the other services work." },

    { "gateway_timeout", 504,
      "相关服务响应超时。请先查看最新状态，再决定是否重试。",
      "A service that we depend on took too long. Look at the latest state "
      "before you try again." },

    { "http_version_not_supported", 505,
      "不支持此协议版本。请更新到最新版本后再试。",
      "This version of HTTP is not supported. Update to the latest version "
      "and try again." },

    { "storage_full", 507,
      "系统存储空间不足，本次操作没有完成。请稍后再试。",
      "There is no room to store this, and nothing was done. Try again "
      "later." },

    /* errors of one field */

    { "invalid", 0,
      "此项填写有误。请检查后重新填写。",
      "This item is not right. Check it and fill it in again." },

    { "required", 0,
      "此项不能为空。请填写后再提交。",
      "This item is needed. Fill it in before you send.",
      .example = 1 },

    { "unknown_field", 0,
      "此项不在可填写的范围内。请去掉后再提交。",
      "This item is not known here. Leave it out." },

    { "duplicate_argument", 0,
      "此项重复出现。请只保留一个。",
      "This item is given more than once. Keep only one." },

    { "wrong_type", 0,
      "此项的类型不正确。应为{type_zh}，请修改后再提交。",
      "This item has the wrong type. It should be of type {type}.",
      .example = 1 },

    { "too_short", 0,
      "此项太短。请至少填写 {min} 个字符。",
      "This item is too short. The least number of characters is {min}.",
      .example = 1 },

    { "too_long", 0,
      "此项太长。请不要超过 {max} 个字符。",
      "This item is too long. The greatest number of characters is {max}.",
      .example = 1 },

    { "too_small", 0,
      "此项的数值太小。请填写不小于 {min} 的数。",
      "This number is too small. Enter {min} or more." },

    { "too_large", 0,
      "此项的数值太大。请填写不大于 {max} 的数。",
      "This number is too large. Enter {max} or less." },

    { "bad_format", 0,
      "此项的格式不正确。请检查后重新填写。",
      "This item is not in the right format. Check it and fill it in "
      "again.",
      .example = 1 },

    { "not_a_choice", 0,
      "此项不在可选范围内。请从以下选项中选择：{choices}。",
      "This is not one of the choices. Choose one of: {choices}." },

    { "too_few", 0,
      "此项的数量太少。请至少提供 {min} 个。",
      "There are too few of these. Give at least {min}." },

    { "too_many", 0,
      "此项的数量太多。请不要超过 {max} 个。",
      "There are too many of these. Give no more than {max}." }
};

const size_t  civic_host_problem_count =
    sizeof(civic_host_problems) / sizeof(civic_host_problems[0]);
