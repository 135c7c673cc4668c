-- 报名与审核规则。修改本文件即可调整政策，无需编程人员，也无需重启。
-- 文件末尾的“示例”必须全部成立，新规则才会生效；改了数字，请同时改示例。
-- 时间单位都是秒，时刻（at、now、opens_at 等）都是毫秒，另有说明的除外。
--
-- Rules of applications and their review.  Changing this file changes the
-- policy; nothing has to be restarted.  The examples at the end must hold
-- before a new version is taken.  Times are seconds, instants (at, now,
-- opens_at ...) ms, unless said otherwise.
--
-- Input and output of each function stand above it.  A function sees facts,
-- never a name or a number of a person.

local conditions = require "review/conditions"  -- 报名条件 / who may apply
local words = require "lib/words"               -- 写消息 / messages
local working_time = require "review/working_time"  -- 审核时限 / due times

local rules = {}

---------------------------------------------------------------------------
-- 审核时限 / When a review is due
--
-- 通知：“审核员的工作时间为每天上午8:30-12:00、下午14:30-18:00”，一般“工作时间内
-- 12小时内”完成审核。是目标，不是超时自动通过。
-- every_day  每天都算工作时间（通知的原话“每天”）
-- workdays   只算工作日：周一至周五，去掉 off，加上 worked（调休上班的周末）
-- elapsed    按钟点过 12 小时，不分工作时间
--
-- The notice: reviewers work each day at these hours and are done, as a rule,
-- within 12 hours of them.  A target: nothing is approved because time ran
-- out.  every_day: what the words say; workdays: Mondays to Fridays without
-- off and with worked; elapsed: by the clock on the wall.
---------------------------------------------------------------------------

rules.mode = "every_day"

-- 需要多少分钟工作时间 / minutes of working time
rules.need = 720

-- 每天的工作时间 / the hours of a day
rules.hours = { "08:30-12:00", "14:30-18:00" }

-- 放假与调休，每年秋天按国务院办公厅的通知补上下一年；“月-日”。
-- 没有的年份不推算：workdays 时没有应审完的时间，提交仍然有效。
-- Days off, and weekends that are worked: add next year's each autumn, by the
-- notice of the State Council.  For a year that is not here nothing is
-- guessed: with workdays there is no due time then, and submissions count all
-- the same.
rules.calendar = {
    [2022] = {
        off = { "01-01", "01-02", "01-03", "01-31", "02-01", "02-02", "02-03",
                "02-04", "02-05", "02-06", "04-03", "04-04", "04-05", "04-30",
                "05-01", "05-02", "05-03", "05-04", "06-03", "06-04", "06-05",
                "09-10", "09-11", "09-12", "10-01", "10-02", "10-03", "10-04",
                "10-05", "10-06", "10-07", "12-31" },
        worked = { "01-29", "01-30", "04-02", "04-24", "05-07", "10-08",
                   "10-09" },
    },
    [2024] = {
        off = { "01-01", "02-10", "02-11", "02-12", "02-13", "02-14", "02-15",
                "02-16", "02-17", "04-04", "04-05", "04-06", "05-01", "05-02",
                "05-03", "05-04", "05-05", "06-10", "09-15", "09-16", "09-17",
                "10-01", "10-02", "10-03", "10-04", "10-05", "10-06",
                "10-07" },
        worked = { "02-04", "02-18", "04-07", "04-28", "05-11", "09-14",
                   "09-29", "10-12" },
    },
    [2025] = {
        off = { "01-01", "01-28", "01-29", "01-30", "01-31", "02-01", "02-02",
                "02-03", "02-04", "04-04", "04-05", "04-06", "05-01", "05-02",
                "05-03", "05-04", "05-05", "05-31", "06-01", "06-02", "10-01",
                "10-02", "10-03", "10-04", "10-05", "10-06", "10-07",
                "10-08" },
        worked = { "01-26", "02-08", "04-27", "09-28", "10-11" },
    },
    [2026] = {
        off = { "01-01", "01-02", "01-03", "02-15", "02-16", "02-17", "02-18",
                "02-19", "02-20", "02-21", "02-22", "02-23", "04-04", "04-05",
                "04-06", "05-01", "05-02", "05-03", "05-04", "05-05", "06-19",
                "06-20", "06-21", "09-25", "09-26", "09-27", "10-01", "10-02",
                "10-03", "10-04", "10-05", "10-06", "10-07" },
        worked = { "01-04", "02-14", "02-28", "05-09", "09-20", "10-10" },
    },
}

