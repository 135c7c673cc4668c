-- 采样与检测结果规则。修改本文件即可调整政策，无需编程人员，也无需重启。
-- 文件末尾的“示例”必须全部成立，新规则才会生效；改了数字，请同时改示例。
-- 时刻（at、now 等）都是毫秒，时长另有说明。规则只看到事实，看不到姓名和证件号码。
--
-- Rules of sampling and of results.  Changing this file changes the policy;
-- nothing has to be restarted.  The examples at the end must hold before a new
-- version is taken.  Instants are ms.  A function sees facts, never a name or
-- a number of a person.

local words = require "lib/words"      -- 取名称、写消息 / labels, messages

local rules = {}

---------------------------------------------------------------------------
-- 采样管 / Tubes
---------------------------------------------------------------------------

-- 一管可采几人：单采1，混采5、10、20（不超过64）
-- how many people a tube may be for: 1 alone, 5, 10, 20 mixed (64 at most)
rules.capacities = { 1, 5, 10, 20 }

-- 管号：长度（4 到 32）、开头、是否只能是数字（字母、数字和“-”以外的一律不接受）
-- barcodes: how long (4 to 32), how they begin, digits alone or not (anything
-- but letters, digits and "-" is refused in any case)
rules.barcode_min = 6
rules.barcode_max = 32
rules.barcode_prefixes = {}             -- 如 / such as { "XA", "ZY" }
rules.barcode_digits = false

-- 坐满自动封管 / the last seat seals the tube
rules.seal_when_full = true

-- 别人打开的管，打开超过多少秒后其他采样员可以封管（例如原采样员已下班）；
-- 0 表示不可以
-- s after which another sampler may seal a tube that was left open; 0: never
rules.others_seal_after = 14400

