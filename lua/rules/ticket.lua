-- 准考证：打印与入场的时间、绘制的限度、文字。
-- Tickets: when they are printed and the door is open, bounds of drawing,
-- words.
--
-- 时间窗口由考试文件规定，这里只决定如何使用。时刻都是毫秒。
-- Windows stand in an exam's file; here is what is made of them.  Instants are
-- milliseconds.

local words = require "lib/words"      -- 取名称、写消息 / labels, messages

local rules = {}

---------------------------------------------------------------------------
-- 绘制 / Drawing
---------------------------------------------------------------------------

-- 每个工作进程同时绘制几张，几人排队，超过则请稍后再试
-- how many sheets a worker has drawn at once, and how many people wait for
-- their turn; others are asked to come again
rules.draws = 4
rules.line = 64

-- 一次绘制最长毫秒数；不能绘制时请多少秒后再试
-- ms of one drawing; s until somebody should try again
rules.timeout = 10000
rules.retry = 10

-- 预览图的分辨率 / dots per inch of the preview
rules.dpi = 110

-- 短期链接有效秒数；入场核验时照片链接有效秒数（最多300）
-- s that a link opens a ticket; s that a photo is shown at the door
rules.link = 300
rules.photo = 120

-- 二维码在最后一科结束后仍有效的秒数；签发时钟可快的秒数
-- s that a code is valid after the last subject; s that the clock which signs
-- may be ahead
rules.valid = 86400
rules.leeway = 300

-- 输出 / output: draws, line, timeout, retry, dpi, link, photo, valid, leeway
function rules.terms()
    return {
        draws = rules.draws,
        line = rules.line,
        timeout = rules.timeout,
        retry = rules.retry,
        dpi = rules.dpi,
        link = rules.link,
        photo = rules.photo,
        valid = rules.valid,
        leeway = rules.leeway,
    }
end

---------------------------------------------------------------------------
-- 打印 / Printing
---------------------------------------------------------------------------

-- 开放打印之前，考生能否看到准考证号和考点、考场、座位
-- whether people see number, site, room and seat before they can print
rules.show_before = false

-- 输入 / input: now, from (0 未定 / not said), until
-- 输出 / output: allow, show; 或 / or allow = false, reason, possible_at, show
function rules.printing(input)
    if input.from == 0 or input.now < input.from then
        local answer = { allow = false, reason = "ticket_not_yet",
                         show = rules.show_before }
        if input.from > 0 then
            answer.possible_at = input.from
        end
        return answer
    end
    if input.now >= input["until"] then
        return { allow = false, reason = "ticket_over", show = true }
    end
    return { allow = true, show = true }
end

---------------------------------------------------------------------------
-- 入场 / The door
---------------------------------------------------------------------------

-- 开考前多少秒起可入场；开考后多少秒内仍可入场（迟到）
-- s before a subject begins that the door opens, and s after that it closes
rules.opens_before = 5400
rules.closes_after = 1800

-- 输入 / input: now, subjects ({ code, from, until })
-- 输出 / output: subject; 或 / or possible_at, 都没有则考试已结束 / or nothing
-- at all: all is over
function rules.door(input)
    local on, next_at
    for _, subject in ipairs(input.subjects) do
        local opens = subject.from - 1000 * rules.opens_before
        local closes = subject.from + 1000 * rules.closes_after
        if input.now >= opens and input.now < closes
           and (not on or subject.from < on.from) then
            on = subject
        end
        if input.now < opens and (not next_at or opens < next_at) then
            next_at = opens
        end
    end
    if on then
        return { subject = on.code }
    end
    return { possible_at = next_at }
end

---------------------------------------------------------------------------
-- 保存期限 / How long seats are kept
--
-- 从考试全部结束（各时段和各科目中最晚的结束时间）起算，满这么多天即删除：谁坐在哪里、
-- 准考证号、入场记录，每人一条删除证明写入审计记录。之后不能再为该考试安排座位。
-- 考场记录、成绩复核等需要多久，由主管机关的档案保管期限表决定（《个人信息保护法》
-- 第十九、四十七条），这里只是建议；不要长于 review.lua 的 keep_applications。
-- Counted from the instant at which an exam is over in every respect (the
-- latest end of its windows and subjects): so many days later who sat where,
-- numbers, and who came to the door are erased, with a proof for each person
-- in the audit trail; nobody can be seated for that exam any more.  PIPL 19
-- and 47; the authority's own schedule of retention decides, this is a
-- proposal.  No longer than review.lua keeps applications.
---------------------------------------------------------------------------

-- 天数，1 到 36500（约 100 年）/ days, 1 to 36500
rules.keep_seats = 365