-- 输入 / input: at（提交的时刻 / when it was handed in）
-- 输出 / output: mode, need, windows；workdays 时 / and with workdays:
--               calendar = { from, until, off, worked }，当年起连续已知的年份，
--               至多三年；当年未知则没有 / the years known in a row, of at on,
--               three at most; absent if that year is not known
function rules.clock(input)
    return working_time.clock(rules, input)
end

---------------------------------------------------------------------------
-- 审核员 / Reviewers
---------------------------------------------------------------------------

-- 只在工作时间审核？ / may reviewers decide during working hours alone?
rules.only_in_hours = false

-- 输入 / input: open（现在是否工作时间；没有日历时没有此项 / whether time runs
--               now; absent if no calendar knows）, opens_at
-- 输出 / output: allow = true; or allow = false, reason, possible_at
function rules.may_review(input)
    if rules.only_in_hours and input.open == false then
        return { allow = false, reason = "review_closed",
                 possible_at = input.opens_at }
    end
    return { allow = true }
end

-- 每份报名由一名审核员处理多久，查看即顺延；逾期由他人处理（60 至 86400）
-- for how long one is a reviewer's: looking at it begins the time anew
rules.lease = 900

-- 离应审完的时间不到多久，算即将到期
-- what is due within this time is due soon
rules.soon = 7200

-- 输出 / output: lease, soon；查找时身份证号的读法 / and how a number is read
--               that somebody is looked up by: minimum_birth_year, trim_edges
function rules.desk()
    return { lease = rules.lease, soon = rules.soon,
             minimum_birth_year = 1900, trim_edges = true }
end

-- 不通过的原因，供审核员选用，申请人会看到这些文字。代码用过之后不要改作他用。
-- text = true 的须另外写明。
-- Reasons of a refusal for reviewers to choose from; the applicant reads these
-- texts.  A code that was used keeps its meaning.  text = true: says nothing
-- without words of the reviewer's own.
rules.reasons = {
    { code = "form_incomplete",
      zh = "报名信息填写不完整，请补充后重新提交",
      en = "something is missing in the form: complete it and submit again" },
    { code = "form_wrong",
      zh = "报名信息有误，请核对修改后重新提交",
      en = "something in the form is wrong: correct it and submit again" },
    { code = "education",
      zh = "学历或学位不符合该职位的要求，请申请其他职位",
      en = "the position asks for another education or degree: apply for "
          .. "another one" },
    { code = "major",
      zh = "所学专业不符合该职位的要求，请申请其他职位",
      en = "the position asks for another subject of study: apply for "
          .. "another one" },
    { code = "age",
      zh = "年龄不符合该职位的要求，请申请其他职位",
      en = "the position asks for another age: apply for another one" },
    { code = "experience",
      zh = "工作经历或年限不符合该职位的要求，请申请其他职位",
      en = "the position asks for other experience: apply for another one" },
    { code = "certificate",
      zh = "资格证书不符合该职位的要求，请申请其他职位",
      en = "the position asks for another certificate: apply for another "
          .. "one" },
    { code = "residence",
      zh = "户籍或生源地不符合该职位的要求，请申请其他职位",
      en = "the position asks for another residence: apply for another one" },
    { code = "photo",
      zh = "照片不符合要求，请重新上传",
      en = "the photo will not do: upload another one" },
    { code = "identity",
      zh = "报名信息与身份信息不一致，请核对修改后重新提交",
      en = "the form and your identity do not agree: correct it and submit "
          .. "again" },
    { code = "other", text = true,
      zh = "其他原因，见审核意见", en = "for another reason: see the remark" },
}