-- 输入 / input: barcode, capacity
-- 输出 / output: allow; 或各字段的错误 / or what is wrong: barcode, capacity
function rules.tube(input)
    local answer = {}
    local code = input.barcode
    local good = #code >= rules.barcode_min and #code <= rules.barcode_max

    if rules.barcode_digits then
        for i = 1, #code do
            local byte = string.byte(code, i)
            good = good and byte >= 48 and byte <= 57
        end
    end
    if #rules.barcode_prefixes > 0 then
        local begins = false
        for _, prefix in ipairs(rules.barcode_prefixes) do
            begins = begins or string.sub(code, 1, #prefix) == prefix
        end
        good = good and begins
    end
    if not good then
        answer.barcode = "sampling_barcode"
    end

    local fits = false
    for _, capacity in ipairs(rules.capacities) do
        fits = fits or capacity == input.capacity
    end
    if not fits then
        answer.capacity = "sampling_capacity"
    end

    answer.allow = good and fits
    return answer
end

-- 输入 / input: own 是否自己打开的 / whether it is the caller's,
--   open 已打开的秒数 / s that it has been open
-- 输出 / output: allow
function rules.seal(input)
    return { allow = input.own or (rules.others_seal_after > 0
             and input.open >= rules.others_seal_after) }
end

-- 待复核的人必须单采：true 时不能进入混采管。阳性的人一律单采，否则整管都是阳性。
-- whoever is to be sampled again must be alone in a tube; whoever is positive
-- must be in any case, lest everybody's sample in it is
rules.recheck_alone = true

-- 输入 / input: capacity, recheck 是否待复核 / whether the person is to be
--   sampled again, positive 是否阳性 / or is positive
-- 输出 / output: allow; 或 / or allow = false, reason
function rules.admit(input)
    local alone = input.positive or (rules.recheck_alone and input.recheck)
    if alone and input.capacity > 1 then
        return { allow = false, reason = "sampling_single_only" }
    end
    return { allow = true }
end

---------------------------------------------------------------------------
-- 结果 / Results
---------------------------------------------------------------------------

-- 一次最多提交多少条；文件最多多少行（均不超过1000）
-- how many results one request may have, and how many lines a file (each 1000
-- at most)
rules.items = 200
rules.lines = 1000

-- 实验室的时钟可以快多少秒 / s that a laboratory's clock may be ahead
rules.leeway = 300

-- 文件的表头（中英文均可，大小写和前后空格不计）和结果的写法；不认识的列一律
-- 不接受，以免文件里带有个人信息
-- headers of a file, and how results are written in it (case and spaces at the
-- edges do not count); a file with other columns is refused, lest it has
-- personal data
rules.file_columns = {
    ["管号"] = "barcode", ["采样管编号"] = "barcode", ["条码"] = "barcode",
    ["barcode"] = "barcode", ["tube"] = "barcode",
    ["结果"] = "result", ["检测结果"] = "result", ["result"] = "result",
    ["检测时间"] = "at", ["时间"] = "at", ["at"] = "at", ["time"] = "at",
}

rules.file_results = {
    ["阴性"] = "negative", ["阴"] = "negative", ["negative"] = "negative",
    ["阳性"] = "positive", ["阳"] = "positive", ["positive"] = "positive",
    ["无效"] = "invalid", ["不合格"] = "invalid", ["invalid"] = "invalid",
}

-- 输出 / output: capacities, items, lines, columns, results, seal_when_full,
--   shown
function rules.terms()
    return {
        capacities = rules.capacities,
        items = rules.items,
        lines = rules.lines,
        columns = rules.file_columns,
        results = rules.file_results,
        seal_when_full = rules.seal_when_full,
        shown = rules.shown,
    }
end

-- 一条结果是否可信：不能在将来，也不能早于封管
-- whether a result can be: not in the future, not before the tube was sealed
-- 输入 / input: at 检测时间 / when it was found, now, sealed_at
-- 输出 / output: allow; 或 / or allow = false, reason
function rules.result(input)
    if input.at > input.now + 1000 * rules.leeway then
        return { allow = false, reason = "future" }
    end
    if input.at + 1000 * rules.leeway < input.sealed_at then
        return { allow = false, reason = "before_sealing" }
    end
    return { allow = true }
end

-- 一管的结果对其中一个人意味着什么。混采阳性不知道是谁，所有人都是“待复核”，
-- 绝不是阳性；管里只有一个人的，结果就是他的。
-- What a tube's result is for one person in it.  Nobody knows whose a mixed
-- positive is: everybody is to be sampled again, and nobody is positive.  Of
-- a tube with one person the result is that person's.
-- 输入 / input: result (negative, positive, invalid), people, capacity
-- 输出 / output: result (negative, positive, recheck, invalid)
function rules.spread(input)
    if input.result == "positive" and input.people > 1 then
        return { result = "recheck" }
    end
    return { result = input.result }
end

-- 混采的阴性能否结束“待复核”：不能，只有单采的结果可以。阳性在任何情况下都只能由
-- 之后的单采阴性结束。
-- whether a mixed negative ends a recheck: it does not, a single one decides.
-- That somebody is positive ends by a single negative alone in any case.
rules.pool_ends_recheck = false

-- 输入 / input: tests，按采样时间从新到旧 / the newest sampling first:
--   { result, people, at }
-- 输出 / output: recheck 待复核 / to be sampled again；positive 阳性；since 那次
--   采样 / the sampling that led to it
function rules.standing(input)
    local since, pooled
    for _, test in ipairs(input.tests) do
        if test.result == "positive" then
            return { recheck = false, positive = true, since = test.at }
        end
        if test.result == "recheck" and not pooled then
            since = since or test.at
        end
        if test.result == "negative" then
            if test.people == 1 then
                break
            end
            pooled = pooled or rules.pool_ends_recheck
        end
    end
    return { recheck = since ~= nil, positive = false, since = since }
end

---------------------------------------------------------------------------
-- 查询与保存 / Looking at results, and keeping them
---------------------------------------------------------------------------

-- 查询时每人最多显示几次（1 到 50）/ how many results of a person are shown, 1 to
-- 50
rules.shown = 20

-- 采样管及其名单保存多少天；个人的检测结果保存多少天（从采样起；1 到 3650）
-- days that a tube and who was in it are kept; days that a person's results
-- are, from the sampling on (1 to 3650)
rules.keep_tubes = 30
rules.keep_tests = 180

-- 输出 / output: tubes, tests 天 / days
function rules.retention()
    return { tubes = rules.keep_tubes, tests = rules.keep_tests }
end

-- 多少秒走完一遍所有人，删除过期的结果（60 到 604800）
-- s between two walks over all people, to delete results whose time is over,
-- 60 to 604800
rules.rebuild_every = 21600

-- 输出 / output: every
function rules.rebuild()
    return { every = rules.rebuild_every }
end

---------------------------------------------------------------------------
-- 文字 / Words
---------------------------------------------------------------------------

rules.labels = {
    negative = { zh = "阴性", en = "Negative", hint_zh = "", hint_en = "" },
    positive = {
        zh = "阳性", en = "Positive",
        hint_zh = "请留在原地，不要外出，等待工作人员联系。",
        hint_en = "Stay where you are and wait for a call.",
    },
    recheck = {
        zh = "待复核", en = "To be sampled again",
        hint_zh = "混采结果需要复核，不代表您是阳性。请不要外出，"
            .. "尽快单独采样。",
        hint_en = "The mixed sample has to be checked again; this does not say "
            .. "that you are positive. Stay in, and be sampled alone soon.",
    },
    invalid = {
        zh = "无效", en = "Invalid",
        hint_zh = "样本无法检测，请重新采样。",
        hint_en = "The sample could not be tested. Please be sampled again.",
    },
}

-- 输入 / input: result, language
-- 输出 / output: label, hint
function rules.label(input)
    return words.label(rules.labels[input.result], input.language)
end

-- 实验室提交的每一条得到的答复
-- what the laboratory is told of each result that it sends
rules.outcomes_zh = {
    told = "已登记，正在通知本管人员",
    same = "此前已登记，结果相同",
    unknown_tube = "没有这个管号，请核对条码",
    not_sealed = "采样点还没有封管，请联系采样点封管后再提交",
    empty_tube = "管内没有人，请联系采样点",
    contradicts = "与已登记的结果不同，没有登记；如需更正，请提出更正并由另一人确认",
    bad_barcode = "管号格式不对",
    bad_result = "结果不认识，请写阴性、阳性或无效",
    bad_time = "时间格式不对，例如 2026-03-09 08:30",
    future = "检测时间在将来，请核对时钟",
    before_sealing = "检测时间早于封管时间，请核对",
    damaged_tube = "管的记录已损坏，请联系系统管理员",
    broken_line = "这一行不完整或引号有误，请改正后重新提交这一行",
}

rules.outcomes_en = {
    told = "taken, people are being told",
    same = "it was told before",
    unknown_tube = "there is no such tube: look at the barcode",
    not_sealed = "the sampling point has not sealed it: call there first",
    empty_tube = "nobody is in it: call the sampling point",
    contradicts = "another result was told before, and stands; to change it, "
        .. "propose a correction, and have another one confirm it",
    bad_barcode = "this is no barcode of a tube",
    bad_result = "not a result: negative, positive or invalid",
    bad_time = "not a time, such as 2026-03-09 08:30",
    future = "it lies in the future: look at the clock",
    before_sealing = "it lies before the tube was sealed",
    damaged_tube = "its record is damaged: call the operator",
    broken_line = "the line is not whole, or its quotes are wrong: put it "
        .. "right and send it again",
}

-- 输入 / input: language
-- 输出 / output: 各种答复的文字 / the words of each
function rules.outcomes(input)
    return input.language == "en" and rules.outcomes_en or rules.outcomes_zh
end

-- 给被采样者的消息；删去一条即不再发送。{at} 采样时间。corrected 是实验室更正后
-- 的结果。
-- What people are told; take one away and it is not sent any more.  {at} is
-- when the sample was taken; corrected is before what the laboratory changed.
rules.messages = {
    negative = {
        title_zh = "检测结果：阴性", title_en = "Your result: negative",
        text_zh = "您{at}采样的核酸检测结果为阴性。",
        text_en = "The sample of {at} is negative.",
    },
    positive = {
        title_zh = "检测结果：阳性", title_en = "Your result: positive",
        text_zh = "您{at}采样的核酸检测结果为阳性。请留在原地，不要外出，"
            .. "等待工作人员联系。",
        text_en = "The sample of {at} is positive. Stay where you are and "
            .. "wait for a call.",
    },
    recheck = {
        title_zh = "检测结果：待复核", title_en = "Please be sampled again",
        text_zh = "您{at}采样的混采结果需要复核，不代表您是阳性。"
            .. "请不要外出，尽快单独采样。",
        text_en = "The mixed sample of {at} has to be checked again; this "
            .. "does not say that you are positive. Stay in, and be sampled "
            .. "alone soon.",
    },
    invalid = {
        title_zh = "请重新采样", title_en = "Please be sampled again",
        text_zh = "您{at}采样的样本无法检测，请重新采样。",
        text_en = "The sample of {at} could not be tested. Please be sampled "
            .. "again.",
    },
}

rules.corrected_zh = "实验室更正了此前的结果。"
rules.corrected_en = "The laboratory has corrected what it told before. "

-- 输入 / input: result, corrected, at (文字 / text)
-- 输出 / output: send, title_zh, title_en, text_zh, text_en
function rules.message(input)
    local answer = words.message(rules.messages[input.result], input)
    if answer.send and input.corrected then
        answer.text_zh = rules.corrected_zh .. answer.text_zh
        answer.text_en = rules.corrected_en .. answer.text_en
    end
    return answer
end

---------------------------------------------------------------------------
-- 检查 / Checks
---------------------------------------------------------------------------

-- 程序的上限：超出的不会悄悄改小，而是拒绝本文件，仍用原来的规则
-- what the program can do at most: a file that asks for more is refused, and
-- the rules before it go on
local function one_of(name, value, known)
    for _, word in ipairs(known) do
        if value == word then
            return
        end
    end
    error(name .. ": expected " .. table.concat(known, ", ") .. ", found "
        .. tostring(value))
end

if #rules.capacities == 0 then
    error("capacities: expected at least one")
end
for i in ipairs(rules.capacities) do
    civic.whole(rules.capacities, i, 1, 64, "capacities: ")
end
civic.whole(rules, "barcode_min", 4, 32)
civic.whole(rules, "barcode_max", rules.barcode_min, 32)
civic.whole(rules, "others_seal_after", 0, 315360000)
civic.whole(rules, "items", 1, 1000)
civic.whole(rules, "lines", 1, 1000)
civic.whole(rules, "leeway", 0, 86400)
civic.whole(rules, "shown", 1, 50)
civic.whole(rules, "keep_tubes", 1, 3650)
civic.whole(rules, "keep_tests", 1, 3650)
civic.whole(rules, "rebuild_every", 60, 604800)

for header, column in pairs(rules.file_columns) do
    one_of("file_columns[" .. header .. "]", column,
           { "barcode", "result", "at" })
end
for word, result in pairs(rules.file_results) do
    one_of("file_results[" .. word .. "]", result,
           { "negative", "positive", "invalid" })
end

---------------------------------------------------------------------------
-- 示例 / Examples
---------------------------------------------------------------------------

rules.examples = {
    { call = "tube", input = { barcode = "XA20260001", capacity = 10 },
      output = { allow = true } },
    { call = "tube", input = { barcode = "XA", capacity = 7 },
      output = { allow = false, barcode = "sampling_barcode",
                 capacity = "sampling_capacity" } },

    { call = "seal", input = { own = true, open = 1 },
      output = { allow = true } },
    { call = "seal", input = { own = false, open = 14399 },
      output = { allow = false } },
    { call = "seal", input = { own = false, open = 14400 },
      output = { allow = true } },

    { call = "admit",
      input = { capacity = 10, recheck = true, positive = false },
      output = { allow = false, reason = "sampling_single_only" } },
    { call = "admit",
      input = { capacity = 10, recheck = false, positive = true },
      output = { allow = false, reason = "sampling_single_only" } },
    { call = "admit",
      input = { capacity = 1, recheck = true, positive = false },
      output = { allow = true } },
    { call = "admit",
      input = { capacity = 1, recheck = false, positive = true },
      output = { allow = true } },
    { call = "admit",
      input = { capacity = 10, recheck = false, positive = false },
      output = { allow = true } },

    { call = "result",
      input = { at = 1000000, now = 1000000, sealed_at = 1000000 },
      output = { allow = true } },
    { call = "result",
      input = { at = 1300001, now = 1000000, sealed_at = 900000 },
      output = { allow = false, reason = "future" } },
    { call = "result",
      input = { at = 1000000, now = 2000000, sealed_at = 1300001 },
      output = { allow = false, reason = "before_sealing" } },

    -- 混采阳性：待复核；单采阳性：阳性 / mixed: again; alone: it decides
    { call = "spread",
      input = { result = "positive", people = 2, capacity = 10 },
      output = { result = "recheck" } },
    { call = "spread",
      input = { result = "positive", people = 1, capacity = 1 },
      output = { result = "positive" } },
    { call = "spread",
      input = { result = "negative", people = 10, capacity = 10 },
      output = { result = "negative" } },
    { call = "spread",
      input = { result = "invalid", people = 10, capacity = 10 },
      output = { result = "invalid" } },

    { call = "standing",
      input = { tests = { { result = "recheck", people = 10, at = 5 } } },
      output = { recheck = true, positive = false, since = 5 } },
    { call = "standing",
      input = { tests = { { result = "negative", people = 10, at = 6 },
                          { result = "recheck", people = 10, at = 5 } } },
      output = { recheck = true, positive = false, since = 5 } },
    { call = "standing",
      input = { tests = { { result = "negative", people = 1, at = 6 },
                          { result = "recheck", people = 10, at = 5 } } },
      output = { recheck = false, positive = false } },
    -- 混采的结果不能改变阳性 / what is mixed changes nothing about a positive
    { call = "standing",
      input = { tests = { { result = "negative", people = 10, at = 7 },
                          { result = "recheck", people = 10, at = 6 },
                          { result = "positive", people = 1, at = 5 } } },
      output = { recheck = false, positive = true, since = 5 } },
    { call = "standing",
      input = { tests = { { result = "invalid", people = 1, at = 7 },
                          { result = "negative", people = 1, at = 6 },
                          { result = "positive", people = 1, at = 5 } } },
      output = { recheck = false, positive = false } },
    { call = "standing", input = { tests = {} },
      output = { recheck = false, positive = false } },

    { call = "label", input = { result = "recheck", language = "zh" },
      output = { label = "待复核", hint = rules.labels.recheck.hint_zh } },
    { call = "label", input = { result = "negative", language = "en" },
      output = { label = "Negative", hint = "" } },

    { call = "outcomes", input = { language = "en" },
      output = rules.outcomes_en },

    { call = "message",
      input = { result = "invalid", corrected = false,
                at = "2026-03-09 12:00" },
      output = { send = true, title_zh = "请重新采样",
                 title_en = "Please be sampled again",
                 text_zh = "您2026-03-09 12:00采样的样本无法检测，请重新采样。",
                 text_en = "The sample of 2026-03-09 12:00 could not be "
                     .. "tested. Please be sampled again." } },
    { call = "message",
      input = { result = "nothing", corrected = false, at = "" },
      output = { send = false } },
}

return rules
