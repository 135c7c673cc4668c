-- 缴费规则。修改本文件即可调整政策，无需编程人员，也无需重启。
-- 文件末尾的“示例”必须全部成立，新规则才会生效；改了数字，请同时改示例。
-- 时间单位都是秒，金额单位都是分，另有说明的除外。
--
-- Rules of payments.  Changing this file changes the policy; nothing has to
-- be restarted.  The examples at the end must hold before a new version is
-- taken.  Times are seconds and amounts are fen unless said otherwise.
--
-- Input and output of each function stand above it.  A function sees facts,
-- never a name or a number of a person.
--
-- 多少钱、何时截止，由开单的业务（报名）给出，不在这里。
-- How much and until when is said by whoever opens an order, not here.

local id_numbers = require "lib/id_numbers"
local words = require "lib/words"      -- 取名称、写消息 / labels, messages

local rules = {}

---------------------------------------------------------------------------
-- 支付方式 / Channels
--
-- open  是否开放 / whether it is offered
-- life  一次支付的有效时间：超过后支付宝不再收款。二维码最长 7200
-- life  how long one attempt can be paid; a QR code at most 7200
---------------------------------------------------------------------------

rules.channels = {
    mini_program = { open = true, life = 1800 },
    page = { open = true, life = 1800 },
    qr = { open = true, life = 900 },
}

-- 距截止不足这么久，不再开始新的支付
-- so shortly before the deadline no new attempt begins
rules.last_moment = 60

-- 已打开的支付还剩这么久以上，就继续用它
-- an open attempt is used again while it has that much time left
rules.use_again = 60

-- 一个订单最多支付多少次（每换一种方式或一个支付宝账户算一次）
-- attempts of one order at most: another channel or another Alipay account is
-- another one
rules.most_trades = 30

-- 输入 / input: channel, left, fen
-- 输出 / output: allow = true, life, least, most; or allow = false, reason
function rules.channel(input)
    local channel = rules.channels[input.channel]
    if not channel or not channel.open then
        return { allow = false, reason = "payment_channel_closed" }
    end
    if input.left < rules.last_moment then
        return { allow = false, reason = "payment_over" }
    end
    return {
        allow = true,
        life = channel.life,
        least = rules.use_again,
        most = rules.most_trades,
    }
end

---------------------------------------------------------------------------
-- 考务填写的身份证号 / Numbers that the office types
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
-- 向支付宝查询 / Asking Alipay
---------------------------------------------------------------------------

-- 考生点击“我已付款”等，同一订单多久问一次
-- how often one order is asked about by citizens' pages, 1 to 60
rules.ask_every = 3

-- 输出 / output: every
function rules.ask()
    return { every = rules.ask_every }
end

-- 后台查询的间隔：等于已经过的时间，但不小于 shortest、不大于 longest。
-- 超过 alarm 仍无结果，日志报警“money waits”，须人工处理。
-- The job asks again after as long as it has taken so far, within these
-- bounds.  After alarm somebody has to look: "money waits" in the log.
rules.pauses = {
    trade = { shortest = 10, longest = 300, alarm = 7200 },
    refund = { shortest = 10, longest = 1800, alarm = 3600 },
    removal = { shortest = 10, longest = 300, alarm = 3600 },
}

-- 输入 / input: what, age
-- 输出 / output: pause, waits
function rules.pause(input)
    local pauses = rules.pauses[input.what]
    local pause = math.max(pauses.shortest,
                           math.min(pauses.longest, input.age))
    return { pause = pause, waits = input.age >= pauses.alarm }
end

---------------------------------------------------------------------------
-- 截止 / The deadline
---------------------------------------------------------------------------

-- 截止前多久提醒未缴费的考生，最多8次
-- how long before the deadline who has not paid is warned, at most 8 times
rules.warnings = { 86400, 7200 }

-- 截止后再等多久：最后一次向支付宝查询，仍未付款的删除
-- after the deadline and that much more Alipay is asked for the last time,
-- and who has not paid is removed
rules.grace = 180

-- 截止后多久以内付的款，在删除之前仍然有效；之后的自动退回
-- a payment made so shortly after the deadline counts, unless the order is
-- removed by then; a later one goes back by itself
rules.tolerance = 180