-- 一次最多几个原因；审核意见的字数（至多 1000）
-- reasons of one decision at most; characters of a remark (1000 at most)
rules.most_reasons = 5
rules.least_text = 4
rules.most_text = 300

-- 输出 / output: reasons = { { code, zh, en, text } }, most, least_text,
--               most_text
function rules.refusal()
    return { reasons = rules.reasons, most = rules.most_reasons,
             least_text = rules.least_text, most_text = rules.most_text }
end

-- 纠正：已经作出的审核决定，由一人提出、另一人确认才能改变。决定后多少天内可以；
-- 缴费、考试之后的限制由各业务自己判断
-- a decision is turned round by two persons: so many days after it at most
rules.reversal_days = 60

-- 输入 / input: state（approved, refused）, days（决定至今的整天数 / whole days
--               since the decision）
-- 输出 / output: allow = true; or allow = false, reason
function rules.reversal(input)
    if input.days > rules.reversal_days then
        return { allow = false, reason = "review_reversal_late",
                 days = rules.reversal_days }
    end
    return { allow = true }
end

---------------------------------------------------------------------------
-- 报名 / Applicants: when
--
-- 考试的报名、审核、缴费时间由考试文件给出（now、from、until 都是毫秒，from 含，
-- until 不含）。这里决定每一步看哪一段时间。
-- An exam's file says when people register, are reviewed and pay.  Here stands
-- which of these counts for which step.
---------------------------------------------------------------------------

-- edit 填写草稿，submit 首次提交，amend 审核不通过后修改，resubmit 再次提交，
-- withdraw 撤回。每一步可在所列各段时间内进行。
-- 审核不通过的，报名结束后、审核结束前仍可修改再交；改为 { "registration" }
-- 则随报名一起截止。
-- Steps, and in which windows they may be done.  Who was refused may amend
-- until reviewing ends; { "registration" } ends that with registration.
rules.open_in = {
    edit = { "registration" },
    submit = { "registration" },
    amend = { "registration", "review" },
    resubmit = { "registration", "review" },
    withdraw = { "registration", "review", "payment" },
}

-- 截止后再宽限几秒，照顾截止时刻正在提交的人；0 为不宽限
-- so many seconds after a window's end still count; 0: none
rules.grace = 0

-- 输入 / input: what, now, registration, review, payment（{ from, until }）
-- 输出 / output: allow = true, until（到此刻为止，相接的时段连着算 / the end, of
--               windows that follow each other the last one's）;
--               or allow = false, reason, possible_at
function rules.window(input)
    local last, next = input.now
    for _, name in ipairs(rules.open_in[input.what] or {}) do
        local window = input[name]
        if window then
            local closes = window["until"] + rules.grace * 1000
            if window.from <= last and last < closes then
                last = closes
            elseif input.now < window.from
                   and (not next or window.from < next) then
                next = window.from
            end
        end
    end
    if last > input.now then
        return { allow = true, ["until"] = last }
    end
    if next then
        return { allow = false, reason = "review_not_yet",
                 possible_at = next }
    end
    return { allow = false, reason = "review_over" }
end

-- 一人一项考试最多提交多少次（含审核不通过后再次提交）
-- how often one application may be submitted
rules.most_submissions = 20

-- 输入 / input: submissions（已提交的次数 / so often before）
-- 输出 / output: allow = true; or allow = false, reason
function rules.limits(input)
    if input.submissions >= rules.most_submissions then
        return { allow = false, reason = "review_too_often" }
    end
    return { allow = true }
end

---------------------------------------------------------------------------
-- 报名条件 / Who may apply
---------------------------------------------------------------------------

-- 条件要求出生日期、而证件号码看不出时：true 为不符合，false 交审核员看
-- a condition of age for somebody whose number does not say the birthday:
-- true keeps out, false leaves it to the reviewer
rules.unknown_birthday_fails = false

