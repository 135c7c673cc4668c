-- 健康码的颜色：从措施、检测结果、人工核定得出。数值和文字在 kinship.lua，这里只有
-- 算法；示例用自己的数值，改政策不用改它们。
--
-- The colour of a health code, of measures, results and overrides.  Numbers
-- and words stand in kinship.lua and come as "of"; here is how to reckon with
-- them.  The examples have numbers of their own: no change of policy touches
-- them.  Instants are milliseconds.

local examples = require "lib/examples"

local colours = {}

local day = 86400000

-- 一项措施此刻的颜色与到期时间 / the colour of a measure now, and until when
local function of_measure(of, measure, tested, now)
    local kind = of.measures[measure.kind] or of.unknown
    local ends = measure["until"]
    if now < measure.since then
        return nil
    end
    if kind.test then
        if not ends or now < ends or tested >= measure.since then
            return nil
        end
        return kind.colour, nil, kind
    end
    if not ends or now < ends then
        return kind.colour, ends, kind
    end
    local rest = ends + (kind.after_days or 0) * day
    if kind.after and now < rest then
        return kind.after, rest, kind
    end
end

-- 现在算数的结果（没有则为 nil）和最近一次采样的时间；以采样时间为准
-- the result that counts now, if any, and when the newest sample was taken;
-- that counts, not when it was told
local function standing(of, tests)
    local at, positive, recheck, single, pooled = 0, 0, 0, 0, 0
    for _, test in ipairs(tests) do
        local taken = test.sampled_at or test.at
        local counts = true
        if test.result == "positive" then
            positive = math.max(positive, taken)
        elseif test.result == "recheck" then
            recheck = math.max(recheck, taken)
        elseif test.result == "negative" then
            if (test.people or 1) == 1 then
                single = math.max(single, taken)
            end
            pooled = math.max(pooled, taken)
        else
            -- 无效，只为更正的先后而留 / it is no test, and is kept for the
            -- order of corrections alone
            counts = false
        end
        if counts then
            at = math.max(at, taken)
        end
    end
    if positive > single then
        return "positive", at
    end
    if recheck > (of.pool_ends_recheck and pooled or single) then
        return "recheck", at
    end
    return nil, at
end

local function nothing(of, zh)
    local green = of.colours.green
    return { colour = "green", reason = "nothing",
             label = zh and green.zh or green.en,
             text = zh and green.text_zh or green.text_en }
end

-- 输入、输出见 kinship.lua / input and output: see kinship.lua
function colours.colour(of, input)
    local now, facts = input.now, input.facts or {}
    local zh = input.language ~= "en"
    local best

    -- 绝大多数人 / most people
    if not input.facts and of.test_days == 0 then
        return nothing(of, zh)
    end

    local function offer(colour, reason, ends, words)
        local rank = of.colours[colour].rank
        if best and (best.rank > rank or (best.rank == rank
           and (not best.ends or (ends and ends <= best.ends)))) then
            return
        end
        best = { colour = colour, rank = rank, reason = reason, ends = ends,
                 words = words }
    end

    local override = facts.override
    if override and (not override["until"] or now < override["until"]) then
        offer(override.colour, "override", override["until"],
              of.override_text)
    else
        local found, tested = standing(of, facts.tests or {})
        local since = math.min(facts.since or input.since, input.since)
        local result = of.results[found]
        if result then
            offer(result.colour, found, nil, result)
        end
        for _, measure in ipairs(facts.measures or {}) do
            local colour, ends, words = of_measure(of, measure, tested,
                                                   now)
            if colour then
                offer(colour, measure.kind, ends, words)
            end
        end
        if of.test_days > 0 and (input.age or 99) >= of.test_from_age
           and now - math.max(tested, since) >= of.test_days * day then
            offer("yellow", "test_missed", nil, of.test_missed)
        end
    end

    if not best then
        return nothing(of, zh)
    end
    local colour = of.colours[best.colour]
    return { colour = best.colour, reason = best.reason,
             ["until"] = best.ends, label = zh and colour.zh or colour.en,
             text = zh and best.words.zh or best.words.en }
