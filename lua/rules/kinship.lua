-- 一码通与亲属码：颜色、展示、查看记录、绑定、离线码。
-- Health codes of oneself and one's family: colours, how codes are shown, who
-- looked, bindings, what is printed.
--
-- 时刻都是毫秒。Instants are milliseconds.
--
-- 数值都在本文件，改政策通常只改这里。文字和算法在 / The numbers stand here, and
-- so does most of what policy changes.  Words, and how to reckon, are in
--   kinship/verdicts.lua  核验结论的文字 / what a verifier reads
--   kinship/looks.lua     查看记录的文字 / the words of who looked
--   kinship/messages.lua  绑定的通知 / messages about bindings
--   kinship/colours.lua   颜色怎样得出 / how a colour is made
--   kinship/bindings.lua  绑定、解绑、次数 / bindings, and how often
--   kinship/measures.lua  措施与核定的限度 / limits of measures, overrides

local bindings = require "kinship/bindings"
local colours = require "kinship/colours"
local id_numbers = require "lib/id_numbers"
local looks = require "kinship/looks"
local measures = require "kinship/measures"
local messages = require "kinship/messages"
local verdicts = require "kinship/verdicts"

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
rules.test_missed = { zh = "未按要求参加核酸检测",
    en = "missed a test that was asked for" }