-- 职位的每个条件；只有文字（text）的条件由审核员判断，这里算符合
-- every condition of a position; one that is a text alone is the reviewer's
-- 输入 / input: conditions, answers（[{ field, type, values }]）, born（1990-03-07，
--               证件号码看不出时没有 / absent if the number does not say）
-- 输出 / output: fits, failed（不符合的是第几个条件 / which ones, from 1）
function rules.fits(input)
    return conditions.fits(rules, input)
end

-- 提交时照片应到哪一步：passed 为已点“照片上传完成”；加上 waiting 则检查中也可
-- how far the photo must be: passed is 照片上传完成; add waiting to take one
-- that is still being checked
rules.photo_enough = { passed = true }

-- 输入 / input: progress
-- 输出 / output: allow
function rules.photo(input)
    return { allow = rules.photo_enough[input.progress] == true }
end

-- 付款后不能自行撤回，由考试机构办理退款
-- what is paid is for the exam office to give back
-- 输入 / input: state, order
-- 输出 / output: allow = true; or allow = false, reason
function rules.may_withdraw(input)
    if input.state ~= "draft" and input.state ~= "submitted"
       and input.state ~= "refused" and input.state ~= "approved" then
        return { allow = false, reason = "review_nothing_to_withdraw" }
    end
    if input.order == "paid" or input.order == "refunding" then
        return { allow = false, reason = "review_paid" }
    end
    if input.order == "paying" then
        return { allow = false, reason = "review_paying" }
    end
    return { allow = true }
end

-- 缴费截止前不久才审核通过的，至少给这么多秒缴费；0 为一律按缴费时间截止
-- who is approved shortly before the deadline has at least so many seconds to
-- pay; 0: the payment window's end is the end for everybody
rules.least_to_pay = 0

-- 缴费截止后才审核通过的，不是考生的错：从通过时起给这么多秒缴费
-- whoever is approved after the window's end has not been late: so many
-- seconds to pay, from the approval on
rules.late_to_pay = 86400

-- 输入 / input: until, approved
-- 输出 / output: until
function rules.order(input)
    local late = input.approved >= input["until"]
    local seconds = late and rules.late_to_pay or rules.least_to_pay
    local least = input.approved + seconds * 1000
    if seconds > 0 and least > input["until"] then
        return { ["until"] = least }
    end
    return { ["until"] = input["until"] }
end

-- 多久重建一次索引 / how often the indexes are made anew
rules.rebuild_every = 21600

-- 输出 / output: every
function rules.rebuild()
    return { every = rules.rebuild_every }
end

---------------------------------------------------------------------------
-- 保存期限 / How long applications are kept
--
-- 从考试全部结束（各时段和各科目中最晚的结束时间）起算，满这么多天即删除：填写内容、
-- 审核意见、状态和订单编号，并在审计记录中留下删除证明。考试已不存在的，从报名最后一次
-- 变动起算。款项还在途中（待缴费、支付中、退款中、应退未退）的，办结后才删除。
-- 个人信息的保存期限应为实现处理目的所必要的最短时间（《个人信息保护法》第十九条），
-- 到期应当删除（第四十七条）。具体多少天由主管机关的档案保管期限表决定，这里只是建议：
-- 缩短后，已到期的几小时内删除，不能恢复。
--
-- Counted from the instant at which an exam is over in every respect (the
-- latest end of its windows and subjects): so many days later what was filled
-- in, decided and paid for is erased, and the audit trail has the proof.  For
-- an exam that is not there any more: from the application's last change.
-- While money is on its way it waits.  PIPL 19 and 47; the authority's own
-- schedule of retention decides, these are proposals.  Make a number smaller,
-- and what is over by it is erased within hours, for good.
---------------------------------------------------------------------------

-- 天数，1 到 36500（约 100 年）/ days, 1 to 36500
-- 提交过的：考试争议、复核、巡视都要用到 / what was submitted: disputes need it
rules.keep_applications = 730

