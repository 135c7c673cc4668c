-- 职位的报名条件：答复与条件怎样比较。示例用自己的数值；输入、输出见 review.lua。
-- Conditions of a position: how answers are held against them.  The examples
-- have numbers of their own; input and output: see review.lua.

local examples = require "lib/examples"

local conditions = {}

local function one_is_in(values, list)
    for _, value in ipairs(values) do
        for _, wanted in ipairs(list) do
            if wanted == true then
                wanted = "yes"
            elseif wanted == false then
                wanted = "no"
            end
            if value == wanted
               or (tonumber(value) and tonumber(value) == tonumber(wanted))
            then
                return true
            end
        end
    end
    return false
end

-- 与 min、max 相比的：日期本身，文字的字数，多选的个数，否则数值
-- what min and max are held against: a date, a text's characters, how many
-- were chosen, else the number
local function measure(answer)
    local value = answer.values[1]
    if answer.type == "date" then
        return value
    elseif answer.type == "text" then
        local characters = 0
        for i = 1, #value do
            local byte = string.byte(value, i)
            if byte < 128 or byte > 191 then
                characters = characters + 1
            end
        end
        return characters
    elseif answer.type == "choices" then
        return #answer.values
    end
    return tonumber(value)
end

local function measure_fits(answer, condition)
    local it = measure(answer)
    if not it then
        return false
    end
    return not (condition.min and it < condition.min)
        and not (condition.max and it > condition.max)
end

local function answer_fits(answer, condition)
    local values = answer and answer.values or {}
    if #values == 0 then
        return false
    end
    if condition["in"] and not one_is_in(values, condition["in"]) then
        return false
    end
    return (not condition.min and not condition.max)
        or measure_fits(answer, condition)
end

local function birthday_fits(of, born, condition)
    if not born then
        return not of.unknown_birthday_fails
    end
    return not (condition.born_from and born < condition.born_from)
        and not (condition.born_until and born > condition.born_until)
end

-- 数值 / of: unknown_birthday_fails
function conditions.fits(of, input)
    local given, failed = {}, {}
    for _, answer in ipairs(input.answers) do
        given[answer.field] = answer
    end
    for i, condition in ipairs(input.conditions) do
        local good = true
        if condition.field then
            good = answer_fits(given[condition.field], condition)
        end
        if good and (condition.born_from or condition.born_until) then
            good = birthday_fits(of, input.born, condition)
        end
        if not good then
            failed[#failed + 1] = i
        end
    end
    return { fits = #failed == 0, failed = failed }
end

local function born(of, date)
    return { call = "fits",
             input = { of, { conditions = { { born_from = "1990-03-09",
                                              born_until = "2008-03-09" } },
                             answers = {}, born = date } } }
end

local function such(example, fits)
    example.output = { fits = fits, failed = fits and {} or { 1 } }
    return example
end

local lenient = { unknown_birthday_fails = false }
local strict = { unknown_birthday_fails = true }

conditions.examples = examples.with(lenient, {
    { call = "fits",
      input = { conditions = { { field = "education",
                                 ["in"] = { "bachelor", "master" } },
                               { born_from = "1990-03-09" },
                               { field = "years", min = 2 } },
                answers = { { field = "education", type = "choice",
                              values = { "none" } },
                            { field = "years", type = "number",
                              values = { "2" } } },
                born = "1990-03-08" },
      output = { fits = false, failed = { 1, 2 } } },
    { call = "fits",
      input = { conditions = { { field = "graduated", min = "2024-01-01" },
                               { field = "title", max = 3 },
                               { field = "languages", min = 2 },
                               { field = "graduated", max = "2024-06-30" } },
                answers = { { field = "graduated", type = "date",
                              values = { "2024-07-01" } },
                            { field = "title", type = "text",
                              values = { "工程师" } },
                            { field = "languages", type = "choices",
                              values = { "ru" } } } },
      output = { fits = false, failed = { 3, 4 } } },
    { call = "fits",
      input = { conditions = { { born_until = "2008-03-09" },
                               { field = "languages", ["in"] = { "en" } } },
                answers = { { field = "languages", type = "choices",
                              values = { "ru", "en" } } } },
      output = { fits = true, failed = {} } },
})

for _, example in ipairs {
    such(born(lenient, "1990-03-08"), false),
    such(born(lenient, "1990-03-09"), true),
    such(born(lenient, "2008-03-09"), true),
    such(born(lenient, "2008-03-10"), false),
    -- 号码看不出生日 / a number that does not say the birthday
    such(born(lenient, nil), true),
    such(born(strict, nil), false),
} do
    conditions.examples[#conditions.examples + 1] = example
end

return conditions