-- 检测结果对应的颜色；阳性、待复核直到之后的单采阴性为止
-- colours of results: these stand until a single negative follows
rules.results = {
    positive = { colour = "red", zh = "核酸检测结果阳性",
        en = "a test was positive" },
    recheck = { colour = "yellow", zh = "核酸检测结果待复核",
        en = "a test is to be made again" },
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

-- 混采的阴性能否解除“待复核”：不能，只有单采的结果可以（与 sampling.lua 一致）。
-- 阳性在任何情况下都只能由之后的单采阴性解除。
-- whether a mixed negative ends that somebody is to be tested again: it does
-- not, a single one decides (as in sampling.lua).  That somebody is positive
-- ends by a single negative alone, whatever stands here.
rules.pool_ends_recheck = false

-- 输入 / input: now, since（申领时间 / when the code was opened）, language,
-- age?, facts? = { tests, measures, override, since? 撤回同意前的起算时间 / what
-- counted as since before a consent was withdrawn }
-- 输出 / output: colour, reason, label, text, until?
-- 到期的那一毫秒即不再计算 / what ends at an instant does not count at it
function rules.colour(input)
    return colours.colour(rules, input)
end

-- 多少周岁起由本人同意处理健康信息，并可申领一码通；不满的由监护人同意、绑定
-- （个人信息保护法第三十一条：不满十四周岁由监护人同意），须与同意书一致
-- from which age on somebody consents, and may open the own code; a guardian
-- does so for who is younger (Personal Information Protection Law, article
-- 31).  As the texts of civic.lua say
rules.consent_age = 14

-- 输入 / input: age?（不详则没有 / absent if not known）
-- 输出 / output: allow; 或 / or allow = false, reason, age
function rules.own(input)
    if (input.age or 99) < rules.consent_age then
        return { allow = false, reason = "kinship_own_age",
                 age = rules.consent_age }
    end
    return { allow = true }
end

-- 码多少秒一换；换码后仍认可多少秒（网络延迟、各机器时钟之差）
-- s until a code on a phone changes, and for how many more it is believed
-- (networks and clocks that differ)
rules.live_every = 30
rules.live_grace = 30

-- 展示形式：一码通与亲属码须有区别，页面按 form 和 band 绘制
-- how codes look; the own one and a relative's must differ.  Pages draw what
-- form and band name: a card with a plain band, a sheet with a striped frame
rules.forms = {
    own = { form = "card", zh = "一码通", en = "Health code" },
    kin = { form = "sheet", zh = "亲属码", en = "Relative's code" },
}
rules.bands = {
    own = { red = "plain_red", yellow = "plain_yellow",
            green = "plain_green" },
    kin = { red = "striped_red", yellow = "striped_yellow",
            green = "striped_green" },
}

-- 出示一个码所需的全部，一次问完 / all that showing a code asks for, at once
-- 输入 / input: as colour, and kind（own, kin）, bound?, how?（亲属码绑定时间、核实
-- 方式 / when a relative's was bound, and how）
-- 输出 / output: as colour, and form, form_label, band, every; of a
-- relative's look_every, unbind_at; refused: as keep answers
function rules.code(input)
    local shown = colours.colour(rules, input)
    local form = rules.forms[input.kind]
    local since = input.bound
    return {
        colour = shown.colour, reason = shown.reason, label = shown.label,
        text = shown.text, ["until"] = shown["until"],
        form = form.form,
        form_label = input.language == "en" and form.en or form.zh,
        band = rules.bands[input.kind][shown.colour],
        every = rules.live_every,
        look_every = since and rules.look_every,
        unbind_at = since and bindings.unbind_from(rules, since),
        refused = since and bindings.over(rules, input.age, input.how, since,
                                          input.now),
    }
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

-- 密切接触者，到第 500 毫秒为止 / a close contact, until ms 500
local function contact(now)
    return { now = now, since = 1, language = "zh", facts = { measures = {
        { id = "b", kind = "contact", since = 1, ["until"] = 500 } } } }
end

local nothing = { colour = "green", reason = "nothing", label = "绿码",
                  text = "未见异常" }

add {
    { call = "age", output = { reading = "birthday" } },
    { call = "look",
      output = { every = 600, days = 180, lines = 500 } },

    -- 没有任何情况；一项措施期间、结束后三天内、再往后
    -- nothing; a measure while it lasts, for three days after it, and later
    { call = "colour", input = { now = 100, since = 1, language = "zh" },
      output = nothing },
    { call = "colour", input = contact(499),
      output = { colour = "red", reason = "contact", ["until"] = 500,
                 label = "红码", text = "密切接触者管理" } },
    { call = "colour", input = contact(500),
      output = { colour = "yellow", reason = "contact",
                 ["until"] = 500 + 3 * 86400000, label = "黄码",
                 text = "密切接触者管理" } },
    { call = "colour", input = contact(500 + 3 * 86400000),
      output = nothing },
    { call = "colour",
      input = { now = 100, since = 1, language = "en", facts = { tests = {
          { tube = "t", result = "positive", at = 90 } } } },
      output = { colour = "red", reason = "positive", label = "red",
                 text = "a test was positive" } },
}

---------------------------------------------------------------------------
-- 核验 / Verifying
---------------------------------------------------------------------------

-- 核验设备可设置的地点种类。kin = false：亲属码现阶段不适用于“一场两站”
-- kinds of places that a verifier is set to; where kin is false relatives'
-- codes are refused: the airport and the two stations
rules.places = {
    { code = "public", zh = "公共场所", en = "a public place", kin = true },
    { code = "community", zh = "社区、小区", en = "a residential area",
      kin = true },
    { code = "sampling", zh = "核酸采样点", en = "a sampling point",
      kin = true },
    { code = "hospital", zh = "医疗机构", en = "a hospital", kin = true },
    { code = "airport", zh = "机场（一场两站）", en = "the airport",
      kin = false },
    { code = "railway", zh = "火车站（一场两站）", en = "a railway station",
      kin = false },
    { code = "coach", zh = "汽车站（一场两站）", en = "a coach station",
      kin = false },
}

-- 输入 / input: language
-- 输出 / output: places（code, label, kin）
function rules.place_list(input)
    local places = {}
    for i, place in ipairs(rules.places) do
        places[i] = { code = place.code, kin = place.kin,
                      label = input.language == "en" and place.en
                          or place.zh }
    end
    return { places = places }
end

-- 输入 / input: place（没有则不核对地点 / absent: any）
-- 输出 / output: known, kin, grace
function rules.place(input)
    if not input.place then
        return { known = true, kin = true, grace = rules.live_grace }
    end
    for _, place in ipairs(rules.places) do
        if place.code == input.place then
            return { known = true, kin = place.kin,
                     grace = rules.live_grace }
        end
    end
    return { known = false, kin = true, grace = rules.live_grace }
end

-- 输入 / input: verdict, paper?, age（秒 / s）, language
-- 输出 / output: label, hint
function rules.verdict(input)
    return verdicts.verdict(rules, input)
end

-- 输入 / input: role（可有多个，逗号分隔 / several with commas）, what,
-- purpose, place?（地点种类的代码或其他文字 / the code of a kind of place, or
-- other words）, language
-- 输出 / output: role, what, purpose, place?
function rules.look_words(input)
    return looks.words(rules, input)
end

---------------------------------------------------------------------------
-- 办公室 / The office
---------------------------------------------------------------------------

-- 措施最长多少天；每人同时最多多少项
-- days that a measure may last; how many a person has at once
rules.measure_longest = 60
rules.measures_most = 16

-- 新设一项措施 / a measure that is to begin
-- 输入 / input: kind, since, until?, count（未结束的几项 / how many there are
-- that have not ended）
-- 输出 / output: allow, until; 或 / or allow = false, field, reason
function rules.measure(input)
    return measures.measure(rules, input)
end

-- 人工核定颜色最长多少天 / days that an override may last
rules.override_longest = 30

-- 输入 / input: now, until
-- 输出 / output: allow; 或 / or allow = false, field, reason
function rules.override(input)
    return measures.override(rules, input)
end

-- 保存：最近多少次检测、多少天（不得短于 test_days）；措施和核定结束后多少天
-- （不得短于上面的 after_days）。撤回同意时，此刻或将来仍决定颜色的（措施、结束后的
-- 黄码期、漏检、核定、阳性和待复核的检测）是否保留：它们依法实施，不以同意为依据，
-- 否则撤回后重新申领即可变色。
-- What is kept: tests, and for how many days (no fewer than test_days); days
-- after a measure or an override ended (no fewer than any after_days above).
-- Whether what makes a colour, or will, stays when somebody withdraws the
-- consent (measures and the days after them, rounds that were missed,
-- overrides, tests that were positive or are to be made again): the law orders
-- it, not the consent, and who withdraws and begins anew would have another
-- colour.
rules.keep_tests = 20
rules.keep_test_days = 90
rules.keep_measure_days = 30
rules.keep_in_force = true

-- 输出 / output: tests, test_days, measure_days
function rules.retention()
    return { tests = rules.keep_tests, test_days = rules.keep_test_days,
             measure_days = rules.keep_measure_days }
end

-- 撤回同意后留下哪些 / what stays after a consent was withdrawn
-- 输入 / input: now, since?（申领时间 / when the code was opened）, facts
-- 输出 / output: tests, measures（第几项 / which of them, from 1）, override,
-- since?（要求定期检测时的起算时间 / where tests are asked for: from when on one
-- is missing）
function rules.withdrawn(input)
    return colours.withdrawn(rules, input)
end

add {
    { call = "own", input = { age = 13 },
      output = { allow = false, reason = "kinship_own_age", age = 14 } },
    { call = "own", input = { age = 14 }, output = { allow = true } },
    { call = "own", input = {}, output = { allow = true } },
    { call = "code",
      input = { kind = "own", now = 100, since = 1, language = "zh" },
      output = { form = "card", form_label = "一码通", band = "plain_green",
                 every = 30, colour = "green", reason = "nothing",
                 label = "绿码", text = "未见异常" } },

    { call = "place", input = { place = "airport" },
      output = { known = true, kin = false, grace = 30 } },
    { call = "place", input = { place = "moon" },
      output = { known = false, kin = true, grace = 30 } },
    { call = "place", input = {},
      output = { known = true, kin = true, grace = 30 } },

    { call = "measure", input = { kind = "contact", since = 5, count = 0 },
      output = { allow = true, ["until"] = 5 + 7 * 86400000 } },
    { call = "measure", input = { kind = "contact", since = 5, count = 16 },
      output = { allow = false, field = "kind",
                 reason = "kinship_measure_many" } },
    { call = "override", input = { now = 0, ["until"] = 30 * 86400000 + 1 },
      output = { allow = false, field = "until",
                 reason = "kinship_measure_until" } },
}

---------------------------------------------------------------------------
-- 亲属绑定 / Bindings
---------------------------------------------------------------------------

-- 绑定后多少秒才能解绑，恰满即可
-- s after a binding until it can be undone; exactly so many are enough
rules.unbind_after = 86400

-- 输入 / input: since, now
-- 输出 / output: allow, possible_at; 不行时另有 / and if not: reason, hours
function rules.unbind(input)
    return bindings.unbind(rules, input)
end

add {
    { call = "code",
      input = { kind = "kin", now = 100, since = 1, language = "en",
                bound = 50, age = 70,
                facts = { override = { colour = "red" } } },
      output = { form = "sheet", form_label = "Relative's code",
                 band = "striped_red", every = 30, look_every = 600,
                 unbind_at = 86400050, colour = "red", reason = "override",
                 label = "red", text = rules.override_text.en } },
    -- 到期的承诺不再出示 / a pledge whose time is over is not shown any more
    { call = "code",
      input = { kind = "kin", now = 30 * 86400000, since = 1, language = "zh",
                bound = 0, how = "pledge", age = 5 },
      output = { form = "sheet", form_label = "亲属码",
                 band = "striped_green", every = rules.live_every,
                 look_every = rules.look_every, unbind_at = 86400000,
                 colour = "green", reason = "nothing", label = "绿码",
                 text = "未见异常",
                 refused = { allow = false,
                             reason = "kinship_pledge_over" } } },
    { call = "unbind", input = { since = 0, now = 86399999 },
      output = { allow = false, possible_at = 86400000, hours = 24,
                 reason = "kinship_unbind_early" } },
}

-- 一个用户最多绑定几位亲属；一位亲属最多由几个用户绑定（都不超过32）
-- relatives of a user, and users who hold a relative's code: 32 at most
rules.most_relatives = 8
rules.most_guardians = 3

-- 从确认绑定到完成，最多多久（秒，60 到 3600）
-- s from asking to being bound, 60 to 3600
rules.asked_life = 900

-- 绑定中途中断（断电、掉线）后，多少秒由后台任务收尾，15 到 600
-- s after which a job ends or completes a binding that was interrupted, 15 to
-- 600; longer than a request can last
rules.settle_after = 60

-- 没有账户的亲属（例如幼儿），最后一个绑定解除后再无人能撤回对其健康信息的同意：
-- 是否随即撤回同意、删除数据（正在生效的防控措施除外）
-- Once the last binding of a relative without an account has ended nobody is
-- left who could withdraw the consent: whether it ends then, and what is kept
-- is erased (but for measures that are in force)
rules.withdraw_last = true

-- 提示文字中的数字也由此而来 / numbers in texts come from here, too
-- 输出 / output: relatives, guardians, asked_life, settle_after, withdraw,
-- young_until, old_from, pledge_until, unbind_after, paper_valid
function rules.terms()
    return { relatives = rules.most_relatives,
             guardians = rules.most_guardians,
             asked_life = rules.asked_life,
             settle_after = rules.settle_after,
             withdraw = rules.withdraw_last,
             young_until = rules.young_until,
             old_from = rules.old_from,
             pledge_until = rules.pledge_until,
             unbind_after = rules.unbind_after,
             paper_valid = rules.paper_valid }
end

-- 身份证号：最早出生年份，是否去掉首尾空格，是否接受15位旧号码
-- identity numbers: the earliest year of birth, whether spaces at the edges
-- are taken away, whether 15 digits of void cards are brought to 18
rules.minimum_birth_year = 1900
rules.trim_edges = false
rules.upgrade_15 = false

-- 绑定关系：code 只用小写字母和下划线，用过的不要改作他用
-- relations: codes are small letters and "_", and keep their meaning for ever
rules.relations = {
    { code = "child", zh = "子女", en = "child" },
    { code = "parent", zh = "父母", en = "parent" },
    { code = "grandchild", zh = "孙子女、外孙子女", en = "grandchild" },
    { code = "grandparent", zh = "祖父母、外祖父母", en = "grandparent" },
    { code = "parent_in_law", zh = "配偶的父母", en = "parent-in-law" },
    { code = "spouse", zh = "配偶", en = "spouse" },
    { code = "sibling", zh = "兄弟姐妹", en = "brother or sister" },
    { code = "ward", zh = "被监护人", en = "ward" },
    { code = "other", zh = "其他亲属", en = "other relative" },
}

-- 输出 / output: minimum_birth_year, trim_edges, upgrade_15, relations
function rules.form()
    local form = id_numbers.form(rules)
    form.relations = rules.relations
    return form
end

-- 渠道。公告：“因个人信息认证问题，目前亲属码功能仅在支付宝端进行开放”。亲属
-- 的人脸总是由支付宝认证，网页上也要扫码到支付宝中完成，所以默认网页可以办理；
-- 严格按公告只许支付宝登录的，把 bind_web 改为 false。bind_methods：以哪些方式
-- 登录算支付宝端。closed_channels：始终不开放的渠道。
-- Channels.  The notice opens Alipay alone, because of how people are
-- authenticated.  The relative's face is authenticated by Alipay in any case:
-- a web page shows a QR code, and it goes on there.  So the web may bind, too,
-- until somebody sets bind_web to false; then only sessions that began in
-- Alipay may (bind_methods), and a client cannot pretend that.
-- closed_channels: never.
rules.bind_web = true
rules.bind_methods = { alipay = true, alipay_qr = true }
rules.closed_channels = { wechat = true }

-- 输入 / input: channel, method
-- 输出 / output: allow = true; or allow = false, reason
function rules.channel(input)
    if not rules.closed_channels[input.channel]
       and (rules.bind_web or rules.bind_methods[input.method]) then
        return { allow = true }
    end
    return { allow = false, reason = "kinship_channel" }
end

-- 年龄（周岁，都含本数）：不超过 young_until，或不低于 old_from
-- ages that are bound, both included: up to young_until, and from old_from on
rules.young_until = 16
rules.old_from = 60

-- 不超过几岁不用人脸、凭承诺（临时绑定）；-1 为一律要人脸。人脸是亲属本人的。
-- up to which age a pledge stands in for the face (the binding is provisional
-- then); -1: never.  The face is the relative's own.
rules.pledge_until = 6

-- 输入 / input: age?
-- 输出 / output: allow = true, proof（face, pledge）, consent（health,
-- health_child）; or allow = false, reason
function rules.proof(input)
    return bindings.proof(rules, input)
end

-- 核对姓名与身份证号：前 free_matches 次不用等，之后每次等待加倍（秒）；从第一次
-- 起一天内最多 day_matches 次。核对成功的也计入，以免有人借此猜测他人的姓名。
-- How often name and number are compared for somebody: so many without
-- waiting, then s that double; so many in a day from the first on.  Those that
-- matched count, too: nobody is to find out names this way.
rules.free_matches = 10
rules.match_wait = 30
rules.match_longest = 3600
rules.day_matches = 24

-- 输入 / input: tries, since_first?, since_last?
-- 输出 / output: allow = true, fresh（重新计数 / count anew）; or allow =
-- false, reason, retry_after
function rules.match(input)
    return bindings.match(rules, input)
end

-- 一个用户一天内最多作出几次亲属码信息认证承诺
-- pledges of a user in a day, from the first on
rules.day_pledges = 5

-- 输入输出同上，不等待 / as match, without waiting
function rules.pledge(input)
    return bindings.pledge(rules, input)
end

-- 凭承诺的临时绑定，未到服务窗口核实的，多少天后自动解除，以免陌生人长期占用孩子的
-- 名额；0 为不解除。提前多少天通知绑定人。
-- Days after which a pledge that nobody has proven ends, so that no stranger
-- keeps a child's places; 0: never.  Days before that its guardian is told.
rules.pledge_days = 30
rules.pledge_warn = 7

-- 年龄超出范围后是否结束绑定。默认不结束：绑定时16岁的孩子满17岁后仍保留。
-- 改为 true，则超出的不再显示，并由后台任务结束、通知绑定人。
-- Whether a binding ends once the relative's age is none any more that is
-- bound.  Off: who was bound at 16 stays.  If on, such a code is refused, and a
-- job ends the binding and tells the guardian.
rules.age_out = false

-- 输入 / input: age?, since, now, how?
-- 输出 / output: allow = true, ends_at?, tell?（此时通知即将到期 / it is told
-- that it ends soon）; or allow = false, reason
function rules.keep(input)
    return bindings.keep(rules, input)
end

-- 全部检查一遍之后，隔多久再来一遍（秒）
-- s from the end of a walk through everybody to the next
rules.rebuild_every = 21600

-- 输出 / output: every
function rules.rebuild()
    return { every = rules.rebuild_every }
end

-- 输入 / input: what, to, relative, guardian（* 为不详 / *: nobody knows）, how
-- 输出 / output: send = false; or send = true, title_zh, title_en, text_zh,
-- text_en
function rules.message(input)
    return messages.message(input)
end

-- 检查 / checks
civic.whole(rules, "most_relatives", 1, 32)
civic.whole(rules, "most_guardians", 1, 32)
civic.whole(rules, "asked_life", 60, 3600)
civic.whole(rules, "settle_after", 15, 600)
civic.whole(rules, "minimum_birth_year", 1, 9999)
civic.whole(rules, "young_until", 0, 150)
civic.whole(rules, "old_from", 0, 150)
civic.whole(rules, "pledge_until", -1, 150)
civic.whole(rules, "consent_age", 0, 18)
civic.whole(rules, "free_matches", 1, 1000)
civic.whole(rules, "match_wait", 1, 86400)
civic.whole(rules, "match_longest", 1, 86400)
civic.whole(rules, "day_matches", 1, 1000)
civic.whole(rules, "day_pledges", 1, 1000)
civic.whole(rules, "pledge_days", 0, 3650)
civic.whole(rules, "pledge_warn", 0, 3650)
civic.whole(rules, "unbind_after", 0, 315360000)
civic.whole(rules, "rebuild_every", 60, 604800)
civic.whole(rules, "test_days", 0, 3650)
civic.whole(rules, "test_from_age", 0, 150)
civic.whole(rules, "live_every", 5, 3600)
civic.whole(rules, "live_grace", 0, 600)
civic.whole(rules, "look_every", 0, 86400)
civic.whole(rules, "look_days", 1, 3650)
civic.whole(rules, "look_lines", 10, 5000)
civic.whole(rules, "measure_longest", 1, 3650)
civic.whole(rules, "measures_most", 1, 100)
civic.whole(rules, "override_longest", 1, 3650)
civic.whole(rules, "keep_tests", 1, 200)
civic.whole(rules, "keep_test_days", 1, 3650)
civic.whole(rules, "keep_measure_days", 0, 3650)

if rules.keep_test_days < rules.test_days then
    error("keep_test_days: expected no fewer than test_days")
end
measures.check_kinds(rules)
bindings.check_relations(rules.relations)

add {
    { call = "terms",
      output = { relatives = 8, guardians = 3, asked_life = 900,
                 settle_after = 60, withdraw = true, young_until = 16,
                 old_from = 60, pledge_until = 6,
                 unbind_after = rules.unbind_after,
                 paper_valid = 168 * 3600 } },
    { call = "form",
      output = { minimum_birth_year = 1900, trim_edges = false,
                 upgrade_15 = false, relations = rules.relations } },

    { call = "channel", input = { channel = "alipay", method = "alipay" },
      output = { allow = true } },
    { call = "channel", input = { channel = "web", method = "password" },
      output = { allow = true } },
    { call = "channel", input = { channel = "wechat", method = "alipay" },
      output = { allow = false, reason = "kinship_channel" } },

    -- 0、6、7、13、14、16 岁；17、59 岁；60 岁 / ages at the bounds
    { call = "proof", input = { age = 0 },
      output = { allow = true, proof = "pledge", consent = "health_child" } },
    { call = "proof", input = { age = 6 },
      output = { allow = true, proof = "pledge", consent = "health_child" } },
    { call = "proof", input = { age = 7 },
      output = { allow = true, proof = "face", consent = "health_child" } },
    { call = "proof", input = { age = 13 },
      output = { allow = true, proof = "face", consent = "health_child" } },
    { call = "proof", input = { age = 14 },
      output = { allow = true, proof = "face", consent = "health" } },
    { call = "proof", input = { age = 16 },
      output = { allow = true, proof = "face", consent = "health" } },
    { call = "proof", input = { age = 17 },
      output = { allow = false, reason = "kinship_age" } },
    { call = "proof", input = { age = 59 },
      output = { allow = false, reason = "kinship_age" } },
    { call = "proof", input = { age = 60 },
      output = { allow = true, proof = "face", consent = "health" } },
    { call = "proof", input = {},
      output = { allow = false, reason = "kinship_age_unknown" } },

    { call = "match", input = { tries = 9, since_first = 60, since_last = 0 },
      output = { allow = true, fresh = false } },
    { call = "match", input = { tries = 10, since_first = 60, since_last = 0 },
      output = { allow = false, reason = "kinship_match_wait",
                 retry_after = 30 } },
    { call = "match", input = { tries = 24, since_first = 0, since_last = 0 },
      output = { allow = false, reason = "kinship_match_limit",
                 retry_after = 86400 } },
    { call = "pledge", input = { tries = 5, since_first = 0 },
      output = { allow = false, reason = "kinship_pledge_limit",
                 retry_after = 86400 } },
    { call = "keep", input = { since = 0, now = 23 * 86400000,
                               how = "pledge" },
      output = { allow = true, ends_at = 30 * 86400000, tell = true } },
    { call = "rebuild", output = { every = 21600 } },
}

---------------------------------------------------------------------------
-- 离线码 / Codes on paper
---------------------------------------------------------------------------

-- 自生成之日起，7天内有效：从生成的那一刻起168小时
-- valid for 7 days: 168 hours from the instant of making
rules.paper_valid = 168 * 3600

-- 每人在多少秒内最多生成几次 / s in which somebody may make so many sheets
rules.paper_window = 86400
rules.paper_most = 5

-- 核验时允许签发方时钟快多少秒 / s by which the signing clock may be ahead
rules.paper_leeway = 300

-- 免登录链接有效秒数 / s of a link without a session
rules.paper_link = 300

-- 绘制：每个工作进程同时几份、最多排队几份、毫秒上限、忙时让人几秒后再试、
-- 图片分辨率
-- drawing: at once in a worker, waiting, ms, s to come again, dpi of a picture
rules.paper_draws = 4
rules.paper_line = 64
rules.paper_timeout = 10000
rules.paper_retry = 10
rules.paper_dpi = 200

-- 作废名单：至少每隔多少秒重新生成、本身有效秒数；离线核验者：超过多少秒应更新、
-- 超过多少秒不可采信
-- the list of revoked codes: made anew after so many s, and valid for; who
-- verifies is to fetch it anew after, and believes none that is older than
rules.list_every = 600
rules.list_life = 7 * 86400
rules.list_warn = 86400
rules.list_most = 3 * 86400

-- 印在纸上的亲属关系；没有的不印 / relations as they are printed; others are
-- not
rules.paper_relations = {}
for _, relation in ipairs(rules.relations) do
    if relation.code ~= "other" then
        rules.paper_relations[relation.code] = relation.zh
    end
end

-- 印在纸上的说明 / what is printed below the codes
rules.paper_instructions = {
    "离线码自生成之日起，" .. math.floor(rules.paper_valid / 86400)
        .. "天内有效；重新生成后，此前的离线码作废。",
    "请在核酸采样点、查验点出示，由工作人员扫码核验，并配合核对身份证件。",
    "纸上不显示健康码颜色，颜色以扫码结果为准。",
    "请妥善保管，遗失后请重新生成，或到服务窗口作废。",
}

-- 输出 / output: valid, window, most, leeway, link, draws, line, timeout,
-- retry, dpi, list_every, list_life, list_warn, list_most, relations,
-- instructions
function rules.paper()
    return { valid = rules.paper_valid, window = rules.paper_window,
             most = rules.paper_most, leeway = rules.paper_leeway,
             link = rules.paper_link, draws = rules.paper_draws,
             line = rules.paper_line, timeout = rules.paper_timeout,
             retry = rules.paper_retry, dpi = rules.paper_dpi,
             list_every = rules.list_every, list_life = rules.list_life,
             list_warn = rules.list_warn, list_most = rules.list_most,
             relations = rules.paper_relations,
             instructions = rules.paper_instructions }
end

civic.whole(rules, "paper_valid", 3600, 30 * 86400)
civic.whole(rules, "paper_window", 60, 30 * 86400)
civic.whole(rules, "paper_most", 1, 1000)
civic.whole(rules, "paper_leeway", 0, 86400)
civic.whole(rules, "paper_link", 10, 3600)
civic.whole(rules, "paper_draws", 1, 64)
civic.whole(rules, "paper_line", 0, 1000)
civic.whole(rules, "paper_timeout", 1000, 20000)
civic.whole(rules, "paper_retry", 1, 600)
civic.whole(rules, "paper_dpi", 72, 300)
civic.whole(rules, "list_every", 30, 86400)
civic.whole(rules, "list_life", 3600, 30 * 86400)
civic.whole(rules, "list_warn", 60, 30 * 86400)
civic.whole(rules, "list_most", 60, 30 * 86400)
if rules.list_warn >= rules.list_most or rules.list_most > rules.list_life
then
    error("list_warn, list_most, list_life: expected each to be longer than "
        .. "the one before")
end

add {
    { call = "paper", output = rules.paper() },
}

rules.examples = examples

return rules