-- 输出 / output: warnings, grace, tolerance
function rules.deadline()
    return {
        warnings = rules.warnings,
        grace = rules.grace,
        tolerance = rules.tolerance,
    }
end

---------------------------------------------------------------------------
-- 退款 / Refunds
--
-- 逾期或重复的付款自动退回，不受以下限制。
-- Money that came too late or twice goes back by itself, whatever stands
-- here.
---------------------------------------------------------------------------

-- 考务一次可退的上限；更多的由管理员办理
-- what the office may give back at once; more is for an administrator
rules.office_most = 100000

-- 付款后多久以内可退（与支付宝签约的期限，一般为一年）
-- how long after the payment: what the contract with Alipay says
rules.refund_days = 365

-- 输入 / input: who, fen, paid, returned, state, since
-- 输出 / output: allow = true; or allow = false, reason
function rules.refund(input)
    if input.state ~= "paid" then
        return { allow = false, reason = "payment_refund_state" }
    end
    if input.fen < 1 or input.fen > input.paid - input.returned then
        return { allow = false, reason = "payment_refund_amount" }
    end
    if input.since > rules.refund_days * 86400 then
        return { allow = false, reason = "payment_refund_old" }
    end
    if input.who == "office" and input.fen > rules.office_most then
        return { allow = false, reason = "payment_refund_office" }
    end
    return { allow = true }
end

---------------------------------------------------------------------------
-- 对账与索引 / Bills and indexes
---------------------------------------------------------------------------

-- 是否对账；几点以后取昨天的账单（支付宝约10点生成）；往前补几天，最多7
-- whether bills are compared; from which hour on yesterday's is fetched;
-- how many days back are made up for, at most 7
rules.compare_bills = true
rules.bill_hour = 10
rules.bill_days = 3

-- 输出 / output: compare, hour, days
function rules.bill()
    return {
        compare = rules.compare_bills,
        hour = rules.bill_hour,
        days = rules.bill_days,
    }
end

-- 多久重建一次索引 / how often the indexes are made anew
rules.rebuild_every = 21600

-- 输出 / output: every
function rules.rebuild()
    return { every = rules.rebuild_every }
end

---------------------------------------------------------------------------
-- 保存期限 / How long it is kept
--
-- 订单连同支付、退款、收款记录，和每天的对账记录，保存多少天，从最后一次变动的次年1月1日
-- 起算（《会计档案管理办法》第十四条：从会计年度终了后的第一天算起）。期满删除，每个订单
-- 一条删除证明写入审计记录。以下的暂不删除：未付、正在支付或退款的，应退未退的，对账差异
-- 未处理的，报名仍保存的。缩短后，已到期的几小时内删除，不能恢复。
-- 个人信息的保存期限应为最短时间（《个人信息保护法》第十九条），法律、行政法规另有规定的
-- 除外。以下天数是建议，未经确认：订单和对账记录是否属于会计档案、保存多久，由财务部门和
-- 主管机关的档案保管期限表决定。
--
-- For how many days an order with its trades, refunds and receipts is kept,
-- and what a day's bill had otherwise; counted from the first of January
-- after the last change, as accounts are.  Then it is erased, with a proof in
-- the audit trail.  What stays longer: an order that is to be paid, is being
-- paid or goes back, money that should go back and does not, a difference
-- that is not settled, an order whose application is still kept.  Make a
-- number smaller, and what is over by it is erased within hours, for good.
-- UNCONFIRMED proposals: whether these are records of accounts, and for how
-- long, is for the finance office and the authority's schedule to say.
---------------------------------------------------------------------------

-- 天数，1 到 36500（约 100 年）/ days, 1 to 36500
-- 收过款的（含已退款）：同行政、事业单位的会计凭证，30年（《会计档案管理办法》附表2）
-- money came, gone back or not: as vouchers of public bodies, 30 years
rules.keep_orders = 10958

-- 没有收过款的（已取消、逾期未缴费）：不是会计资料，与报名同期
-- no money ever came: no matter of accounts, as long as applications
rules.keep_unpaid_orders = 730

-- 每天的对账记录，30 天以上：同银行对账单、余额调节表，10年（附表1、2）；不要长于
-- keep_orders
-- a day's bill, from 30 days on: as a bank's statements, 10 years; no longer
-- than keep_orders
rules.keep_bills = 3653

