-- 登录规则。修改本文件即可调整登录策略，无需编程人员，也无需重启。
-- 文件末尾的“示例”必须全部成立，新规则才会生效；改了数字，请同时改示例。
-- 时间单位都是秒。
--
-- Rules of logging in.  Changing this file changes the policy; nothing has
-- to be restarted.  The examples at the end must hold before a new version
-- is taken: whoever changes a number changes them too.  Times are seconds.
--
-- Input and output of each function stand above it.  A function sees facts,
-- never a password or a name.
--
-- 数值都在本文件；算法在 / The numbers stand here; how to reckon with them in
--   login/steps.lua    各步骤的标题和说明，做到了哪一步 / the words of the steps,
--                      and how far somebody is
--   lib/guesses.lua    猜测密码 / guessing
--   lib/passwords.lua  新密码 / new passwords
--   lib/tries.lua      次数与等待 / tries and waits

local examples = require "lib/examples"
local guesses = require "lib/guesses"
local id_numbers = require "lib/id_numbers"
local passwords = require "lib/passwords"
local steps = require "login/steps"
local tries = require "lib/tries"

local rules = {}

---------------------------------------------------------------------------
-- 验证码 / The captcha
---------------------------------------------------------------------------

-- 登录是否需要验证码 / whether a login needs one
rules.captcha_needed = true

-- 数字个数，4 到 8 / digits, 4 to 8
rules.captcha_length = 6

-- 有效时间，20 到 1800 秒 / how long it can be answered, 20 to 1800
rules.captcha_life = 180

-- 输出 / output: need, length, life
function rules.captcha()
    return {
        need = rules.captcha_needed,
        length = rules.captcha_length,
        life = rules.captcha_life,
    }
end

---------------------------------------------------------------------------
-- 渠道 / Channels
---------------------------------------------------------------------------

-- 哪些渠道不能登录注册，以及告诉考生的话：channel_wechat（微信注册系统目前还
-- 无法使用）、channel_closed（这一渠道目前还无法使用）。开放微信：删去 wechat。
-- 渠道由客户端在请求头 Civic-Channel 中说明（alipay、wechat、web、app……），
-- 未说明的微信页面和微信小程序也能认出。
-- From where nobody logs in, and what they are told.  To open WeChat, take
-- wechat away.  A client tells its channel by the header Civic-Channel; pages
-- and mini-programs in WeChat that do not are recognised.
rules.refused_channels = { wechat = "channel_wechat" }

for channel, reason in pairs(rules.refused_channels) do
    if reason ~= "channel_wechat" and reason ~= "channel_closed" then
        error("refused_channels." .. tostring(channel)
              .. ': expected "channel_wechat" or "channel_closed"')
    end
end

-- 输入 / input: channel, method
-- 输出 / output: allow = true; or allow = false, reason
function rules.channel(input)
    local reason = rules.refused_channels[input.channel]
    if reason then
        return { allow = false, reason = reason }
    end
    return { allow = true }
end

---------------------------------------------------------------------------
-- 身份证号 / The identity number
---------------------------------------------------------------------------

-- 最早出生年份 / the earliest year of birth
rules.minimum_birth_year = 1900

-- 是否自动去掉号码首尾的空格（中间的空格始终拒绝）
-- whether spaces at the edges are taken away (inside they never are)
rules.trim_edges = false

-- 是否把15位旧号码自动升为18位（第一代身份证已停止使用，默认拒绝）
-- whether the 15 digits of a first-generation card are brought to 18; those
-- cards are void, so they are refused by default
rules.upgrade_15 = false

-- 输出 / output: minimum_birth_year, trim_edges, upgrade_15, address_window
function rules.form()
    local form = id_numbers.form(rules)
    form.address_window = rules.address_window
    return form
end

---------------------------------------------------------------------------
-- 猜测密码 / Guessing
---------------------------------------------------------------------------

