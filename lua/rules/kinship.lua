-- 一码通与亲属码：颜色、展示、查看记录、绑定、离线码。
-- Health codes of oneself and one's family: colours, how codes are shown, who
-- looked, bindings, what is printed.
--
-- 时刻都是毫秒。Instants are milliseconds.

local rules = {}
local examples = {}

local function add(list)
    for _, example in ipairs(list) do
        examples[#examples + 1] = example
    end
end

---------------------------------------------------------------------------
-- 健康码 / Codes
---------------------------------------------------------------------------

-- 周岁怎么算：birthday 生日当天（2月29日出生者平年为3月1日），
-- february_28 同上但平年为2月28日，next_day 生日次日
-- when a year of age is complete: on the birthday (born on 29 February: on 1
-- March of common years), the same but on 28 February, the day after
rules.age_reading = "birthday"

-- 输出 / output: reading
function rules.age()
    return { reading = rules.age_reading }
end

-- 采取的措施：颜色 colour，默认天数 days（没有则须写明截止时间），结束后再过
-- after_days 天为 after 色。删去一种即不能再新设；已设的按 unknown 处理。
-- Measures: their colour; days that they last unless the office says until
-- when (without: it must say so); after_days of the colour "after" follow.
-- Take a kind away and none can be begun any more; those that are there count
-- as "unknown".
rules.measures = {
    -- 确诊、疑似、无症状感染者；出院后7天 / a case; 7 days after discharge
    own_case = { colour = "red", after = "yellow", after_days = 7,
        zh = "确诊病例、疑似病例或无症状感染者管理",
        en = "a case, or suspected to be one" },
    -- 密切接触者；解除隔离后3天 / contacts; 3 days after isolation
    contact = { colour = "red", days = 7, after = "yellow", after_days = 3,
        zh = "密切接触者管理", en = "a close contact" },
    -- 未落实管控的密接的密接 / contacts of contacts whom nobody has found yet
    secondary_unmanaged = { colour = "red",
        zh = "密接的密接（尚未落实管控措施）",
        en = "a contact of a contact, not in anybody's care yet" },
    secondary_contact = { colour = "yellow", days = 7,
        zh = "密接的密接管理", en = "a contact of a contact" },
    -- 来自境外、高风险区、中风险区 / arrivals
    arrival_abroad = { colour = "red", days = 10,
        zh = "境外来陕人员管理", en = "arrived from abroad" },
    arrival_high = { colour = "red", days = 7,
        zh = "高风险区来陕人员管理", en = "arrived from a high-risk area" },
    arrival_medium = { colour = "yellow", days = 7,
        zh = "中风险区来陕人员管理",
        en = "arrived from a medium-risk area" },
    -- 住在高、中风险区 / who lives in such an area
    region_high = { colour = "red",
        zh = "所在区域为高风险区", en = "lives in a high-risk area" },
    region_medium = { colour = "yellow",
        zh = "所在区域为中风险区", en = "lives in a medium-risk area" },
    isolation = { colour = "red", days = 7,
        zh = "集中隔离医学观察", en = "other central isolation" },
    home = { colour = "yellow", days = 7,
        zh = "居家健康监测", en = "other observation at home" },
    -- 须在起止时间内做一次核酸检测：过期未做为黄码，补做后即消除
    -- is to be tested between its begin and its end: yellow after that, until
    -- there is a test
    test_round = { test = true, colour = "yellow", days = 1,
        zh = "未按要求参加核酸检测", en = "missed a test that was asked for" },
}

-- 规则里已没有的措施按什么颜色 / the colour of a measure that is no kind here
-- any more
rules.unknown = { colour = "yellow",
    zh = "疫情防控措施", en = "a measure of epidemic control" }

-- 最近一次核酸检测至多多少天前，否则为黄码；0 表示不要求。多少周岁起适用。
-- 申领健康码不足这些天的不算漏检。
-- days that the last test may be ago, else yellow; 0: none is asked for.  From
-- which age on.  Who has the code for fewer days has missed none.
rules.test_days = 0
rules.test_from_age = 3

-- 检测结果对应的颜色；以最近一次为准 / colours of results; the newest counts
rules.results = {
    positive = { colour = "red", zh = "核酸检测结果阳性",
        en = "the last test was positive" },
    recheck = { colour = "yellow", zh = "核酸检测结果待复核",
        en = "the last test is to be made again" },
}

-- 颜色的名称，数字大的优先（红＞黄＞绿） / names of colours; the greater rank
-- comes before the others
rules.colours = {
    red = { rank = 3, zh = "红码", en = "red" },
    yellow = { rank = 2, zh = "黄码", en = "yellow" },
    green = { rank = 1, zh = "绿码", en = "green",
        text_zh = "未见异常", text_en = "nothing unusual" },
}

rules.override_text = { zh = "经疫情防控部门核定",
    en = "decided by the office of epidemic control" }

local day = 86400000

-- 一项措施此刻的颜色与到期时间 / the colour of a measure now, and until when
local function of_measure(measure, tested, now)
    local kind = rules.measures[measure.kind] or rules.unknown
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

local function newest(tests)
    local last
    for _, test in ipairs(tests) do
        if not last or test.at >= last.at then
            last = test
        end
    end
    return last
end

-- 输入 / input: now, since（申领时间 / when the code was opened）, language,
-- age?, facts? = { tests, measures, override }
-- 输出 / output: colour, reason, label, text, until?
-- 到期的那一毫秒即不再计算 / what ends at an instant does not count at it
function rules.colour(input)
    local now, facts = input.now, input.facts or {}
    local zh = input.language ~= "en"
    local best

    local function offer(colour, reason, ends, words)
        local rank = rules.colours[colour].rank
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
              rules.override_text)
    else
        local last = newest(facts.tests or {})
        local tested = last and last.at or 0
        local result = last and rules.results[last.result]
        if result then
            offer(result.colour, last.result, nil, result)
        end
        for _, measure in ipairs(facts.measures or {}) do
            local colour, ends, words = of_measure(measure, tested, now)
            if colour then
                offer(colour, measure.kind, ends, words)
            end
        end
        if rules.test_days > 0 and (input.age or 99) >= rules.test_from_age
           and now - math.max(tested, input.since)
               >= rules.test_days * day then
            offer("yellow", "test_missed", nil, rules.measures.test_round)
        end
    end

    if not best then
        local green = rules.colours.green
        return { colour = "green", reason = "nothing", label = zh and green.zh
                 or green.en, text = zh and green.text_zh or green.text_en }
    end
    local colour = rules.colours[best.colour]
    return { colour = best.colour, reason = best.reason,
             ["until"] = best.ends, label = zh and colour.zh or colour.en,
             text = zh and best.words.zh or best.words.en }
