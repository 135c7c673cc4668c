-- 核验结论的文字与处理办法：扫码后核验人员看到什么。改文字就改这里。
-- What a verifier reads after a scan, and what to do.  Change the words here.

local examples = require "lib/examples"
local words = require "lib/words"

local verdicts = {}

-- 核验结论与处理办法；{age} 为截图已过的时间，{days} 为离线码的有效天数
-- verdicts, and what to do; {age} is how old a screenshot is, {days} for how
-- many a code on paper holds
verdicts.words = {
    genuine = {
        zh = "有效", en = "Genuine",
        hint_zh = "请按颜色和当地规定放行或处置。",
        hint_en = "Go by the colour, as the rules of the place say.",
    },
    expired = {
        zh = "已过期（疑似截图）", en = "Old: a screenshot, perhaps",
        hint_zh = "该码出示于{age}前，请打开一码通重新出示。",
        hint_en = "It was shown {age} ago. Ask for the code on the phone, as "
            .. "it is now.",
    },
    paper_expired = {
        zh = "离线码已过期", en = "The paper has expired",
        hint_zh = "离线码自生成之日起，{days}天内有效，请重新下载。",
        hint_en = "A printed code holds for {days|day|days}. Print it again.",
    },
    early = {
        zh = "签发时间异常", en = "Issued in the future",
        hint_zh = "签发时间晚于现在，请检查时钟并报告负责人。",
        hint_en = "It was issued after now. The clocks differ; call whoever "
            .. "is in charge.",
    },
    forged = {
        zh = "伪造", en = "Forged",
        hint_zh = "不是本系统签发的码，请核对身份证件并报告负责人。",
        hint_en = "We did not make this. Look at the identity card and call "
            .. "whoever is in charge.",
    },
    other = {
        zh = "不是健康码", en = "No health code",
        hint_zh = "扫到的是其他内容，请对准健康码重新扫描。",
        hint_en = "Something else was scanned. Scan the health code.",
    },
    revoked = {
        zh = "已失效", en = "Ended",
        hint_zh = "绑定已解除或健康码已注销，请核对身份证件。",
        hint_en = "The binding or the code has ended. Look at the identity "
            .. "card.",
    },
    not_here = {
        zh = "此处不适用", en = "Not here",
        hint_zh = "亲属码现阶段不适用于“一场两站”。",
        hint_en = "Relatives' codes do not hold at the airport and the "
            .. "stations for now.",
    },
}

local function ago(seconds, language)
    local english = language == "en"
    local days = math.floor(seconds / 86400)
    local hours = math.floor(seconds / 3600)
    local minutes = math.floor(seconds / 60)
    if days > 0 then
        return days .. (english and " d" or "天")
    elseif hours > 0 then
        return hours .. (english and " h" or "小时")
    elseif minutes > 0 then
        return minutes .. (english and " min" or "分钟")
    end
    return seconds .. (english and " s" or "秒")
end

-- 数值 / of: paper_valid
-- 输入 / input: verdict, paper?, age（秒 / s）, language
-- 输出 / output: label, hint
function verdicts.verdict(of, input)
    local what = input.verdict
    local verdict = words.label(
        verdicts.words[input.paper and "paper_" .. what or what]
            or verdicts.words[what], input.language)
    verdict.hint = string.fill(verdict.hint, {
        age = ago(input.age, input.language),
        days = math.floor(of.paper_valid / 86400) })
    return verdict
end

verdicts.examples = examples.with({ paper_valid = 7 * 86400 }, {
    { call = "verdict",
      input = { verdict = "expired", age = 7300, language = "zh" },
      output = { label = verdicts.words.expired.zh,
                 hint = "该码出示于2小时前，请打开一码通重新出示。" } },
    { call = "verdict",
      input = { verdict = "expired", paper = true, age = 7300,
                language = "en" },
      output = { label = verdicts.words.paper_expired.en,
                 hint = "A printed code holds for 7 days. Print it again." } },
    { call = "verdict",
      input = { verdict = "not_here", age = 0, language = "zh" },
      output = { label = "此处不适用",
                 hint = "亲属码现阶段不适用于“一场两站”。" } },
})

return verdicts