-- 连续错误几次后开始等待：陌生设备，本人曾登录过的设备
-- free attempts before waiting: on unknown devices, on a known one
rules.free_guesses = 5
rules.free_guesses_known_device = 10

-- 第一次等待的时间；之后每错一次加倍，直到上限
-- the first wait; it doubles with each failure, up to the longest
rules.first_wait = 60
rules.longest_wait = 3600

-- 连续错误的上限（NIST SP 800-63B：不超过100次），达到后须等到计数过期
-- failures in a row at most (NIST SP 800-63B: 100); then only time helps
rules.most_guesses = 100

-- 多久没有新的错误，计数就清零 / after so long without a failure all is new
rules.forget_guesses_after = 86400

-- 同一网络地址在一个时段内的尝试上限。许多手机共用一个地址，所以要宽松；
-- 本人曾登录过的设备不受此限。
-- Attempts from one address in a window.  Many phones share an address
-- behind their carrier, so this is generous; known devices are exempt.
rules.address_window = 600
rules.address_attempts = 300

-- 输入 / input: known_device, change, guesses, since_first, since_last,
--               address_attempts, address_resets_in
-- 输出 / output: allow = true, keep, fresh（重新计数 / count anew）; or
--               allow = false, reason, retry_after
function rules.attempt(input)
    return guesses.attempt(rules, input)
end

---------------------------------------------------------------------------
-- 新密码 / New passwords
---------------------------------------------------------------------------

-- 最少和最多字符数（汉字也算一个字符）；最多不超过128
-- characters at least and at most (any script counts one); 128 at most
rules.min_length = 8
rules.max_length = 128

-- 至少几个不同的字符 / different characters at least
rules.min_distinct = 4

-- 大写、小写、数字、其他，至少几类。NIST 不建议强制组合，故默认为1；
-- 等级保护三级有复杂度要求的，改为3。
-- Of upper case, lower case, digits and others, how many kinds.  NIST
-- advises against such rules, so 1; where classified protection asks for
-- complexity, set 3.
rules.min_classes = 1

-- 是否拒绝常见密码 / whether common passwords are refused
rules.refuse_common = true

-- 是否拒绝包含身份证号（或后六位）、出生日期、姓名的密码
-- whether passwords with one's own number, its last six, day of birth or
-- name are refused
rules.refuse_personal = true

-- 输入 / input: length, distinct, lower, upper, digits, others, blocklisted,
--               has_id_number, has_id_tail, has_birth_date, has_name,
--               same_as_old
-- 输出 / output: allow = true; or allow = false, reasons
function rules.password(input)
    return passwords.check(rules, input)
end

---------------------------------------------------------------------------
-- 进入系统 / Coming in
---------------------------------------------------------------------------

-- 哪些登录方式在认证身份之前先设置密码（电脑端在人脸识别之前，手机端在之后）
-- by which methods a password comes before the proof of who it is: on the PC
-- before the face, on the phone after it
rules.password_first = { alipay_qr = true }

-- 输入 / input: method, visitor, has_password
-- 输出 / output: must_set_password
function rules.entry(input)
    if input.has_password then
        return { must_set_password = false }
    end
    if input.visitor then
        return {
            must_set_password = rules.password_first[input.method] == true,
        }
    end
    return { must_set_password = true }
end

---------------------------------------------------------------------------
-- 电子社保卡 / The electronic social-security card
---------------------------------------------------------------------------

-- 接受哪些认证级别（签发方的写法）；空表为全部接受
-- the levels of assurance that are good enough, as the issuer spells them;
-- an empty table: all
rules.card_levels = {}

-- 从跳转到签发方到返回，最多多久，秒，60 到 3600
-- how long somebody may take from leaving for the issuer to coming back, s,
-- 60 to 3600
rules.card_life = 600

-- 输出 / output: life
function rules.card_trip()
    return { life = rules.card_life }
end

-- 输入 / input: level
-- 输出 / output: allow = true; or allow = false, reason
function rules.card(input)
    if next(rules.card_levels) == nil or rules.card_levels[input.level] then
        return { allow = true }
    end
    return { allow = false, reason = "card_level" }
