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

local function add_days(year, days, list)
    for _, day in ipairs(days) do
        list[#list + 1] = year .. "-" .. day
    end
end

-- 输入 / input: at（提交的时刻 / when it was handed in）
-- 输出 / output: mode, need, windows；workdays 时 / and with workdays:
--               calendar = { from, until, off, worked }，当年起连续已知的年份，
--               至多三年；当年未知则没有 / the years known in a row, of at on,
--               three at most; absent if that year is not known
function rules.clock(input)
    local answer = { mode = rules.mode, need = rules.need,
                     windows = rules.hours }
    local first = civic.date(input.at).year
    if rules.mode ~= "workdays" or not rules.calendar[first] then
        return answer
    end
    local off, worked, last = {}, {}, first
    for year = first, first + 2 do
        local days = rules.calendar[year]
        if not days then
            break
        end
        add_days(year, days.off, off)
        add_days(year, days.worked, worked)
        last = year
    end
    answer.calendar = { from = first .. "-01-01", ["until"] = last .. "-12-31",
                        off = off, worked = worked }
    return answer
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

-- 输出 / output: lease, soon
function rules.desk()
    return { lease = rules.lease, soon = rules.soon }
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

    { call = "desk", output = { lease = 900, soon = 7200 } },

    { call = "reversal", input = { state = "approved", days = 60 },
      output = { allow = true } },
    { call = "reversal", input = { state = "refused", days = 61 },
      output = { allow = false, reason = "review_reversal_late", days = 60 } },
}

return rules
