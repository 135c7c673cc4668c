-- 新密码是否可用：考生（login.lua）和工作人员（staff.lua）用同样的办法，各有各的
-- 数值。
-- Whether a new password will do: alike for citizens (login.lua) and staff
-- (staff.lua), each with numbers of their own.

local passwords = {}

-- 有几类字符 / how many kinds there are
local function kinds(...)
    local total = 0
    for i = 1, select("#", ...) do
        if select(i, ...) > 0 then
            total = total + 1
        end
    end
    return total
end

-- 数值 / of: min_length, max_length, min_distinct, min_classes,
--            refuse_common, refuse_personal
-- 输入 / input: length, distinct, lower, upper, digits, others, blocklisted,
--               same_as_old, has_name；考生另有 / of citizens also:
--               has_id_number, has_id_tail, has_birth_date
-- 输出 / output: allow = true; or allow = false, reasons, min_length,
--               max_length, min_distinct, min_classes
function passwords.check(of, input)
    local reasons = {}
    local function refuse(reason)
        reasons[#reasons + 1] = reason
    end

    if input.length < of.min_length then
        refuse("password_too_short")
    end
    if input.length > of.max_length then
        refuse("password_too_long")
    end
    if input.distinct < of.min_distinct then
        refuse("password_simple")
    end
    if kinds(input.lower, input.upper, input.digits, input.others)
       < of.min_classes then
        refuse("password_classes")
    end
    if of.refuse_common and input.blocklisted then
        refuse("password_common")
    end
    if of.refuse_personal
       and (input.has_id_number or input.has_id_tail or input.has_birth_date
            or input.has_name) then
        refuse("password_personal")
    end
    if input.same_as_old then
        refuse("password_unchanged")
    end

    if #reasons == 0 then
        return { allow = true }
    end
    return {
        allow = false,
        reasons = reasons,
        min_length = of.min_length,
        max_length = of.max_length,
        min_distinct = of.min_distinct,
        min_classes = of.min_classes,
    }
end

local examples = require "lib/examples"

local of = {
    min_length = 4, max_length = 8, min_distinct = 3, min_classes = 2,
    refuse_common = true, refuse_personal = true,
}

local good = {
    length = 4, distinct = 3, lower = 3, upper = 0, digits = 1, others = 0,
    blocklisted = false, has_name = false, same_as_old = false,
}

local function example(changes, ...)
    local output = { allow = true }
    if select("#", ...) > 0 then
        output = { allow = false, reasons = { ... }, min_length = 4,
                   max_length = 8, min_distinct = 3, min_classes = 2 }
    end
    return { call = "check", input = { of, examples.but(good, changes) },
             output = output }
end

passwords.examples = {
    example {},
    example({ length = 8 }),
    example({ length = 3 }, "password_too_short"),
    example({ length = 9 }, "password_too_long"),
    example({ distinct = 2 }, "password_simple"),
    example({ digits = 0 }, "password_classes"),
    example({ blocklisted = true }, "password_common"),
    example({ has_id_tail = true }, "password_personal"),
    example({ same_as_old = true, has_name = true }, "password_personal",
            "password_unchanged"),
    { call = "check",
      input = { examples.but(of, { refuse_common = false,
                                   refuse_personal = false }),
                examples.but(good, { has_name = true, blocklisted = true }) },
      output = { allow = true } },
}

return passwords
