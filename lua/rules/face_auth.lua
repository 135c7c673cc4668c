-- 人脸识别认证规则。修改本文件即可调整政策，无需编程人员，也无需重启。
-- 文件末尾的“示例”必须全部成立，新规则才会生效；改了数字，请同时改示例。
-- 时间单位都是秒，另有说明的除外。
--
-- Rules of face authentication.  Changing this file changes the policy;
-- nothing has to be restarted.  The examples at the end must hold before a
-- new version is taken.  Times are seconds unless said otherwise.
--
-- Input and output of each function stand above it.  A function sees facts,
-- never a name, a number or a face.
--
-- 数值都在本文件；次数与等待的算法在 lib/tries.lua
-- The numbers stand here; how tries and waits are reckoned, in lib/tries.lua.

local id_numbers = require "lib/id_numbers"
local tries = require "lib/tries"

local rules = {}

---------------------------------------------------------------------------
-- 为什么认证，认证谁 / Why, and whose face
--
-- whose    "self" 本人；"relative" 亲属（由办理人填写姓名和身份证号）
-- recover  认证通过后按“找回账户”处理：原密码、原绑定与会话全部失效
-- visitor  尚未认证身份的访客能否使用
-- consent  须有办理人的哪一份同意（civic.lua 中同意书的名称）；撤回后依此开始的
--          认证随即删除
-- open     是否开放（照片由以后的业务使用，未使用时不要开放；亲属由亲属码使用）
--
-- whose    "self", or "relative": name and number are in the request
-- recover  what follows is a recovery of the account
-- visitor  whether somebody may who is not proven yet
-- consent  which consent of the caller it needs (a text of civic.lua); once it
--          is withdrawn the attempts that began under it are erased
-- open     whether it is offered; family codes use "kinship", nobody "photo"
---------------------------------------------------------------------------

rules.purposes = {
    identity = { whose = "self", recover = false, visitor = true,
                 consent = "face", open = true },
    recover = { whose = "self", recover = true, visitor = true,
                consent = "face", open = true },
    photo = { whose = "self", recover = false, visitor = false,
              consent = "face", open = false },
    kinship = { whose = "relative", recover = false, visitor = false,
                consent = "kinship", open = true },
}

-- 与支付宝签约的认证方式：FACE、CERT_PHOTO、CERT_PHOTO_FACE、SMART_FACE
-- what the contract with Alipay names
rules.biz_code = "FACE"

-- 支付宝是否留存人脸：never 不留存，reserve 留存
-- whether Alipay may keep the face: never, or reserve
rules.face_reserve_strategy = "never"

-- 输入 / input: purpose, visitor
-- 输出 / output: known, whose, recover, consent, biz_code, reserve
function rules.purpose(input)
    local purpose = rules.purposes[input.purpose]
    if not purpose or not purpose.open
       or (input.visitor and not purpose.visitor) then
        return { known = false }
    end
    return {
        known = true,
        whose = purpose.whose,
        recover = purpose.recover,
        consent = purpose.consent,
        biz_code = rules.biz_code,
        reserve = rules.face_reserve_strategy,
    }
end