-- 输出 / output: days
function rules.retention()
    return { days = rules.keep_seats }
end

---------------------------------------------------------------------------
-- 文字 / Words
---------------------------------------------------------------------------

-- 考试文件没有写考生须知时用这些
-- what a sheet tells if the exam's file has no instructions
rules.default_instructions = {
    { zh = "请凭本准考证和有效居民身份证参加考试，缺一不得入场。" },
    { zh = "请用A4纸单面打印，正反两面均不得涂改或书写。" },
    { zh = "请提前熟悉考点位置和交通路线，按规定时间入场，对号入座。" },
    { zh = "手机等具有通讯、存储功能的设备须关机，并存放到指定位置。" },
    { zh = "服从考试工作人员管理，遵守考场纪律；违纪违规者按有关规定处理。" },
}

-- 输出 / output: instructions
function rules.instructions()
    return { instructions = rules.default_instructions }
end

-- 按钮和核验结论的名称、如何处理
-- what the button and verdicts are called, and what to do
rules.labels = {
    ticket = { zh = "打印准考证", en = "Print the ticket",
               hint_zh = "", hint_en = "" },
    genuine = {
        zh = "有效", en = "Genuine",
        hint_zh = "请核对本人、身份证与照片一致后放行。",
        hint_en = "Compare the person, the identity card and the photo.",
    },
    again = {
        zh = "有效，但已有人入场", en = "Genuine, but somebody is in already",
        hint_zh = "同一准考证此前已核验入场，请核对是否本人，必要时报告考点负责人。",
        hint_en = "Somebody came in with this ticket before. Make sure who "
            .. "this is, and call the head of the site if in doubt.",
    },
    other_site = {
        zh = "考点不符", en = "Another site",
        hint_zh = "准考证有效，但不是本考点，请按显示的考点前往。",
        hint_en = "The ticket is genuine, but for the site shown here.",
    },
    not_now = {
        zh = "不在入场时间", en = "Not now",
        hint_zh = "准考证有效，但现在没有可入场的科目。",
        hint_en = "The ticket is genuine, but no subject is open now.",
    },
    revoked = {
        zh = "已失效", en = "Revoked",
        hint_zh = "该座位已收回或重新安排，此准考证作废，不得入场。",
        hint_en = "The seat was taken back or given to somebody else. This "
            .. "ticket is void.",
    },
    other_exam = {
        zh = "不是本次考试", en = "Another exam",
        hint_zh = "这是其他考试的准考证。",
        hint_en = "This is a ticket to another exam.",
    },
    expired = {
        zh = "已过期", en = "Expired",
        hint_zh = "考试已结束，准考证已过期。",
        hint_en = "The exam is over.",
    },
    early = {
        zh = "签发时间异常", en = "Issued in the future",
        hint_zh = "签发时间晚于现在，请检查本机时钟，并报告考点负责人。",
        hint_en = "It was issued after now. Look at the clocks.",
    },
    forged = {
        zh = "伪造", en = "Forged",
        hint_zh = "签名无效，不得入场，请报告考点负责人。",
        hint_en = "The signature does not hold. Call the head of the site.",
    },
    unreadable = {
        zh = "无法识别", en = "No ticket's code",
        hint_zh = "不是准考证二维码或已损坏，请重新扫描，或人工核对准考证号。",
        hint_en = "This is no ticket's code, or a damaged one. Scan again, or "
            .. "look the number up.",
    },
}

-- 输入 / input: what, language
-- 输出 / output: label, hint
function rules.label(input)
    return words.label(rules.labels[input.what], input.language)
end

-- 给考生的消息；删去一条即不再发送。{title} 考试，{number} 准考证号，
-- {from}、{until} 打印时间。
--   seated 座位已安排，尚未开放打印   printable 可以打印   back 座位已收回
--   moved 打印时间有变（已通知过的人各再通知一次）
-- What citizens are told; take one away and it is not sent any more.
rules.messages = {
    seated = {
        title_zh = "座位已安排", title_en = "You have a seat",
        text_zh = "“{title}”的座位已安排，请自{from}起打印准考证。",
        text_en = "You have a seat in \"{title}\". Print your ticket from "
            .. "{from} on.",
    },
    printable = {
        title_zh = "可以打印准考证", title_en = "Print your ticket",
        text_zh = "“{title}”的准考证可以打印了，准考证号{number}。"
            .. "请在{until}前点击“打印准考证”。",
        text_en = "Your ticket to \"{title}\" can be printed until {until}. "
            .. "Its number is {number}.",
    },
    moved = {
        title_zh = "准考证打印时间调整", title_en = "Printing was moved",
        text_zh = "“{title}”的准考证打印时间调整为{from}至{until}，"
            .. "以前通知的时间不再有效。",
        text_en = "Tickets to \"{title}\" can be printed from {from} until "
            .. "{until}. What you were told before does not count any more.",
    },
    back = {
        title_zh = "准考证已失效", title_en = "Your ticket is void",
        text_zh = "您不再符合“{title}”的参加条件，座位已收回，"
            .. "已打印的准考证作废。如有疑问，请拨打服务电话。",
        text_en = "You are not entitled to \"{title}\" any more. Your seat "
            .. "was taken back, and a ticket that you printed is void.",
    },
}