end

---------------------------------------------------------------------------
-- 支付宝登录 / Logging in with Alipay
---------------------------------------------------------------------------

-- 同一网络地址在一个时段（address_window）内最多向服务商询问几次，以免外人
-- 耗尽调用额度。许多手机共用一个地址，所以要宽松。
-- How often one address may have a provider asked in a window
-- (address_window), so that strangers do not burn the quota.  Many phones
-- share an address, so this is generous.
rules.provider_attempts = 600

-- 输入 / input: method, attempts, resets_in
-- 输出 / output: allow = true; or allow = false, reason, retry_after
function rules.address(input)
    if input.attempts > rules.provider_attempts then
        return {
            allow = false,
            reason = "too_many_from_address",
            retry_after = input.resets_in,
        }
    end
    return { allow = true }
end

---------------------------------------------------------------------------
-- 填写身份 / Saying who one is
---------------------------------------------------------------------------

-- 访客在一个时段内最多几次填写或更改姓名和身份证号
-- how often a visitor may enter or change name and number in a window, s
rules.claims = 10
rules.claims_window = 86400

-- 输入 / input: claims, since_first
-- 输出 / output: allow = true, fresh（重新计数 / count anew）; or
--               allow = false, reason, retry_after
function rules.claim(input)
    return tries.in_window {
        done = input.claims, since = input.since_first, most = rules.claims,
        window = rules.claims_window, reason = "too_many_claims",
    }
end

---------------------------------------------------------------------------
-- 身份得到证明之后 / When somebody has proven who they are
---------------------------------------------------------------------------

-- 该身份此前从未由本人证明过（导入的，或他人注册的）：是否视为找回，即其他
-- 登录方式、密码、会话、设备全部失效
-- A person who was there and whom nobody had proven (imported, or registered
-- by somebody else): whether this is a recovery, so that other links, the
-- password, sessions and devices end
rules.first_proof_recovers = true

-- 输入 / input:
--   existed           此前已有该身份 / the person was there
--   proven            此前已证明过 / and had been proven
--   own               在本人自己的会话中 / in a session of that person
--   recover           本人明确要求找回 / recovery was asked for
--   how               "face"（人脸），"counter"（窗口）
--   has_password      访客刚设置了密码 / the visitor has set a password
-- 输出 / output: recovered, end_links, end_password, end_sessions,
--   end_devices; take_password（使用访客刚设置的密码 / the visitor's password
--   becomes the person's）
function rules.proven(input)
    local recovered = input.existed
        and (input.recover
             or (rules.first_proof_recovers and not input.proven
                 and not input.own))
    return {
        recovered = recovered,
        end_links = recovered,
        end_password = recovered,
        -- 密码换了，其他会话也要退出 / a new password ends sessions, too
        end_sessions = recovered or (input.existed and input.has_password),
        end_devices = recovered,
        take_password = input.has_password,
    }
end

---------------------------------------------------------------------------
-- 电脑端扫码登录 / The login of a PC by QR code
---------------------------------------------------------------------------

-- 二维码有效时间，1 到 600 秒；尚未扫描时，页面多少秒后换新的
-- how long a QR code holds, 1 to 600; after how long the page asks for a new
-- one, if nobody has scanned it
rules.qr_life = 120
rules.qr_refresh_in = 115

-- 同一网络地址在一个时段内最多取得多少个二维码。一间机房可能共用一个地址，
-- 所以要宽松。
-- QR codes for one address in a window.  A whole school may share an address,
-- so this is generous.
rules.qr_window = 600
rules.qr_tickets = 3000

-- 手机上以哪些方式登录的会话可以确认电脑登录
-- how the phone must have logged in to confirm a login on a PC
rules.qr_methods = { alipay = true }

-- 确认登录时须有的授权（civic.lua 中同意书的名称）；空为不需要
-- the consent that goes with it, a text of civic.lua; empty: none
rules.qr_consent = "identity"