-- 一份同意结束时，哪些目的的认证要删除，哪些属于其他同意
-- A consent ends: the purposes that need it, and those that need another.
-- 输入 / input: consent
-- 输出 / output: needing, others
function rules.consented(input)
    local needing, others = {}, {}
    for name, purpose in pairs(rules.purposes) do
        local list = purpose.consent == input.consent and needing or others
        list[#list + 1] = name
    end
    table.sort(needing)
    table.sort(others)
    return { needing = needing, others = others }
end

---------------------------------------------------------------------------
-- 亲属与窗口填写的身份证号 / Numbers that are typed here
---------------------------------------------------------------------------

-- 最早出生年份；是否去掉首尾空格；是否接受15位旧号
-- the earliest year of birth; whether spaces at the edges are taken away;
-- whether 15 digits of a first-generation card are brought to 18
rules.minimum_birth_year = 1900
rules.trim_edges = false
rules.upgrade_15 = false

-- 输出 / output: minimum_birth_year, trim_edges, upgrade_15
function rules.form()
    return id_numbers.form(rules)
end

---------------------------------------------------------------------------
-- 一次认证 / One attempt
---------------------------------------------------------------------------

-- 一次认证的有效时间（60 到 82800；支付宝的认证单 23 小时后失效）
-- how long an attempt can be used (Alipay's own end is after 23 hours)
rules.attempt_life = 300

-- 电脑页面等待结果时，最多每几秒询问一次支付宝
-- while a page waits, Alipay is asked every so many seconds at most
rules.ask_every = 3

-- 同一次认证中“身份认证完成”最多按几次
-- how often one attempt's result may be asked for by hand
rules.asks = 20

-- 只有开始认证的那次登录能够取得结果
-- only the session that began an attempt gets its result
rules.same_session = true

-- 亲属认证通过后，结果多久内必须使用
-- how long a relative's result waits for its use
rules.result_life = 900

-- 每人保存最近几次认证（含窗口申请）；最后一次之后保存多少天，不短于下面各时段
-- how many attempts of a person are kept, requests for the counter included,
-- and for how many days after the last: no less than the windows below
rules.kept_attempts = 12
rules.kept_days = 30

-- 输出 / output: life, ask_every, asks, same_session, result_life, kept,
--               kept_days
function rules.terms()
    return {
        life = rules.attempt_life,
        ask_every = rules.ask_every,
        asks = rules.asks,
        same_session = rules.same_session,
        result_life = rules.result_life,
        kept = rules.kept_attempts,
        kept_days = rules.kept_days,
    }
end

-- 同一目的、同一人已有一次未结束的认证：继续那一次，还是重新开始。
-- 已被告知“未通过”的、由另一次登录开始的、快要失效的，重新开始。
-- There is an unfinished attempt for the same purpose and person: go on with
-- it, or begin anew (after a failure that was told, from another session, or
-- shortly before its end).
-- 输入 / input: told（已答复未通过的次数 / answers that it had not passed）,
--               same_session, expires_in
-- 输出 / output: reuse
function rules.again(input)
    return {
        reuse = input.same_session and input.told == 0
            and input.expires_in >= 60,
    }
end

---------------------------------------------------------------------------
-- 次数 / How often
--
-- 每次认证在开始时计数，通过后清零（NIST SP 800-63B：连续失败5次后每次至少
-- 等待30秒，累计不超过50次，之后改用其他方式）。
-- An attempt counts when it begins, and passing clears the count: nobody
-- escapes it by not asking for the result.
---------------------------------------------------------------------------

-- 不用等待的次数；之后第一次等待多久，每次加倍，直到上限
-- attempts that need no waiting; then the first wait, which doubles up to
-- the longest
rules.free_tries = 5
rules.first_wait = 30
rules.longest_wait = 1800

-- 没有一次通过时的上限；多久没有新的认证就清零
-- attempts at most without one that passes; after so long all is new
rules.most_tries = 50
rules.forget_tries_after = 86400

-- 一个时段内的总次数（通过的也算：每次都要付费）
-- attempts in a window, passed ones too: each costs
rules.window = 86400
rules.window_attempts = 60

-- 几次未通过后提示可到窗口办理 / when the counter is offered
rules.counter_after = 3

-- 输入 / input: purpose, visitor, tries, since_last（没有则不给 / absent if
--               there was none）, begun, since_window
-- 输出 / output: allow = true, fresh, fresh_window（重新计数 / count anew）,
--               keep, counter; or allow = false, reason, retry_after, counter
function rules.attempt(input)
    local done, begun = input.tries, input.begun
    local fresh = not input.since_last
        or input.since_last >= rules.forget_tries_after
    local fresh_window = not input.since_window
        or input.since_window >= rules.window

    if fresh then
        done = 0
    end
    if fresh_window then
        begun = 0
    end
    local counter = done >= rules.counter_after

    if begun >= rules.window_attempts then
        return { allow = false, reason = "face_limit", counter = true,
                 retry_after = rules.window - input.since_window }
    end
    if done >= rules.most_tries then
        return { allow = false, reason = "face_limit", counter = true,
                 retry_after = rules.forget_tries_after - input.since_last }
    end
    local wait = tries.wait(done, rules.free_tries, rules.first_wait,
                            rules.longest_wait)
    if not fresh and input.since_last < wait then
        return { allow = false, reason = "face_wait", counter = counter,
                 retry_after = wait - input.since_last }
    end
    return {
        allow = true, fresh = fresh, fresh_window = fresh_window,
        counter = counter,
        keep = math.max(rules.forget_tries_after, rules.window),
    }
end

---------------------------------------------------------------------------
-- 有效期 / How long a proof is good
---------------------------------------------------------------------------

-- 认证通过后多少天内不必重新认证；0 为长期有效
-- days after which a face has to be shown again; 0: never
rules.valid_days = 0

-- 哪些方式认可 / which ways count
rules.ways = { face = true, counter = true }

-- 输入 / input: proven_by, age（秒；从未认证则不给 / absent if never）
-- 输出 / output: valid, counter（可到窗口办理 / the counter is offered）
function rules.validity(input)
    local days = rules.valid_days
    local valid = input.age ~= nil and rules.ways[input.proven_by] == true
        and (days == 0 or input.age < days * 86400)
    return { valid = valid, counter = true }
end

---------------------------------------------------------------------------
-- 文字 / Texts
---------------------------------------------------------------------------

-- 拍摄前的提示 / before the camera: the notice's own words
rules.advice = {
    light = {
        zh = "光线良好，尽量保持人脸与手机平行，屏幕中央的头像占据识别框的"
            .. "三分之二左右",
        en = "Find good light, hold the phone parallel to your face, and let "
            .. "your head fill about two thirds of the frame in the middle "
            .. "of the screen",
    },
    pose = {
        zh = "请勿低头、抬头、歪头、侧脸、打电话、使用多个面孔、夸张表情、"
            .. "遮住脸部",
        en = "Do not lower, raise, tilt or turn your head, telephone, show "
            .. "more than one face, make faces, or cover your face",
    },
    number = {
        zh = "请核对姓名和身份证号与身份证件一致",
        en = "Compare name and identity number with your document",
    },
    own = {
        zh = "请由本人面对手机完成认证",
        en = "The person who is named has to face the phone",
    },
}

-- 开始前显示哪些；没有原因（通常如此）或原因不认识时，全部显示
-- what is shown before; without a reason (the usual case), or with one that
-- is not known, all of "whole" is shown
rules.before = { "light", "pose" }
rules.whole = { "light", "pose", "own", "number" }

-- 支付宝返回的原因 → 显示哪些。原因代码没有公开的清单，请按签约资料补充；
-- 不认识的原因显示全部。
-- The provider's reasons, and what is shown.  No list of them is public: fill
-- it in from your contract.  What is not known shows all.
rules.reasons = {
    Z1147 = { "own", "light", "pose" },
}

rules.buttons = {
    enter = { zh = "进入人脸识别认证", en = "Begin face authentication" },
    agree = { zh = "同意协议并认证", en = "Agree and authenticate" },
    done = { zh = "身份认证完成", en = "I have finished" },
}

-- 输入 / input: language（zh, en）, failed, reason（没有则不给 / may be absent）
-- 输出 / output: texts, text（连成一段 / all in one）, buttons
function rules.texts(input)
    local language = input.language
    local keys = rules.before
    if input.failed then
        keys = input.reason and rules.reasons[input.reason] or rules.whole
    end
    local texts, text = {}, ""
    for i, key in ipairs(keys) do
        texts[i] = rules.advice[key][language]
        text = text .. texts[i] .. (language == "en" and ". " or "。")
    end
    local buttons = {}
    for name, of in pairs(rules.buttons) do
        buttons[name] = of[language]
    end
    return { texts = texts, text = text, buttons = buttons }
end

---------------------------------------------------------------------------
-- 服务窗口 / The counter: another way, always
---------------------------------------------------------------------------

-- 几次未通过后可以申请；0 为随时可以（依法应当提供非人脸的方式）
-- after how many attempts without a pass it may be asked for; 0: always (the
-- law asks for a way without a face)
rules.counter_from = 0

-- 窗口编号的有效时间；一个时段内最多申请几次
-- how long a code is good; how many are given in a window
rules.code_life = 86400
rules.code_window = 86400
rules.codes = 5

-- 输入 / input: tries, given, since_window
-- 输出 / output: allow = true, life, fresh; or allow = false, reason,
--               retry_after
function rules.counter(input)
    if input.tries < rules.counter_from then
        return { allow = false, reason = "face_counter_later" }
    end
    local answer = tries.in_window {
        done = input.given, since = input.since_window, most = rules.codes,
        window = rules.code_window, reason = "face_codes_limit",
    }
    if answer.allow then
        answer.life = rules.code_life
    end
    return answer
end

-- 工作人员输入错误编号：一个时段内最多几次
-- wrong codes of one of the staff in a window
rules.wrong_window = 600
rules.wrong_codes = 10

-- 输入 / input: wrong, since_window
-- 输出 / output: allow = true, fresh; or allow = false, reason, retry_after
function rules.look_up(input)
    return tries.in_window {
        done = input.wrong, since = input.since_window,
        most = rules.wrong_codes, window = rules.wrong_window,
        reason = "face_codes_wrong",
    }
end

---------------------------------------------------------------------------
-- 人脸图像 / The picture of the face
---------------------------------------------------------------------------

-- 支付宝授权返回人脸图像时，是否留存（用于比对报名照片），留存多少天
-- whether the picture is kept, where Alipay grants it (the photo of the
-- application is compared with it), and for how many days
rules.keep_picture = true
rules.picture_days = 180

-- 图像大小，字节 / bytes of a picture
rules.picture_least = 1024
rules.picture_most = 1048576

-- 输出 / output: keep, days, least, most
function rules.picture()
    return {
        keep = rules.keep_picture,
        days = rules.picture_days,
        least = rules.picture_least,
        most = rules.picture_most,
    }
end

---------------------------------------------------------------------------
-- 检查：数值写错时整个文件不生效，并说明哪一项不对。
-- Checks: a value that cannot work is refused with the whole file.
---------------------------------------------------------------------------

civic.whole(rules, "minimum_birth_year", 1, 9999)
civic.whole(rules, "attempt_life", 60, 82800)
civic.whole(rules, "ask_every", 2, 60)
civic.whole(rules, "asks", 1, 1000)
civic.whole(rules, "result_life", 60, 86400)
civic.whole(rules, "kept_attempts", 4, 30)
civic.whole(rules, "kept_days", 1, 365)
civic.whole(rules, "free_tries", 1, 100)
civic.whole(rules, "first_wait", 1, 86400)
civic.whole(rules, "longest_wait", 1, 86400)
civic.whole(rules, "most_tries", 1, 1000)
civic.whole(rules, "forget_tries_after", 60, 2592000)
civic.whole(rules, "window", 60, 2592000)
civic.whole(rules, "window_attempts", 1, 10000)
civic.whole(rules, "counter_after", 0, 1000)
civic.whole(rules, "valid_days", 0, 36500)
civic.whole(rules, "counter_from", 0, 1000)
civic.whole(rules, "code_life", 300, 2592000)
civic.whole(rules, "code_window", 60, 2592000)
civic.whole(rules, "codes", 1, 1000)
civic.whole(rules, "wrong_window", 60, 86400)
civic.whole(rules, "wrong_codes", 1, 1000)
civic.whole(rules, "picture_days", 1, 36500)
civic.whole(rules, "picture_least", 4, 1048576)
civic.whole(rules, "picture_most", 4, 1048576)

for _, name in ipairs { "forget_tries_after", "window", "code_life",
                        "code_window" } do
    if rules[name] > rules.kept_days * 86400 then
        error(name .. ": expected no more than kept_days, for what is not "
            .. "kept is not counted")
    end
end
for name, purpose in pairs(rules.purposes) do
    if purpose.whose ~= "self" and purpose.whose ~= "relative" then
        error("purposes." .. tostring(name)
            .. ': whose: expected "self" or "relative"')
    end
    if type(purpose.consent) ~= "string" or purpose.consent == "" then
        error("purposes." .. tostring(name)
            .. ": consent: expected the name of a text of civic.lua")
    end
end
for _, keys in pairs { rules.before, rules.whole } do
    for _, key in ipairs(keys) do
        if not rules.advice[key] then
            error('advice: nothing is called "' .. tostring(key) .. '"')
        end
    end
end
for reason, keys in pairs(rules.reasons) do
    for _, key in ipairs(keys) do
        if not rules.advice[key] then
            error("reasons." .. reason .. ': nothing is called "'
                .. tostring(key) .. '"')
        end
    end
end

---------------------------------------------------------------------------
-- 示例 / Examples
---------------------------------------------------------------------------

local function attempt(done, since_last, begun, since_window)
    return { purpose = "identity", visitor = true, tries = done,
             since_last = since_last, begun = begun,
             since_window = since_window }
end

local function allowed(fresh, fresh_window, counter)
    return { allow = true, fresh = fresh, fresh_window = fresh_window,
             counter = counter, keep = 86400 }
end

rules.examples = {
    { call = "purpose", input = { purpose = "identity", visitor = true },
      output = { known = true, whose = "self", recover = false,
                 consent = "face", biz_code = "FACE", reserve = "never" } },
    { call = "purpose", input = { purpose = "recover", visitor = true },
      output = { known = true, whose = "self", recover = true,
                 consent = "face", biz_code = "FACE", reserve = "never" } },
    -- 亲属的人脸，凭绑定人对亲属码协议的同意 / a relative's
    { call = "purpose", input = { purpose = "kinship", visitor = false },
      output = { known = true, whose = "relative", recover = false,
                 consent = "kinship", biz_code = "FACE",
                 reserve = "never" } },
    { call = "purpose", input = { purpose = "dance", visitor = false },
      output = { known = false } },
    { call = "purpose", input = { purpose = "kinship", visitor = true },
      output = { known = false } },

    { call = "consented", input = { consent = "kinship" },
      output = { needing = { "kinship" },
                 others = { "identity", "photo", "recover" } } },
    { call = "consented", input = { consent = "dance" },
      output = { needing = {},
                 others = { "identity", "kinship", "photo", "recover" } } },

    { call = "form", input = {},
      output = { minimum_birth_year = 1900, trim_edges = false,
                 upgrade_15 = false } },
    { call = "terms", input = {},
      output = { life = 300, ask_every = 3, asks = 20, same_session = true,
                 result_life = 900, kept = 12, kept_days = 30 } },

    { call = "again",
      input = { told = 0, same_session = true, expires_in = 60 },
      output = { reuse = true } },
    { call = "again",
      input = { told = 1, same_session = true, expires_in = 200 },
      output = { reuse = false } },
    { call = "again",
      input = { told = 0, same_session = false, expires_in = 200 },
      output = { reuse = false } },
    { call = "again",
      input = { told = 0, same_session = true, expires_in = 59 },
      output = { reuse = false } },

    -- 第一次 / the first
    { call = "attempt", input = attempt(0, nil, 0, nil),
      output = allowed(true, true, false) },
    -- 四次未通过，不用等；可到窗口 / four without a pass
    { call = "attempt", input = attempt(4, 1, 4, 60),
      output = allowed(false, false, true) },
    -- 五次，等30秒 / five: half a minute
    { call = "attempt", input = attempt(5, 10, 5, 60),
      output = { allow = false, reason = "face_wait", retry_after = 20,
                 counter = true } },
    { call = "attempt", input = attempt(5, 30, 5, 60),
      output = allowed(false, false, true) },
    -- 第七次后等两分钟 / the wait doubles
    { call = "attempt", input = attempt(7, 0, 7, 60),
      output = { allow = false, reason = "face_wait", retry_after = 120,
                 counter = true } },
    { call = "attempt", input = attempt(49, 0, 49, 60),
      output = { allow = false, reason = "face_wait", retry_after = 1800,
                 counter = true } },
    { call = "attempt", input = attempt(50, 86000, 50, 86100),
      output = { allow = false, reason = "face_limit", retry_after = 400,
                 counter = true } },
    -- 一天后重新计数 / a day later all is new
    { call = "attempt", input = attempt(50, 86400, 50, 86400),
      output = allowed(true, true, false) },
    -- 通过的也算 / passed ones count in the window
    { call = "attempt", input = attempt(0, nil, 60, 86000),
      output = { allow = false, reason = "face_limit", retry_after = 400,
                 counter = true } },

    { call = "validity", input = { proven_by = "face", age = 1000000000 },
      output = { valid = true, counter = true } },
    { call = "validity", input = { proven_by = "telephone", age = 1 },
      output = { valid = false, counter = true } },
    { call = "validity", input = {},
      output = { valid = false, counter = true } },

    { call = "texts", input = { language = "zh", failed = true,
                                reason = "Z1147" },
      output = {
          texts = { rules.advice.own.zh, rules.advice.light.zh,
                    rules.advice.pose.zh },
          text = rules.advice.own.zh .. "。" .. rules.advice.light.zh
              .. "。" .. rules.advice.pose.zh .. "。",
          buttons = { enter = "进入人脸识别认证", agree = "同意协议并认证",
                      done = "身份认证完成" } } },
    { call = "texts", input = { language = "zh", failed = true },
      output = {
          texts = { rules.advice.light.zh, rules.advice.pose.zh,
                    rules.advice.own.zh, rules.advice.number.zh },
          text = rules.advice.light.zh .. "。" .. rules.advice.pose.zh
              .. "。" .. rules.advice.own.zh .. "。"
              .. rules.advice.number.zh .. "。",
          buttons = { enter = "进入人脸识别认证", agree = "同意协议并认证",
                      done = "身份认证完成" } } },

    { call = "counter", input = { tries = 0, given = 0 },
      output = { allow = true, life = 86400, fresh = true } },
    { call = "counter", input = { tries = 0, given = 5, since_window = 86000 },
      output = { allow = false, reason = "face_codes_limit",
                 retry_after = 400 } },
    { call = "look_up", input = { wrong = 9, since_window = 1 },
      output = { allow = true, fresh = false } },
    { call = "look_up", input = { wrong = 10, since_window = 100 },
      output = { allow = false, reason = "face_codes_wrong",
                 retry_after = 500 } },

    { call = "picture", input = {},
      output = { keep = true, days = 180, least = 1024, most = 1048576 } },
}

return rules