-- 输入 / input: what, title_zh, title_en, number, from, until
-- 输出 / output: send, title_zh, title_en, text_zh, text_en
function rules.message(input)
    local function with(title)
        return { title = title, number = input.number, from = input.from,
                 ["until"] = input["until"] }
    end
    return words.message(rules.messages[input.what], with(input.title_zh),
                         with(input.title_en))
end

---------------------------------------------------------------------------
-- 检查：数值写错时整个文件不生效，并说明哪一项不对、允许多少。
-- Checks: a value that cannot work is refused with the whole file, by its
-- name and with what is allowed.
---------------------------------------------------------------------------

civic.whole(rules, "draws", 1, 64)
civic.whole(rules, "line", 0, 1000)
civic.whole(rules, "timeout", 1000, 20000)
civic.whole(rules, "retry", 1, 600)
civic.whole(rules, "dpi", 36, 300)
civic.whole(rules, "link", 10, 3600)
civic.whole(rules, "photo", 10, 300)
civic.whole(rules, "valid", 0, 31536000)
civic.whole(rules, "leeway", 0, 86400)
civic.whole(rules, "opens_before", 0, 86400)
civic.whole(rules, "closes_after", 0, 86400)
civic.whole(rules, "keep_seats", 1, 36500)

---------------------------------------------------------------------------
-- 示例 / Examples
---------------------------------------------------------------------------

local morning = { code = "xc", from = 36000000, ["until"] = 43200000 }
local afternoon = { code = "sl", from = 54000000, ["until"] = 64800000 }

rules.examples = {
    { call = "printing", input = { now = 99, from = 100, ["until"] = 200 },
      output = { allow = false, reason = "ticket_not_yet", possible_at = 100,
                 show = false } },
    { call = "printing", input = { now = 100, from = 100, ["until"] = 200 },
      output = { allow = true, show = true } },
    { call = "printing", input = { now = 200, from = 100, ["until"] = 200 },
      output = { allow = false, reason = "ticket_over", show = true } },
    { call = "printing", input = { now = 5, from = 0, ["until"] = 0 },
      output = { allow = false, reason = "ticket_not_yet", show = false } },

    -- 开考前90分钟起，开考后30分钟止 / from 90 minutes before on, until 30
    -- minutes after the begin
    { call = "door",
      input = { now = 30599999, subjects = { morning, afternoon } },
      output = { possible_at = 30600000 } },
    { call = "door",
      input = { now = 30600000, subjects = { afternoon, morning } },
      output = { subject = "xc" } },
    { call = "door",
      input = { now = 36000000,
                subjects = { { code = "ld", from = 41000000 }, morning } },
      output = { subject = "xc" } },
    { call = "door",
      input = { now = 37799999, subjects = { morning, afternoon } },
      output = { subject = "xc" } },
    { call = "door",
      input = { now = 37800000, subjects = { morning, afternoon } },
      output = { possible_at = 48600000 } },
    { call = "door",
      input = { now = 55800000, subjects = { morning, afternoon } },
      output = {} },

    { call = "retention", output = { days = 365 } },

    { call = "label", input = { what = "ticket", language = "zh" },
      output = { label = "打印准考证", hint = "" } },
    { call = "label", input = { what = "forged", language = "en" },
      output = { label = "Forged",
                 hint = rules.labels.forged.hint_en } },

    { call = "message",
      input = { what = "seated", title_zh = "2026年{公务员}考试",
                title_en = "Exam", number = "630100201",
                from = "2026-03-09 12:00", ["until"] = "2026-03-14 09:00" },
      output = { send = true, title_zh = "座位已安排",
                 title_en = "You have a seat",
                 text_zh = "“2026年{公务员}考试”的座位已安排，"
                     .. "请自2026-03-09 12:00起打印准考证。",
                 text_en = "You have a seat in \"Exam\". Print your ticket "
                     .. "from 2026-03-09 12:00 on." } },
    { call = "message",
      input = { what = "nothing", title_zh = "t", title_en = "t",
                number = "", from = "", ["until"] = "" },
      output = { send = false } },
}

return rules