-- 数字输错几次后拒绝本次登录，1 到 10
-- wrong numbers after which the login is refused, 1 to 10
rules.qr_wrong_numbers = 3

-- 输出 / output: life, refresh_in, window, tickets
function rules.ticket()
    return {
        life = rules.qr_life,
        refresh_in = rules.qr_refresh_in,
        window = rules.qr_window,
        tickets = rules.qr_tickets,
    }
end

-- 输入 / input: method（手机上的登录方式 / of the phone's session）
-- 输出 / output: allow = true, consent, wrong_numbers; or
--               allow = false, reason
function rules.ticket_phone(input)
    if not rules.qr_methods[input.method] then
        return { allow = false, reason = "ticket_method_refused" }
    end
    return {
        allow = true,
        consent = rules.qr_consent,
        wrong_numbers = rules.qr_wrong_numbers,
    }
end

---------------------------------------------------------------------------
-- 会话与设备 / Sessions and devices
---------------------------------------------------------------------------

-- 会话最长时间；多久不用就失效（0 为不限）；多久记录一次使用
-- a session's whole life; its life without use (0: no limit); how coarsely
-- use is noted
rules.session_lifetime = 43200
rules.session_idle = 1800
rules.session_refresh = 60

-- 一个人同时保留的会话数 / sessions that a person keeps
rules.sessions_kept = 20

-- 设备在最后一次登录后多久不再算“曾登录过”；一个人最多记住几台
-- how long a device stays known after its last login; how many a person has
rules.device_life = 15552000
rules.devices_kept = 10

-- 输入 / input: method
-- 输出 / output: lifetime, idle, refresh, keep, device_life, devices
function rules.session(_input)
    return {
        lifetime = rules.session_lifetime,
        idle = rules.session_idle,
        refresh = rules.session_refresh,
        keep = rules.sessions_kept,
        device_life = rules.device_life,
        devices = rules.devices_kept,
    }
end

---------------------------------------------------------------------------
-- 报名前的步骤 / Steps before one may apply
--
-- 顺序见通知：手机端先人脸识别认证、后设置密码；电脑端先设置密码。支付宝不提供
-- 姓名和身份证号，所以在人脸识别之前由本人填写（identity）。已注册并通过认证的，
-- 跳过 identity、face、photo，直接进入“本次考试”。
-- 步骤可以增减和调换：enter 进入小程序、login 登录、authorise 授权、
-- identity 身份验证、face 人脸识别认证、password 设置密码、photo 上传照片、
-- verified 身份认证完成、exam 本次考试（最后两步必须在末尾）。
--
-- The order is the notice's: on the phone the password follows the face, on
-- the PC it comes before.  Alipay tells no name and number, so they are typed
-- before the face.  Who is registered and authenticated skips identity, face
-- and photo.  Steps may be taken away or change places; verified and exam
-- stand at the end.
---------------------------------------------------------------------------

rules.steps = {
    phone = { "enter", "authorise", "identity", "face", "password", "photo",
              "verified", "exam" },
    pc = { "login", "authorise", "password", "identity", "face", "photo",
           "verified", "exam" },
}

-- 未说明手机还是电脑时，哪些登录方式算手机
-- by which methods somebody is on the phone who does not say
rules.phone_methods = { alipay = true }

-- 哪些登录方式由“系统自动完成身份授权操作”，不再询问；其余由本人点击授权。
-- 本人撤回过授权的，任何方式都要重新询问。
-- By which methods the system authorises by itself, without a question.  Who
-- has withdrawn it is asked in any case.
rules.authorise_by_itself = { password = true, card = true }

-- 照片待检测、比对或人工比对时，能否先办理以后的事项（报名等）；办理这些事项时仍会
-- 核对照片
-- whether somebody whose photograph waits for a check or a comparison may go
-- on meanwhile; what needs the photograph asks for it again
rules.go_on_while_photo_waits = true