end

-- 监护人多少秒内的多次查看记为一次；查看记录保存多少天、最多多少条
-- s in which a guardian's looks are noted as one; days and lines that are kept
-- of who looked
rules.look_every = 600
rules.look_days = 180
rules.look_lines = 500

-- 输出 / output: every, days, lines
function rules.look()
    return { every = rules.look_every, days = rules.look_days,
             lines = rules.look_lines }
end

local function seen(colour, reason, ends, language)
    local of = rules.colours[colour]
    local words = rules.measures[reason] or rules.results[reason]
        or (reason == "override" and rules.override_text)
        or (reason == "test_missed" and rules.measures.test_round)
        or { zh = of.text_zh, en = of.text_en }
    return { colour = colour, reason = reason, ["until"] = ends,
             label = of[language or "zh"], text = words[language or "zh"] }
end

add {
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
    -- 最近一次结果为准 / the newest result counts
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
                 text = rules.unknown.en } },

    { call = "age", output = { reading = "birthday" } },
    { call = "look",
      output = { every = 600, days = 180, lines = 500 } },
}

---------------------------------------------------------------------------
-- 亲属绑定 / Bindings
---------------------------------------------------------------------------

---------------------------------------------------------------------------
-- 离线码 / Codes on paper
---------------------------------------------------------------------------

rules.examples = examples

return rules
