-- 查看记录的文字：谁、看了什么、为什么。改文字就改这里。
-- The words of who looked: who, at what, why.  Change them here.

local examples = require "lib/examples"

local looks = {}

-- 查看记录的文字；没有列出的原样显示 / words of who looked; what is not here
-- stands as it is
looks.roles = {
    guardian = { zh = "监护人", en = "a guardian" },
    sampler = { zh = "采样人员", en = "a sampler" },
    laboratory = { zh = "实验室人员", en = "the laboratory" },
    door = { zh = "核验人员", en = "who verifies at a door" },
    counter = { zh = "窗口人员", en = "the counter" },
    office = { zh = "疫情防控部门", en = "the office of epidemic control" },
}
looks.whats = {
    code = { zh = "健康码", en = "the code" },
    scan = { zh = "扫码核验", en = "a scan of the code" },
    sampling = { zh = "核酸采样登记", en = "registered for a test" },
    tests = { zh = "核酸检测结果", en = "test results" },
    facts = { zh = "健康信息", en = "health information" },
    paper = { zh = "离线码", en = "a printed code" },
    guardians = { zh = "监护人信息", en = "who the guardians are" },
    looks = { zh = "查看记录", en = "who looked" },
}
looks.purposes = {
    epidemic_control = { zh = "疫情防控", en = "epidemic control" },
    appeal = { zh = "申诉处理", en = "an appeal" },
    correction = { zh = "信息更正", en = "a correction" },
    counter = { zh = "窗口办理", en = "a matter at the counter" },
}

-- 数值 / of: places
-- 输入、输出见 kinship.lua / input and output: see kinship.lua
function looks.words(of, input)
    local language = input.language == "en" and "en" or "zh"
    local roles = {}
    local function word(words, name)
        return words[name] and words[name][language] or name
    end
    local at = 1
    while true do
        local comma = string.find(input.role, ",", at, true)
        roles[#roles + 1] = word(looks.roles,
                                 string.sub(input.role, at,
                                            comma and comma - 1))
        if not comma then
            break
        end
        at = comma + 1
    end
    local place = input.place
    for _, each in ipairs(of.places) do
        if each.code == place then
            place = each[language]
            break
        end
    end
    return {
        place = place,
        role = table.concat(roles, language == "en" and ", " or "、"),
        what = word(looks.whats, input.what),
        purpose = word(looks.purposes, input.purpose),
    }
end

local places = { { code = "sampling", zh = "核酸采样点",
                   en = "a sampling point" } }

looks.examples = examples.with({ places = places }, {
    { call = "words",
      input = { role = "door,counter", what = "scan",
                purpose = "epidemic_control", language = "zh" },
      output = { role = "核验人员、窗口人员", what = "扫码核验",
                 purpose = "疫情防控" } },
    { call = "words",
      input = { role = "sampler", what = "sampling", place = "sampling",
                purpose = "epidemic_control", language = "zh" },
      output = { role = "采样人员", what = "核酸采样登记",
                 place = "核酸采样点", purpose = "疫情防控" } },
    { call = "words",
      input = { role = "guardian", what = "x", purpose = "y",
                language = "en" },
      output = { role = "a guardian", what = "x", purpose = "y" } },
    { call = "words",
      input = { role = "guardian,x", what = "code", place = "the gate",
                purpose = "appeal", language = "en" },
      output = { role = "a guardian, x", what = "the code",
                 place = "the gate", purpose = "an appeal" } },
})

return looks