-- 服务信息（未经核实的示例，上线前必须改写）
-- the service: UNCONFIRMED, examples; to be rewritten before people see them
rules.service = {
    name = { zh = "（示例）青海省考生公共服务系统",
             en = "(example) Public Service System for Candidates" },
    mini_program = { zh = "（示例）青海省人事考试",
                     en = "(example) 青海省人事考试" },
    telephone = { zh = "（示例）0000-0000000", en = "(example) 0000-0000000" },
    hours = { zh = "正常工作时间接听",
              en = "answered in working hours" },
}

-- 输入 / input: method, visitor
-- 输出 / output: by_itself
function rules.authorise(input)
    return { by_itself = rules.authorise_by_itself[input.method] == true }
end

-- 输入 / input: channel（没有则按登录方式 / absent: by the method）, method,
--   language, visitor, exchange, known, proven, has_password, authorised,
--   photo（none、waiting、passed）
-- 输出 / output: channel, complete, next, steps（name, state, title, text）,
--   service
function rules.onboarding(input)
    return steps.onboarding(rules, input)
end

---------------------------------------------------------------------------
-- 检查：数值写错时整个文件不生效，并说明哪一项不对、允许多少。
-- Checks: a value that cannot work is refused with the whole file, by its
-- name and with what is allowed.
---------------------------------------------------------------------------

civic.whole(rules, "captcha_length", 4, 8)
civic.whole(rules, "captcha_life", 20, 1800)
civic.whole(rules, "minimum_birth_year", 1, 9999)
civic.whole(rules, "free_guesses", 1, 100)
civic.whole(rules, "free_guesses_known_device", 1, 100)
civic.whole(rules, "first_wait", 1, 86400)
civic.whole(rules, "longest_wait", 1, 86400)
civic.whole(rules, "most_guesses", 1, 100)
civic.whole(rules, "forget_guesses_after", 60, 34560000)
civic.whole(rules, "address_window", 1, 86400)
civic.whole(rules, "address_attempts", 1, 1000000)
civic.whole(rules, "min_length", 1, 128)
civic.whole(rules, "max_length", 8, 128)
civic.whole(rules, "min_distinct", 1, 128)
civic.whole(rules, "min_classes", 1, 4)
civic.whole(rules, "card_life", 60, 3600)
civic.whole(rules, "provider_attempts", 1, 1000000)
civic.whole(rules, "claims", 1, 1000)
civic.whole(rules, "claims_window", 60, 2592000)
civic.whole(rules, "qr_life", 1, 600)
civic.whole(rules, "qr_refresh_in", 1, 600)
civic.whole(rules, "qr_window", 1, 86400)
civic.whole(rules, "qr_tickets", 1, 1000000)
civic.whole(rules, "qr_wrong_numbers", 1, 10)
civic.whole(rules, "session_lifetime", 60, 31622400)
civic.whole(rules, "session_idle", 0, 31622400)
civic.whole(rules, "session_refresh", 1, 86400)
civic.whole(rules, "sessions_kept", 1, 100)
civic.whole(rules, "device_life", 60, 63244800)
civic.whole(rules, "devices_kept", 1, 50)

if rules.max_length < rules.min_length then
    error("max_length: expected no less than min_length")
end

steps.check(rules.steps)

---------------------------------------------------------------------------
-- 示例 / Examples
---------------------------------------------------------------------------

local good = {
    length = 12, distinct = 9, lower = 12, upper = 0, digits = 0, others = 0,
    blocklisted = false, has_id_number = false, has_id_tail = false,
    has_birth_date = false, has_name = false, same_as_old = false,
}

local function but(changes)
    return examples.but(good, changes)
end

local function refused(...)
    return {
        allow = false, reasons = { ... }, min_length = 8, max_length = 128,
        min_distinct = 4, min_classes = 1,
    }
end

