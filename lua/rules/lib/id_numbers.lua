-- 什么算身份证号：考生、亲属、窗口和考务填写时用同样的办法，各有各的数值。
-- What is taken for an identity number: alike wherever one is typed (by
-- citizens, for relatives, at the counter, by the office), each with numbers of
-- its own.

local examples = require "lib/examples"

local id_numbers = {}

-- 数值 / of: minimum_birth_year, trim_edges, upgrade_15
-- 输出 / output: minimum_birth_year, trim_edges, upgrade_15
function id_numbers.form(of)
    return {
        minimum_birth_year = of.minimum_birth_year,
        trim_edges = of.trim_edges,
        upgrade_15 = of.upgrade_15,
    }
end

local typed = { minimum_birth_year = 1900, trim_edges = true,
                upgrade_15 = false }

id_numbers.examples = examples.with(typed, {
    { call = "form", output = typed },
})

return id_numbers