-- 输入 / input: what（paid 收过款的订单、unpaid 没有收过款的订单、bill 对账记录）
-- 输出 / output: days
function rules.retention(input)
    if input.what == "bill" then
        return { days = rules.keep_bills }
    end
    if input.what == "unpaid" then
        return { days = rules.keep_unpaid_orders }
    end
    return { days = rules.keep_orders }
end

---------------------------------------------------------------------------
-- 文字 / Words
---------------------------------------------------------------------------

-- 状态的名称和提示 / what states are called, and what to know
rules.labels = {
    unpaid = {
        zh = "未缴费", en = "To be paid",
        hint_zh = "付款成功后，考生须查看个人付款状态，确认显示“已付款”。"
            .. "逾期未缴费或未缴费的考生将被删除。",
        hint_en = "After paying, look at the state of your payment and make "
            .. "sure that it says \"Paid\". Whoever has not paid by the "
            .. "deadline is removed.",
    },
    paid = { zh = "已付款", en = "Paid", hint_zh = "", hint_en = "" },
    removed = {
        zh = "逾期未缴费", en = "Not paid in time",
        hint_zh = "截止前没有收到付款，报名已被删除。如有疑问，请拨打服务电话。",
        hint_en = "No payment came before the deadline, and the application "
            .. "was removed. Call the service line if that is not right.",
    },
    closed = { zh = "已取消", en = "Given up", hint_zh = "", hint_en = "" },
    refunding = {
        zh = "退款中", en = "Refund on its way",
        hint_zh = "款项将按原支付方式退回。",
        hint_en = "The money goes back the way it came.",
    },
    refunded = {
        zh = "已退款", en = "Refunded",
        hint_zh = "款项已按原支付方式退回。",
        hint_en = "The money went back the way it came.",
    },
}

-- 输入 / input: state, language
-- 输出 / output: label, hint
function rules.label(input)
    return words.label(rules.labels[input.state], input.language)
end