local function attempt(known_device, wrong, since_last, address_attempts)
    return {
        known_device = known_device, change = false, guesses = wrong,
        since_first = since_last, since_last = since_last,
        address_attempts = address_attempts, address_resets_in = 40,
    }
end

local function proven(changes)
    return examples.but({
        existed = true, proven = true, own = false, recover = false,
        how = "face", has_password = false,
    }, changes)
end

local function plan(recovered, take_password, end_sessions)
    return {
        recovered = recovered, end_links = recovered,
        end_password = recovered, end_sessions = end_sessions,
        end_devices = recovered, take_password = take_password,
    }
end

local function onboarding(changes)
    return examples.but({
        language = "zh", visitor = true, exchange = false, known = false,
        proven = false, has_password = false, authorised = false,
    }, changes)
end

local function course(channel, next_step, ...)
    return steps.course(rules, channel, next_step, ...)
end

rules.examples = {
    { call = "captcha", input = {},
      output = { need = true, length = 6, life = 180 } },
    { call = "channel", input = { channel = "wechat", method = "password" },
      output = { allow = false, reason = "channel_wechat" } },
    { call = "channel", input = { channel = "alipay", method = "alipay" },
      output = { allow = true } },
    { call = "channel", input = { channel = "web", method = "card" },
      output = { allow = true } },
    { call = "form", input = {},
      output = { minimum_birth_year = 1900, trim_edges = false,
                 upgrade_15 = false, address_window = 600 } },

    -- 第一次 / the first attempt
    { call = "attempt", input = attempt(false, 0, nil, 1),
      output = { allow = true, fresh = true, keep = 86400 } },
    -- 错了四次，还可以试 / four failures, still free
    { call = "attempt", input = attempt(false, 4, 1, 5),
      output = { allow = true, fresh = false, keep = 86400 } },
    -- 错了五次，等一分钟 / five failures, one minute
    { call = "attempt", input = attempt(false, 5, 10, 6),
      output = { allow = false, reason = "too_many_guesses",
                 retry_after = 50 } },
    { call = "attempt", input = attempt(false, 5, 60, 6),
      output = { allow = true, fresh = false, keep = 86400 } },
    -- 第七次要等四分钟 / the wait doubles
    { call = "attempt", input = attempt(false, 7, 239, 8),
      output = { allow = false, reason = "too_many_guesses",
                 retry_after = 1 } },
    -- 最长一小时 / an hour at most
    { call = "attempt", input = attempt(false, 99, 0, 8),
      output = { allow = false, reason = "too_many_guesses",
                 retry_after = 3600 } },
    { call = "attempt", input = attempt(false, 100, 3600, 8),
      output = { allow = false, reason = "too_many_guesses",
                 retry_after = 82800 } },
    -- 一天后重新计数 / a day later all is new
    { call = "attempt", input = attempt(false, 100, 86400, 8),
      output = { allow = true, fresh = true, keep = 86400 } },
    -- 曾登录过的设备另行计数 / a known device is counted apart
    { call = "attempt", input = attempt(true, 9, 0, 301),
      output = { allow = true, fresh = false, keep = 86400 } },
    { call = "attempt", input = attempt(true, 10, 0, 1),
      output = { allow = false, reason = "too_many_guesses",
                 retry_after = 60 } },
    { call = "attempt", input = attempt(false, 0, nil, 301),
      output = { allow = false, reason = "too_many_from_address",
                 retry_after = 40 } },

    { call = "password", input = good, output = { allow = true } },
    { call = "password", input = but { length = 7 },
      output = refused("password_too_short") },
    { call = "password", input = but { length = 129 },
      output = refused("password_too_long") },
    { call = "password", input = but { distinct = 3, blocklisted = true },
      output = refused("password_simple", "password_common") },
    { call = "password", input = but { has_birth_date = true },
      output = refused("password_personal") },
    { call = "password", input = but { same_as_old = true },
      output = refused("password_unchanged") },

    { call = "card", input = { level = "" }, output = { allow = true } },
    { call = "card_trip", input = {}, output = { life = 600 } },

    { call = "entry",
      input = { method = "alipay_qr", visitor = true, has_password = false },
      output = { must_set_password = true } },
    { call = "entry",
      input = { method = "alipay", visitor = true, has_password = false },
      output = { must_set_password = false } },
    { call = "entry",
      input = { method = "alipay", visitor = false, has_password = false },
      output = { must_set_password = true } },

    { call = "address",
      input = { method = "alipay", attempts = 600, resets_in = 40 },
      output = { allow = true } },
    { call = "address",
      input = { method = "alipay", attempts = 601, resets_in = 40 },
      output = { allow = false, reason = "too_many_from_address",
                 retry_after = 40 } },

    { call = "claim", input = { claims = 0 },
      output = { allow = true, fresh = true } },
    { call = "claim", input = { claims = 9, since_first = 60 },
      output = { allow = true, fresh = false } },
    { call = "claim", input = { claims = 10, since_first = 60 },
      output = { allow = false, reason = "too_many_claims",
                 retry_after = 86340 } },
    { call = "claim", input = { claims = 10, since_first = 86400 },
      output = { allow = true, fresh = true } },

    -- 新的身份 / somebody new
    { call = "proven",
      input = proven { existed = false, proven = false,
                       has_password = true },
      output = plan(false, true, false) },
    -- 他人注册的，本人找回 / registered by another: taken back
    { call = "proven", input = proven { proven = false },
      output = plan(true, false, true) },
    -- 本人再加一种登录方式 / the same human by another way
    { call = "proven", input = proven {}, output = plan(false, false, false) },
    { call = "proven", input = proven { has_password = true },
      output = plan(false, true, true) },
    -- 已登录的本人补做认证 / in a session of one's own
    { call = "proven", input = proven { proven = false, own = true },
      output = plan(false, false, false) },
    -- 明确要求找回 / asked for in so many words
    { call = "proven", input = proven { recover = true },
      output = plan(true, false, true) },
    { call = "ticket", input = {},
      output = { life = 120, refresh_in = 115, window = 600,
                 tickets = 3000 } },
    { call = "ticket_phone", input = { method = "alipay" },
      output = { allow = true, consent = "identity", wrong_numbers = 3 } },
    { call = "ticket_phone", input = { method = "password" },
      output = { allow = false, reason = "ticket_method_refused" } },

    { call = "authorise", input = { method = "password", visitor = false },
      output = { by_itself = true } },
    { call = "authorise", input = { method = "alipay_qr", visitor = true },
      output = { by_itself = false } },

    -- 手机端的新考生 / somebody new on the phone
    { call = "onboarding", input = onboarding { method = "alipay" },
      output = course("phone", "authorise", "enter:done", "authorise:next",
                      "identity:later", "face:later", "password:later",
                      "verified:later", "exam:later") },
    { call = "onboarding",
      input = onboarding { method = "alipay", authorised = true,
                           known = true },
      output = course("phone", "face", "enter:done", "authorise:done",
                      "identity:done", "face:next", "password:later",
                      "verified:later", "exam:later") },
    -- 电脑端先设置密码 / on the PC the password comes first
    { call = "onboarding",
      input = onboarding { method = "alipay_qr", authorised = true },
      output = course("pc", "password", "login:done", "authorise:done",
                      "password:next", "identity:later", "face:later",
                      "verified:later", "exam:later") },
    -- 已注册并通过认证的 / registered and authenticated
    { call = "onboarding",
      input = onboarding { method = "password", visitor = false,
                           authorised = true, known = true, proven = true,
                           has_password = true },
      output = course("pc", "exam", "login:done", "authorise:done",
                      "password:done", "identity:skipped", "face:skipped",
                      "verified:done", "exam:next") },

    { call = "session", input = { method = "password" },
      output = { lifetime = 43200, idle = 1800, refresh = 60, keep = 20,
                 device_life = 15552000, devices = 10 } },
}

return rules
