-- 文字：按语言取名称和提示，写好要发的消息。文字本身在各规则文件里。
-- Words: a label and a hint in somebody's language, and a message ready to be
-- sent.  What they say stands in the rule files.

local words = {}

-- 输入 / input: of = { zh, en, hint_zh, hint_en }, language（"en"，否则中文 / else
--               Chinese）
-- 输出 / output: label, hint
function words.label(of, language)
    if language == "en" then
        return { label = of.en, hint = of.hint_en }
    end
    return { label = of.zh, hint = of.hint_zh }
end

-- 没有这种消息时不发送；zh、en 是填入大括号的值，en 不给则与 zh 相同
-- what is not there is not sent; zh and en have the values of names in braces,
-- en as zh unless it is given
-- 输入 / input: of = { title_zh, title_en, text_zh, text_en }, zh, en
-- 输出 / output: send = false; or send = true, title_zh, title_en, text_zh,
--               text_en
function words.message(of, zh, en)
    if not of then
        return { send = false }
    end
    return {
        send = true,
        title_zh = of.title_zh,
        title_en = of.title_en,
        text_zh = string.fill(of.text_zh, zh),
        text_en = string.fill(of.text_en, en or zh),
    }
end

function words.kilobytes(bytes)
    return string.format("%.1f KB", bytes / 1024)
end

local paid = { zh = "已付款", en = "Paid", hint_zh = "好", hint_en = "Fine" }

local hello = { title_zh = "你好", title_en = "Hello", text_zh = "你好，{who}。",
                text_en = "Hello, {who}." }

local function greeting(zh, en)
    return { send = true, title_zh = "你好", title_en = "Hello", text_zh = zh,
             text_en = en }
end

words.examples = {
    { call = "label", input = { paid, "zh" },
      output = { label = "已付款", hint = "好" } },
    { call = "label", input = { paid, "en" },
      output = { label = "Paid", hint = "Fine" } },
    { call = "kilobytes", input = { 61234 }, output = "59.8 KB" },
    { call = "message", input = { false }, output = { send = false } },
    { call = "message", input = { hello, { who = "A" } },
      output = greeting("你好，A。", "Hello, A.") },
    { call = "message", input = { hello, { who = "甲" }, { who = "A" } },
      output = greeting("你好，甲。", "Hello, A.") },
}

return words