-- 给考生的消息；删去一条即不再发送。{title} 缴费项目，{yuan} 金额（元），
-- {until} 截止时间。
--   opened 可以缴费   moved 截止时间改变   warning 截止前提醒   paid 已付款
--   removed 逾期删除  closed 已取消        refunding 开始退款
--   refunded 全部退回 part 部分退回
--   late 逾期或重复付款，将退回            returned 已退回
-- What citizens are told; take one away and it is not sent any more.  {title}
-- is what it is for, {yuan} the amount, {until} the deadline.
rules.messages = {
    opened = {
        title_zh = "请缴费", title_en = "Please pay",
        text_zh = "“{title}”可以缴费：{yuan}元，请在{until}前点击“支付”。"
            .. "付款成功后，考生须查看个人付款状态，确认显示“已付款”。"
            .. "逾期未缴费或未缴费的考生将被删除。",
        text_en = "\"{title}\" can be paid now: {yuan} yuan, before {until}. "
            .. "After paying, look at the state of your payment and make "
            .. "sure that it says \"Paid\". Whoever has not paid by then is "
            .. "removed.",
    },
    moved = {
        title_zh = "缴费截止时间已更改", title_en = "The deadline has changed",
        text_zh = "“{title}”（{yuan}元）的缴费截止时间改为{until}。",
        text_en = "The deadline of \"{title}\" ({yuan} yuan) is now {until}.",
    },
    warning = {
        title_zh = "缴费即将截止", title_en = "The deadline is near",
        text_zh = "您还没有支付“{title}”（{yuan}元），请在{until}前支付。"
            .. "逾期未缴费或未缴费的考生将被删除。"
            .. "如已付款，请查看个人付款状态，确认显示“已付款”。",
        text_en = "You have not paid \"{title}\" ({yuan} yuan) yet. Pay before "
            .. "{until}: whoever has not paid by then is removed. If you have "
            .. "paid, make sure that the state of your payment says \"Paid\".",
    },
    paid = {
        title_zh = "已付款", title_en = "Paid",
        text_zh = "已收到您为“{title}”支付的{yuan}元。"
            .. "请查看个人付款状态，确认显示“已付款”。",
        text_en = "Your {yuan} yuan for \"{title}\" have arrived. Make sure "
            .. "that the state of your payment says \"Paid\".",
    },
    removed = {
        title_zh = "逾期未缴费", title_en = "Not paid in time",
        text_zh = "截止时间（{until}）前没有收到“{title}”的付款，报名已被删除。"
            .. "如有疑问，请拨打服务电话。",
        text_en = "No payment of \"{title}\" came before the deadline "
            .. "({until}), and the application was removed. Call the service "
            .. "line if that is not right.",
    },
    closed = {
        title_zh = "缴费已取消", title_en = "Nothing to pay any more",
        text_zh = "“{title}”无需缴费。请勿再付款；已付的款项将自动退回。",
        text_en = "\"{title}\" is not to be paid any more. If you pay it all "
            .. "the same, the money comes back by itself.",
    },
    refunding = {
        title_zh = "正在退款", title_en = "A refund is on its way",
        text_zh = "“{title}”正在退款，共{yuan}元，将按原支付方式退回。",
        text_en = "{yuan} yuan of \"{title}\" go back the way they came.",
    },
    refunded = {
        title_zh = "已退款", title_en = "Refunded",
        text_zh = "“{title}”已退款{yuan}元，按原支付方式退回。",
        text_en = "{yuan} yuan of \"{title}\" went back the way they came.",
    },
    part = {
        title_zh = "已退回部分款项", title_en = "Refunded in part",
        text_zh = "“{title}”已退回{yuan}元，按原支付方式退回；付款状态仍为"
            .. "“已付款”。",
        text_en = "{yuan} yuan of \"{title}\" went back the way they came; it "
            .. "stays paid.",
    },
    late = {
        title_zh = "付款将退回", title_en = "Your payment goes back",
        text_zh = "“{title}”收到一笔不需要的付款（已付款、已取消或已逾期），"
            .. "{yuan}元将自动按原支付方式退回，无需办理。",
        text_en = "A payment of {yuan} yuan for \"{title}\" was not wanted "
            .. "any more (it is paid, given up, or over). It goes back the "
            .. "way it came, by itself.",
    },
    returned = {
        title_zh = "付款已退回", title_en = "Your payment went back",
        text_zh = "“{title}”多付或逾期的{yuan}元已按原支付方式退回。",
        text_en = "The {yuan} yuan for \"{title}\" that were not wanted any "
            .. "more went back the way they came.",
    },
}

-- 输入 / input: what, title, yuan, until
-- 输出 / output: send, title_zh, title_en, text_zh, text_en
function rules.message(input)
    return words.message(rules.messages[input.what], input)
end

---------------------------------------------------------------------------
-- 检查：数值写错时整个文件不生效，并说明哪一项不对、允许多少。
-- Checks: a value that cannot work is refused with the whole file, by its
-- name and with what is allowed.
---------------------------------------------------------------------------

civic.whole(rules, "last_moment", 0, 3600)
civic.whole(rules, "use_again", 0, 3600)
civic.whole(rules, "most_trades", 1, 100)
civic.whole(rules, "minimum_birth_year", 1, 9999)
civic.whole(rules, "ask_every", 1, 60)
civic.whole(rules, "grace", 0, 86400)
civic.whole(rules, "tolerance", 0, 86400)
civic.whole(rules, "office_most", 0, 100000000000)
civic.whole(rules, "refund_days", 0, 3650)
civic.whole(rules, "bill_hour", 0, 23)
civic.whole(rules, "bill_days", 1, 7)
civic.whole(rules, "rebuild_every", 60, 604800)
civic.whole(rules, "keep_orders", 1, 36500)
civic.whole(rules, "keep_unpaid_orders", 1, 36500)
civic.whole(rules, "keep_bills", 30, 36500)

for name in pairs(rules.channels) do
    civic.whole(rules.channels[name], "life", 60, name == "qr" and 7200
                or 86400, "channels." .. name .. ".")
end
for what, pauses in pairs(rules.pauses) do
    local where = "pauses." .. what .. "."
    civic.whole(pauses, "shortest", 1, 86400, where)
    civic.whole(pauses, "longest", 1, 86400, where)
    civic.whole(pauses, "alarm", 60, 2592000, where)
end
for i in ipairs(rules.warnings) do
    civic.whole(rules.warnings, i, 1, 2592000, "warnings: ")