-- 从未提交的草稿，和已撤回的 / drafts, and what was withdrawn
rules.keep_drafts = 180

-- 输入 / input: state
-- 输出 / output: days
function rules.retention(input)
    if input.state == "draft" or input.state == "withdrawn" then
        return { days = rules.keep_drafts }
    end
    return { days = rules.keep_applications }
end

---------------------------------------------------------------------------
-- 状态的名称和提示 / What states are called
---------------------------------------------------------------------------

-- 审核通过后按订单显示（order_labels）；{due} 为审核目标时间；closed 为截止后的提示
-- what is approved is called by its order (order_labels); {due} is the target;
-- closed: the hint once nothing can be filled in any more
rules.labels = {
    none = { zh = "未提交", en = "Not submitted",
        hint_zh = "请确认信息并填写申请信息。",
        hint_en = "Confirm your data and fill in the form.",
        closed_zh = "报名已截止。", closed_en = "Registration is over." },
    draft = { zh = "未提交", en = "Not submitted",
        hint_zh = "信息填写全部，不得遗漏、漏项；填写完成后请提交。",
        hint_en = "Fill in everything, leave nothing out, and submit.",
        closed_zh = "报名已截止，没有提交的报名不再审核。",
        closed_en = "Registration is over: what was not submitted is not "
            .. "reviewed." },
    submitted = { zh = "待审核", en = "Waiting to be reviewed",
        hint_zh = "已提交，等待审核。审核员的工作时间为每天上午8:30-12:00、下午"
            .. "14:30-18:00，一般在工作时间内12小时内完成审核。",
        hint_en = "It was submitted. Reviewers work every day from 8:30 to "
            .. "12:00 and from 14:30 to 18:00, and are done, as a rule, "
            .. "within 12 working hours.",
        due_zh = "目标时间：{due}。", due_en = " The target is {due}." },
    refused = { zh = "审核不通过", en = "Refused",
        hint_zh = "修改提交信息或申请其他职位，保存提交，等待再次审核。",
        hint_en = "Change what you submitted or apply for another position, "
            .. "save and submit it, and wait to be reviewed again.",
        closed_zh = "修改和再次提交已截止。",
        closed_en = "It is too late to change it and to submit it again." },
    approved = { zh = "审核通过", en = "Approved", hint_zh = "",
        hint_en = "" },
    removed = { zh = "已删除", en = "Removed",
        hint_zh = "逾期未缴费，报名已被删除。如有疑问，请拨打服务电话。",
        hint_en = "It was not paid in time. Call the service line if that is "
            .. "not right." },
    withdrawn = { zh = "已撤回", en = "Withdrawn",
        hint_zh = "报名结束前可以重新填写提交。",
        hint_en = "You can fill it in and submit it again until registration "
            .. "ends.",
        closed_zh = "报名已截止，不能再提交。",
        closed_en = "Registration is over: it cannot be submitted any more." },
}

-- 还不能填写时的提示；{opens} 为开始时间 / the hint before one may fill it in
rules.not_yet = {
    zh = "{opens}起可以填写。",
    en = "You can fill it in from {opens} on.",
}

rules.order_labels = {
    unpaid = { zh = "未缴费", en = "To be paid",
        hint_zh = "审核通过，请在截止前点击“支付”。付款成功后，考生须查看个人付款"
            .. "状态，确认显示“已付款”。逾期未缴费或未缴费的考生将被删除。",
        hint_en = "It was approved: pay before the deadline. After paying, "
            .. "make sure that it says \"Paid\". Whoever has not paid by the "
            .. "deadline is removed." },
    paying = { zh = "支付中", en = "Being paid",
        hint_zh = "如已付款，请稍后查看个人付款状态，确认显示“已付款”，请勿重复支付。",
        hint_en = "If you have paid, look again in a moment and make sure "
            .. "that it says \"Paid\". Do not pay twice." },
    paid = { zh = "已付款", en = "Paid", hint_zh = "请按时打印准考证。",
        hint_en = "Print your admission ticket in time." },
    refunding = { zh = "退款中", en = "Refund on its way",
        hint_zh = "款项将按原支付方式退回。",
        hint_en = "The money goes back the way it came." },
    refunded = { zh = "已退款", en = "Refunded",
        hint_zh = "款项已按原支付方式退回。",
        hint_en = "The money went back the way it came." },
}

