-- 办公室新设措施、核定颜色时的限度。数值在 kinship.lua，这里只有算法；示例用自己的
-- 数值。输入、输出见 kinship.lua。
--
-- What the office may begin: measures and overrides.  Numbers stand in
-- kinship.lua and come as "of", as do input and output; the examples have
-- numbers of their own.

local examples = require "lib/examples"

local measures = {}

local DAY = 86400000

function measures.measure(of, input)
    local kind = of.measures[input.kind]
    if not kind then
        return { allow = false, field = "kind",
                 reason = "kinship_measure_kind" }
    end
    local ends = input["until"]
    if not ends and kind.days then
        ends = input.since + kind.days * DAY
    end
    if not ends then
        return { allow = false, field = "until", reason = "required" }
    end
    if ends <= input.since
       or ends - input.since > of.measure_longest * DAY then
        return { allow = false, field = "until",
                 reason = "kinship_measure_until" }
    end
    if input.count >= of.measures_most then
        return { allow = false, field = "kind",
                 reason = "kinship_measure_many" }
    end
    return { allow = true, ["until"] = ends }
end

function measures.override(of, input)
    if input["until"] <= input.now or input["until"] - input.now
       > of.override_longest * DAY then
        return { allow = false, field = "until",
                 reason = "kinship_measure_until" }
    end
    return { allow = true }
end

-- 每种措施的颜色都有，结束后仍算的天数都保存得到
-- the colours of all kinds are there, and the days after them are kept
function measures.check_kinds(of)
    for name, kind in pairs(of.measures) do
        local after = kind.after_days or 0
        if after > of.keep_measure_days then
            error("keep_measure_days: expected no fewer than after_days of "
                .. name)
        end
        if not of.colours[kind.colour]
           or (kind.after and not of.colours[kind.after]) then
            error("measures." .. name .. ": expected a colour of colours")
        end
    end
end

local of = {
    measures = {
        own_case = { colour = "red" },
        contact = { colour = "red", days = 7 },
    },
    measure_longest = 60, measures_most = 16, override_longest = 30,
}

measures.examples = examples.with(of, {
    { call = "measure", input = { kind = "contact", since = 5, count = 0 },
      output = { allow = true, ["until"] = 5 + 7 * DAY } },
    { call = "measure", input = { kind = "own_case", since = 5, count = 0 },
      output = { allow = false, field = "until", reason = "required" } },
    { call = "measure",
      input = { kind = "contact", since = 5, ["until"] = 5, count = 0 },
      output = { allow = false, field = "until",
                 reason = "kinship_measure_until" } },
    { call = "measure",
      input = { kind = "contact", since = 5, count = 16 },
      output = { allow = false, field = "kind",
                 reason = "kinship_measure_many" } },
    { call = "measure", input = { kind = "gone", since = 5, count = 0 },
      output = { allow = false, field = "kind",
                 reason = "kinship_measure_kind" } },
    { call = "override", input = { now = 5, ["until"] = 5 },
      output = { allow = false, field = "until",
                 reason = "kinship_measure_until" } },
    { call = "override", input = { now = 5, ["until"] = 6 },
      output = { allow = true } },
})

return measures