end
if #rules.warnings > 8 then
    error("warnings: expected 8 at most, found " .. #rules.warnings)
end

---------------------------------------------------------------------------
-- 示例 / Examples
---------------------------------------------------------------------------

local function paid(who, fen, returned, since)
    return { who = who, fen = fen, paid = 12000, returned = returned,
             state = "paid", since = since }
end

rules.examples = {
    { call = "channel", input = { channel = "qr", left = 86400, fen = 12000 },
      output = { allow = true, life = 900, least = 60, most = 30 } },
    { call = "channel", input = { channel = "page", left = 60, fen = 1 },
      output = { allow = true, life = 1800, least = 60, most = 30 } },
    -- 截止前一分钟内不再开始 / not in the last minute
    { call = "channel", input = { channel = "page", left = 59, fen = 1 },
      output = { allow = false, reason = "payment_over" } },
    { call = "channel", input = { channel = "cash", left = 600, fen = 1 },
      output = { allow = false, reason = "payment_channel_closed" } },

    { call = "pause", input = { what = "trade", age = 0 },
      output = { pause = 10, waits = false } },
    { call = "pause", input = { what = "trade", age = 45 },
      output = { pause = 45, waits = false } },
    { call = "pause", input = { what = "trade", age = 7200 },
      output = { pause = 300, waits = true } },
    { call = "pause", input = { what = "refund", age = 3599 },
      output = { pause = 1800, waits = false } },
    { call = "pause", input = { what = "removal", age = 3600 },
      output = { pause = 300, waits = true } },

    { call = "deadline", input = {},
      output = { warnings = { 86400, 7200 }, grace = 180, tolerance = 180 } },

    { call = "refund", input = paid("office", 12000, 0, 60),
      output = { allow = true } },
    { call = "refund", input = paid("opener", 2000, 10000, 60),
      output = { allow = true } },
    { call = "refund", input = paid("office", 2001, 10000, 60),
      output = { allow = false, reason = "payment_refund_amount" } },
    { call = "refund", input = paid("office", 12000, 0, 31536001),
      output = { allow = false, reason = "payment_refund_old" } },
    { call = "refund",
      input = { who = "office", fen = 100001, paid = 200000, returned = 0,
                state = "paid", since = 1 },
      output = { allow = false, reason = "payment_refund_office" } },
    { call = "refund",
      input = { who = "administrator", fen = 100001, paid = 200000,
                returned = 0, state = "paid", since = 1 },
      output = { allow = true } },
    { call = "refund",
      input = { who = "administrator", fen = 1, paid = 12000, returned = 0,
                state = "refunding", since = 1 },
      output = { allow = false, reason = "payment_refund_state" } },

    { call = "label", input = { state = "paid", language = "zh" },
      output = { label = "已付款", hint = "" } },
    { call = "label", input = { state = "removed", language = "zh" },
      output = { label = "逾期未缴费",
                 hint = rules.labels.removed.hint_zh } },
    { call = "label", input = { state = "paid", language = "en" },
      output = { label = "Paid", hint = "" } },

    { call = "message",
      input = { what = "paid", title = "2026年{公务员}考试", yuan = "120.00",
                ["until"] = "2026-03-10 18:00" },
      output = { send = true, title_zh = "已付款", title_en = "Paid",
                 text_zh = "已收到您为“2026年{公务员}考试”支付的120.00元。"
                     .. "请查看个人付款状态，确认显示“已付款”。",
                 text_en = "Your 120.00 yuan for \"2026年{公务员}考试\" have "
                     .. "arrived. Make sure that the state of your payment "
                     .. "says \"Paid\"." } },
    { call = "message",
      input = { what = "nothing", title = "t", yuan = "1.00",
                ["until"] = "u" },
      output = { send = false } },
    { call = "bill", input = {},
      output = { compare = true, hour = 10, days = 3 } },
    { call = "rebuild", input = {}, output = { every = 21600 } },
    { call = "ask", input = {}, output = { every = 3 } },
    { call = "retention", input = { what = "paid" },
      output = { days = 10958 } },
    { call = "retention", input = { what = "unpaid" },
      output = { days = 730 } },
    { call = "retention", input = { what = "bill" },
      output = { days = 3653 } },
}

return rules