-- 现在可做的：fill 填写，photo 照片，submit 提交，wait 等待，amend 修改，
-- pay 支付，withdraw 撤回，ticket 打印准考证
local function next_steps(input)
    local open = input.state == "none" or input.state == "draft"
        or input.state == "refused" or input.state == "withdrawn"
    local steps = {}
    if open and input.edit then
        steps[#steps + 1] = input.state == "refused" and "amend" or "fill"
        if input.photo and not rules.photo_enough[input.photo] then
            steps[#steps + 1] = "photo"
        end
    end
    if (input.state == "draft" or input.state == "refused")
       and input.submit and input.position then
        steps[#steps + 1] = "submit"
    end
    if input.state == "submitted" then
        steps[#steps + 1] = "wait"
    end
    if input.state == "approved" and not input.free
       and (input.order == "unpaid" or input.order == "paying") then
        steps[#steps + 1] = "pay"
    end
    if input.state == "approved" and (input.free or input.order == "paid") then
        steps[#steps + 1] = "ticket"
    end
    if input.withdraw and rules.may_withdraw(input).allow then
        steps[#steps + 1] = "withdraw"
    end
    return steps
end

local function hint_of(input, label)
    local language = input.language
    local closed = label["closed_" .. language]
    local due = label["due_" .. language]
    if closed and not input.edit then
        return input.opens and string.fill(rules.not_yet[language], input)
            or closed
    end
    return label["hint_" .. language]
        .. (due and input.due and string.fill(due, input) or "")
end

-- 输入 / input: state, order, free, position, edit, opens（还不能填写的，何时起可以
--               / from when on, if not yet）, submit, withdraw, photo, due,
--               language
-- 输出 / output: label, hint, next
function rules.show(input)
    local label = rules.labels[input.state]
    if input.state == "approved" and not input.free then
        label = rules.order_labels[input.order] or label
    end
    return { label = label[input.language], hint = hint_of(input, label),
             next = next_steps(input) }
end

---------------------------------------------------------------------------
-- 给考生的消息；删去一条即不再发送 / What applicants are told; take one away and
-- it is not sent any more
--
-- {title} 考试，{reasons} 不通过的原因，{note} 审核意见，{due} 目标时间。
-- 缴费、退款的消息在 payment.lua / what is told of money stands in payment.lua
---------------------------------------------------------------------------

rules.messages = {
    submitted = {
        title_zh = "报名已提交", title_en = "Submitted",
        text_zh = "“{title}”的报名已提交，等待审核。一般在工作时间内12小时内完成"
            .. "审核。",
        text_en = "Your application to \"{title}\" was submitted and waits to "
            .. "be reviewed, as a rule within 12 working hours.",
    },
    approved = {
        title_zh = "审核通过", title_en = "Approved",
        text_zh = "“{title}”的报名审核通过。如需缴费，请在截止前支付；逾期未缴费或"
            .. "未缴费的考生将被删除。",
        text_en = "Your application to \"{title}\" was approved. If there is a "
            .. "fee, pay it before the deadline: whoever has not paid by then "
            .. "is removed.",
    },
    refused = {
        title_zh = "审核不通过", title_en = "Refused",
        text_zh = "“{title}”的报名审核不通过。{reasons}{note}请修改提交信息或申请"
            .. "其他职位，保存提交，等待再次审核。",
        text_en = "Your application to \"{title}\" was refused. {reasons}{note}"
            .. "Change what you submitted or apply for another position, save "
            .. "and submit it, and wait to be reviewed again.",
    },
    withdrawn = {
        title_zh = "报名已撤回", title_en = "Withdrawn",
        text_zh = "“{title}”的报名已撤回。报名结束前可以重新填写提交。",
        text_en = "Your application to \"{title}\" was withdrawn. You can "
            .. "submit it again until registration ends.",
    },
    removed = {
        title_zh = "报名已删除", title_en = "Removed",
        text_zh = "“{title}”逾期未缴费，报名已被删除。如有疑问，请拨打服务电话。",
        text_en = "Your application to \"{title}\" was not paid in time and "
            .. "was removed. Call the service line if that is not right.",
    },
}

local function sentence(before, text, after)
    return text ~= "" and before .. text .. after or ""
end

-- 输入 / input: what, title_zh, title_en, reasons_zh, reasons_en, note, due,
--               free
-- 输出 / output: send, title_zh, title_en, text_zh, text_en
function rules.message(input)
    return words.message(rules.messages[input.what], {
        title = input.title_zh, due = input.due,
        reasons = sentence("原因：", input.reasons_zh, "。"),
        note = sentence("审核意见：", input.note, "。"),
    }, {
        title = input.title_en, due = input.due,
        reasons = sentence("Because: ", input.reasons_en, ". "),
        note = sentence("The reviewer adds: ", input.note, ". "),
    })
end

---------------------------------------------------------------------------
-- 检查：数值写错时整个文件不生效，并说明哪一项不对、允许多少。
-- Checks: a value that cannot work is refused with the whole file, by its
-- name and with what is allowed.
---------------------------------------------------------------------------

working_time.check(rules)
civic.whole(rules, "need", 1, 720000)
civic.whole(rules, "lease", 60, 86400)
civic.whole(rules, "soon", 0, 2592000)
civic.whole(rules, "most_reasons", 1, 8)
civic.whole(rules, "least_text", 1, 1000)
civic.whole(rules, "most_text", 1, 1000)
civic.whole(rules, "reversal_days", 0, 3650)
civic.whole(rules, "grace", 0, 86400)
civic.whole(rules, "most_submissions", 1, 1000)
civic.whole(rules, "least_to_pay", 0, 2592000)
civic.whole(rules, "late_to_pay", 0, 2592000)
civic.whole(rules, "rebuild_every", 60, 604800)
civic.whole(rules, "keep_applications", 1, 36500)
civic.whole(rules, "keep_drafts", 1, 36500)

if rules.most_text < rules.least_text then
    error("most_text: expected no less than least_text")
end

---------------------------------------------------------------------------
-- 示例 / Examples
---------------------------------------------------------------------------

rules.examples = {
    { call = "clock",
      input = { at = civic.instant(2026, 3, 9, 8, 30) },
      output = { mode = "every_day", need = 720,
                 windows = { "08:30-12:00", "14:30-18:00" } } },

    { call = "may_review", input = { open = true }, output = { allow = true } },
    { call = "may_review",
      input = { open = false, opens_at = civic.instant(2026, 3, 9, 14, 30) },
      output = { allow = true } },

    { call = "desk", output = { lease = 900, soon = 7200,
      minimum_birth_year = 1900, trim_edges = true } },

    { call = "reversal", input = { state = "approved", days = 60 },
      output = { allow = true } },
    { call = "reversal", input = { state = "refused", days = 61 },
      output = { allow = false, reason = "review_reversal_late", days = 60 } },

    -- 报名 / applicants
    { call = "window",
      input = { what = "submit", now = 999,
                registration = { from = 500, ["until"] = 1000 } },
      output = { allow = true, ["until"] = 1000 } },
    -- 截止的一刻已不能提交 / the deadline itself is out
    { call = "window",
      input = { what = "submit", now = 1000,
                registration = { from = 500, ["until"] = 1000 },
                review = { from = 500, ["until"] = 2000 } },
      output = { allow = false, reason = "review_over" } },
    { call = "window",
      input = { what = "resubmit", now = 999,
                registration = { from = 500, ["until"] = 1000 },
                review = { from = 1000, ["until"] = 2000 } },
      output = { allow = true, ["until"] = 2000 } },
    { call = "window",
      input = { what = "edit", now = 499,
                registration = { from = 500, ["until"] = 1000 } },
      output = { allow = false, reason = "review_not_yet",
                 possible_at = 500 } },
    { call = "limits", input = { submissions = 19 },
      output = { allow = true } },
    { call = "limits", input = { submissions = 20 },
      output = { allow = false, reason = "review_too_often" } },
    { call = "fits",
      input = { conditions = { { born_until = "2008-03-09" },
                               { field = "languages", ["in"] = { "en" } } },
                answers = { { field = "languages", type = "choices",
                              values = { "ru", "en" } } } },
      output = { fits = true, failed = {} } },
    { call = "photo", input = { progress = "passed" },
      output = { allow = true } },
    { call = "photo", input = { progress = "waiting" },
      output = { allow = false } },
    { call = "may_withdraw", input = { state = "approved", order = "unpaid" },
      output = { allow = true } },
    { call = "may_withdraw", input = { state = "approved", order = "paid" },
      output = { allow = false, reason = "review_paid" } },
    { call = "may_withdraw", input = { state = "removed", order = "removed" },
      output = { allow = false, reason = "review_nothing_to_withdraw" } },
    { call = "order", input = { ["until"] = 1000, approved = 990 },
      output = { ["until"] = 1000 } },
    { call = "order", input = { ["until"] = 1000, approved = 1000 },
      output = { ["until"] = 86401000 } },
    { call = "rebuild", output = { every = 21600 } },
    { call = "retention", input = { state = "approved" },
      output = { days = 730 } },
    { call = "retention", input = { state = "removed" },
      output = { days = 730 } },
    { call = "retention", input = { state = "draft" },
      output = { days = 180 } },
    { call = "retention", input = { state = "withdrawn" },
      output = { days = 180 } },
    { call = "show",
      input = { state = "approved", order = "paid", free = false,
                position = true, edit = false, submit = false,
                withdraw = true, language = "zh" },
      output = { label = "已付款", hint = "请按时打印准考证。",
                 next = { "ticket" } } },
    { call = "show",
      input = { state = "refused", order = "none", free = false,
                position = true, edit = true, submit = true,
                withdraw = true, photo = "passed", language = "zh" },
      output = { label = "审核不通过",
                 hint = "修改提交信息或申请其他职位，保存提交，等待再次审核。",
                 next = { "amend", "submit", "withdraw" } } },
    { call = "show",
      input = { state = "draft", order = "none", free = false,
                position = true, edit = false, submit = false,
                withdraw = false, language = "zh" },
      output = { label = "未提交",
                 hint = "报名已截止，没有提交的报名不再审核。", next = {} } },
    { call = "show",
      input = { state = "none", order = "none", free = false,
                position = false, edit = false, opens = "2026-03-09 09:00",
                submit = false, withdraw = false, language = "zh" },
      output = { label = "未提交", hint = "2026-03-09 09:00起可以填写。",
                 next = {} } },
    { call = "message",
      input = { what = "refused", title_zh = "公务员考试", title_en = "",
                reasons_zh = "学历不符", reasons_en = "", note = "",
                free = false },
      output = { send = true, title_zh = "审核不通过", title_en = "Refused",
                 text_zh = "“公务员考试”的报名审核不通过。原因：学历不符。请修改"
                     .. "提交信息或申请其他职位，保存提交，等待再次审核。",
                 text_en = "Your application to \"\" was refused. Change what "
                     .. "you submitted or apply for another position, save "
                     .. "and submit it, and wait to be reviewed again." } },
    { call = "message",
      input = { what = "draft", title_zh = "", title_en = "",
                reasons_zh = "", reasons_en = "", note = "", free = true },
      output = { send = false } },
}

return rules