end

-- 措施是否还会决定颜色；漏检的已补做即不再 / whether a measure makes a colour yet,
-- or will: a round that was missed does not once there was a test
local function matters(of, measure, tested, now)
    local kind = of.measures[measure.kind] or of.unknown
    if kind.test then
        return tested < measure.since
    end
    return now < measure.since
        or of_measure(of, measure, tested, now) ~= nil
end

-- 一次检测是否还算数：没有被之后的阴性解除 / whether a test counts yet: no
-- negative has ended it
local function stands(of, test, tests)
    local against = { test }
    for _, other in ipairs(tests) do
        if other.result == "negative" then
            against[#against + 1] = other
        end
    end
    return standing(of, against) == test.result
end

-- 撤回同意后留下哪些，见 kinship.lua / what stays after a consent was
-- withdrawn: see kinship.lua
function colours.withdrawn(of, input)
    local facts, now = input.facts, input.now
    local answer = { tests = {}, measures = {}, override = false }
    if not of.keep_in_force then
        return answer
    end
    local tests = facts.tests or {}
    local _, tested = standing(of, tests)
    for i, test in ipairs(tests) do
        if stands(of, test, tests) then
            answer.tests[#answer.tests + 1] = i
        end
    end
    for i, measure in ipairs(facts.measures or {}) do
        if matters(of, measure, tested, now) then
            answer.measures[#answer.measures + 1] = i
        end
    end
    local override = facts.override
    answer.override = override ~= nil
        and (not override["until"] or now < override["until"])
    local since = facts.since or input.since
    if of.test_days > 0 and since then
        answer.since = math.max(tested, math.min(since, input.since or since))
    end
    return answer
end

-------------------------------------------------------------------------
-- 示例 / Examples
-------------------------------------------------------------------------

local of = {
    measures = {
        contact = { colour = "red", after = "yellow", after_days = 3,
            zh = "密接", en = "a contact" },
        home = { colour = "yellow", zh = "居家", en = "at home" },
        test_round = { test = true, colour = "yellow", zh = "漏检",
            en = "missed" },
    },
    unknown = { colour = "yellow", zh = "措施", en = "a measure" },
    test_days = 0,
    test_from_age = 3,
    test_missed = { zh = "未检测", en = "not tested" },
    results = {
        positive = { colour = "red", zh = "阳性", en = "positive" },
        recheck = { colour = "yellow", zh = "待复核", en = "again" },
    },
    colours = {
        red = { rank = 3, zh = "红", en = "red" },
        yellow = { rank = 2, zh = "黄", en = "yellow" },
        green = { rank = 1, zh = "绿", en = "green", text_zh = "无",
            text_en = "none" },
    },
    override_text = { zh = "核定", en = "decided" },
    pool_ends_recheck = false,
    keep_in_force = true,
}

local function seen(colour, reason, ends, language)
    local named = of.colours[colour]
    local words = of.measures[reason] or of.results[reason]
        or (reason == "override" and of.override_text)
        or (reason == "test_missed" and of.test_missed)
        or { zh = named.text_zh, en = named.text_en }
    return { colour = colour, reason = reason, ["until"] = ends,
             label = named[language or "zh"], text = words[language or "zh"] }
end

colours.examples = examples.with(of, {
    -- 没有任何情况为绿码 / nothing is green
    { call = "colour", input = { now = 100, since = 1, language = "zh" },
      output = seen("green", "nothing") },
    { call = "colour",
      input = { now = 100, since = 1, language = "en", facts = {
          tests = { { tube = "t", result = "negative", at = 90 } } } },
      output = seen("green", "nothing", nil, "en") },
    -- 红＞黄＞绿 / red comes before yellow
    { call = "colour",
      input = { now = 100, since = 1, language = "zh", facts = { measures = {
          { id = "a", kind = "home", since = 1, ["until"] = 900 },
          { id = "b", kind = "contact", since = 1, ["until"] = 500 } } } },
      output = seen("red", "contact", 500) },
    -- 到期的那一刻起为黄码，3天后为绿码 / yellow from the instant on at which
    -- it ends, and green 3 days later
    { call = "colour",
      input = { now = 499, since = 1, language = "zh", facts = { measures = {
          { id = "b", kind = "contact", since = 1, ["until"] = 500 } } } },
      output = seen("red", "contact", 500) },
    { call = "colour",
      input = { now = 500, since = 1, language = "zh", facts = { measures = {
          { id = "b", kind = "contact", since = 1, ["until"] = 500 } } } },
      output = seen("yellow", "contact", 500 + 3 * day) },
    { call = "colour",
      input = { now = 500 + 3 * day, since = 1, language = "zh",
                facts = { measures = { { id = "b", kind = "contact",
                    since = 1, ["until"] = 500 } } } },
      output = seen("green", "nothing") },
    -- 尚未开始的不算 / what has not begun does not count
    { call = "colour",
      input = { now = 9, since = 1, language = "zh", facts = { measures = {
          { id = "b", kind = "home", since = 10, ["until"] = 500 } } } },
      output = seen("green", "nothing") },
    -- 阳性之后的单采阴性才算 / a single negative ends a positive
    { call = "colour",
      input = { now = 100, since = 1, language = "zh", facts = { tests = {
          { tube = "t2", result = "positive", at = 90 },
          { tube = "t1", result = "negative", at = 80 } } } },
      output = seen("red", "positive") },
    { call = "colour",
      input = { now = 100, since = 1, language = "zh", facts = { tests = {
          { tube = "t3", result = "negative", at = 95 },
          { tube = "t2", result = "positive", at = 90 } } } },
      output = seen("green", "nothing") },
    -- 待复核之后的混采阴性不算，单采阴性才算 / after a recheck a mixed negative
    -- counts for nothing, a single one ends it
    { call = "colour",
      input = { now = 100, since = 1, language = "zh", facts = { tests = {
          { tube = "t1", result = "recheck", at = 90, sampled_at = 80,
            people = 10 },
          { tube = "t2", result = "negative", at = 89, sampled_at = 85,
            people = 10 } } } },
      output = seen("yellow", "recheck") },
    { call = "colour",
      input = { now = 100, since = 1, language = "zh", facts = { tests = {
          { tube = "t1", result = "recheck", at = 90, sampled_at = 80,
            people = 10 },
          { tube = "t2", result = "negative", at = 95, sampled_at = 92,
            people = 1 } } } },
      output = seen("green", "nothing") },
    { call = "colour",
      input = { now = 100, since = 1, language = "zh", facts = { tests = {
          { tube = "t3", result = "negative", at = 95, sampled_at = 70 },
          { tube = "t2", result = "positive", at = 90, sampled_at = 80 } } } },
      output = seen("red", "positive") },
    -- 混采的结果不能改变阳性 / what is mixed changes nothing about a positive
    { call = "colour",
      input = { now = 100, since = 1, language = "zh", facts = { tests = {
          { tube = "t1", result = "positive", at = 80, sampled_at = 70,
            people = 1 },
          { tube = "t2", result = "negative", at = 90, sampled_at = 85,
            people = 10 } } } },
      output = seen("red", "positive") },
    { call = "colour",
      input = { now = 100, since = 1, language = "zh", facts = { tests = {
          { tube = "t1", result = "positive", at = 80, sampled_at = 70,
            people = 1 },
          { tube = "t2", result = "recheck", at = 90, sampled_at = 85,
            people = 10 } } } },
      output = seen("red", "positive") },
    { call = "colour",
      input = { now = 100, since = 1, language = "zh", facts = { tests = {
          { tube = "t1", result = "recheck", at = 75, sampled_at = 70,
            people = 10 },
          { tube = "t2", result = "positive", at = 80, sampled_at = 75,
            people = 1 },
          { tube = "t3", result = "negative", at = 90, sampled_at = 85,
            people = 1 },
          { tube = "t4", result = "invalid", at = 95, sampled_at = 90,
            people = 1 } } } },
      output = seen("green", "nothing") },
    -- 应检未检 / a round that was missed, and was not
    { call = "colour",
      input = { now = 50, since = 1, language = "zh", facts = {
          measures = { { id = "r", kind = "test_round", since = 10,
              ["until"] = 50 } },
          tests = { { tube = "t", result = "negative", at = 9 } } } },
      output = seen("yellow", "test_round") },
    { call = "colour",
      input = { now = 50, since = 1, language = "zh", facts = {
          measures = { { id = "r", kind = "test_round", since = 10,
              ["until"] = 50 } },
          tests = { { tube = "t", result = "negative", at = 10 } } } },
      output = seen("green", "nothing") },
    -- 无效的不算 / an invalid one is no test
    { call = "colour",
      input = { now = 100, since = 1, language = "zh", facts = { tests = {
          { tube = "t2", result = "invalid", at = 95 },
          { tube = "t1", result = "recheck", at = 90 } } } },
      output = seen("yellow", "recheck") },
    -- 核定优先于一切，到期即止 / an override comes before all, while it lasts
    { call = "colour",
      input = { now = 99, since = 1, language = "zh", facts = {
          measures = { { id = "b", kind = "contact", since = 1 } },
          override = { colour = "green", ["until"] = 100 } } },
      output = seen("green", "override", 100) },
    { call = "colour",
      input = { now = 100, since = 1, language = "zh", facts = {
          measures = { { id = "b", kind = "contact", since = 1 } },
          override = { colour = "green", ["until"] = 100 } } },
      output = seen("red", "contact") },
    -- 规则里没有的措施 / a kind that is none any more
    { call = "colour",
      input = { now = 100, since = 1, language = "en", facts = {
          measures = { { id = "b", kind = "gone", since = 1 } } } },
      output = { colour = "yellow", reason = "gone", label = "yellow",
                 text = of.unknown.en } },

    -- 撤回同意后，颜色不变 / who withdraws has the same colour
    { call = "withdrawn",
      input = { now = 500, since = 1, facts = {
          tests = { { tube = "t1", result = "negative", at = 80 },
                    { tube = "t2", result = "positive", at = 90 },
                    { tube = "t3", result = "invalid", at = 95 } },
          measures = {
              { id = "a", kind = "home", since = 1, ["until"] = 500 },
              { id = "b", kind = "contact", since = 1, ["until"] = 500 },
              { id = "c", kind = "home", since = 600, ["until"] = 900 },
              { id = "d", kind = "test_round", since = 95, ["until"] = 99 },
              { id = "e", kind = "test_round", since = 85, ["until"] = 99 } },
          override = { colour = "red", ["until"] = 500 } } },
      output = { tests = { 2 }, measures = { 2, 3, 4 }, override = false } },
    { call = "withdrawn",
      input = { now = 499, since = 1, facts = {
          tests = { { tube = "t1", result = "positive", at = 80, people = 1 },
                    { tube = "t2", result = "negative", at = 90,
                      people = 1 } },
          override = { colour = "red", ["until"] = 500 } } },
      output = { tests = {}, measures = {}, override = true } },
})

-- 要求定期检测时：三岁起，第二天未检测的为黄码；检测过的、刚申领的不算
-- where tests are asked for every day: from three on, who has none is yellow
local daily = examples.but(of, { test_days = 1 })

for _, example in ipairs(examples.with(daily, {
    { call = "colour",
      input = { now = day, since = 0, language = "zh", age = 3 },
      output = seen("yellow", "test_missed") },
    { call = "colour",
      input = { now = day, since = 0, language = "zh", age = 2 },
      output = seen("green", "nothing") },
    { call = "colour",
      input = { now = day - 1, since = 0, language = "zh", age = 3 },
      output = seen("green", "nothing") },
    { call = "colour",
      input = { now = day, since = 0, language = "zh", age = 3, facts = {
          tests = { { tube = "t", result = "negative", at = 1 } } } },
      output = seen("green", "nothing") },
    { call = "withdrawn", input = { now = 9, since = 5, facts = {} },
      output = { tests = {}, measures = {}, override = false, since = 5 } },
})) do
    colours.examples[#colours.examples + 1] = example
end

return colours
