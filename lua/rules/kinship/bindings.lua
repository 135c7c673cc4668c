-- 绑定：年龄与证明、核对和承诺的次数、解绑、临时绑定的期限。数值在 kinship.lua，
-- 这里只有算法；示例用自己的数值。输入、输出见 kinship.lua。
--
-- Bindings: ages and proofs, how often names are compared and pledges made,
-- when a binding may be undone, how long a pledge holds.  Numbers stand in
-- kinship.lua and come as "of", as do input and output; the examples have
-- numbers of their own.

local examples = require "lib/examples"
local tries = require "lib/tries"

local bindings = {}

local DAY = 86400000

function bindings.proof(of, input)
    local age = input.age
    if not age then
        return { allow = false, reason = "kinship_age_unknown" }
    end
    if age > of.young_until and age < of.old_from then
        return { allow = false, reason = "kinship_age" }
    end
    return { allow = true,
             proof = age <= of.pledge_until and "pledge" or "face",
             consent = age < of.consent_age and "health_child"
                 or "health" }
end

function bindings.match(of, input)
    local answer = tries.in_window {
        done = input.tries, since = input.since_first,
        most = of.day_matches, window = 86400,
        reason = "kinship_match_limit",
    }
    if not answer.allow or answer.fresh then
        return answer
    end
    local wait = tries.wait(input.tries, of.free_matches,
                            of.match_wait, of.match_longest)
    if input.since_last < wait then
        return { allow = false, reason = "kinship_match_wait",
                 retry_after = wait - input.since_last }
    end
    return answer
end

function bindings.pledge(of, input)
    return tries.in_window {
        done = input.tries, since = input.since_first,
        most = of.day_pledges, window = 86400,
        reason = "kinship_pledge_limit",
    }
end

-- 何时起可以解绑 / from when on a binding can be undone
function bindings.unbind_from(of, since)
    return since + 1000 * of.unbind_after
end

function bindings.unbind(of, input)
    local possible_at = bindings.unbind_from(of, input.since)
    if input.now < possible_at then
        return { allow = false, possible_at = possible_at,
                 hours = math.ceil(of.unbind_after / 3600),
                 reason = "kinship_unbind_early" }
    end
    return { allow = true, possible_at = possible_at }
end

-- 绑定到期了吗：到期则为 keep 的答复，否则为 nil / keep's answer for a binding
-- that is over; nil while it holds
function bindings.over(of, age, how, since, now)
    if of.age_out and age and age > of.young_until and age < of.old_from then
        return { allow = false, reason = "kinship_aged" }
    end
    if how == "pledge" and of.pledge_days > 0
       and now >= since + of.pledge_days * DAY then
        return { allow = false, reason = "kinship_pledge_over" }
    end
end

function bindings.keep(of, input)
    local over = bindings.over(of, input.age, input.how, input.since,
                               input.now)
    if over then
        return over
    end
    if input.how == "pledge" and of.pledge_days > 0 then
        local ends_at = input.since + of.pledge_days * DAY
        return { allow = true, ends_at = ends_at,
                 tell = input.now >= ends_at - of.pledge_warn * DAY }
    end
    return { allow = true }
end

-- 关系的代码用小写字母和下划线，每种都有中英文
-- codes of relations are small letters and "_", and each has its words
local function is_code(code)
    if type(code) ~= "string" or code == "" or code == "self"
       or #code > 32 then
        return false
    end
    for i = 1, #code do
        local byte = string.byte(code, i)
        if byte ~= 95 and (byte < 97 or byte > 122) then
            return false
        end
    end
    return true
end

function bindings.check_relations(relations)
    for i, relation in ipairs(relations) do
        if not is_code(relation.code) or type(relation.zh) ~= "string"
           or type(relation.en) ~= "string" then
            error("relations[" .. i .. "]: expected code, zh and en, a code "
                .. "of small letters that is not \"self\"")
        end
    end
end

-------------------------------------------------------------------------
-- 示例 / Examples
-------------------------------------------------------------------------

local of = {
    young_until = 16, old_from = 60, pledge_until = 6, consent_age = 14,
    free_matches = 10, match_wait = 30, match_longest = 3600,
    day_matches = 24, day_pledges = 5, unbind_after = 86400,
    pledge_days = 30, pledge_warn = 7, age_out = false,
}

bindings.examples = examples.with(of, {
    { call = "proof", input = { age = 6 },
      output = { allow = true, proof = "pledge", consent = "health_child" } },
    { call = "proof", input = { age = 14 },
      output = { allow = true, proof = "face", consent = "health" } },
    { call = "proof", input = { age = 17 },
      output = { allow = false, reason = "kinship_age" } },
    { call = "proof", input = {},
      output = { allow = false, reason = "kinship_age_unknown" } },

    { call = "match", input = { tries = 0 },
      output = { allow = true, fresh = true } },
    { call = "match", input = { tries = 9, since_first = 60, since_last = 0 },
      output = { allow = true, fresh = false } },
    -- 第十一次等30秒，第十二次等60秒 / the eleventh waits, the twelfth twice
    { call = "match", input = { tries = 10, since_first = 60, since_last = 20 },
      output = { allow = false, reason = "kinship_match_wait",
                 retry_after = 10 } },
    { call = "match", input = { tries = 11, since_first = 99, since_last = 30 },
      output = { allow = false, reason = "kinship_match_wait",
                 retry_after = 30 } },
    { call = "match",
      input = { tries = 24, since_first = 86000, since_last = 9000 },
      output = { allow = false, reason = "kinship_match_limit",
                 retry_after = 400 } },
    { call = "match",
      input = { tries = 24, since_first = 86400, since_last = 9000 },
      output = { allow = true, fresh = true } },

    { call = "pledge", input = { tries = 4, since_first = 60, since_last = 0 },
      output = { allow = true, fresh = false } },
    { call = "pledge",
      input = { tries = 5, since_first = 86000, since_last = 9000 },
      output = { allow = false, reason = "kinship_pledge_limit",
                 retry_after = 400 } },
    { call = "pledge",
      input = { tries = 5, since_first = 86400, since_last = 9000 },
      output = { allow = true, fresh = true } },

    { call = "keep", input = { age = 30, since = 1, now = 2 },
      output = { allow = true } },
    { call = "keep", input = { age = 30, since = 0, now = 90 * DAY,
                               how = "face" },
      output = { allow = true } },
    -- 第三十天 / the thirtieth day
    { call = "keep", input = { since = 0, now = 23 * DAY - 1,
                               how = "pledge" },
      output = { allow = true, ends_at = 30 * DAY, tell = false } },
    { call = "keep", input = { since = 0, now = 30 * DAY - 1,
                               how = "pledge" },
      output = { allow = true, ends_at = 30 * DAY, tell = true } },
    { call = "keep", input = { since = 0, now = 30 * DAY, how = "pledge" },
      output = { allow = false, reason = "kinship_pledge_over" } },

    { call = "unbind", input = { since = 0, now = 86399999 },
      output = { allow = false, possible_at = 86400000, hours = 24,
                 reason = "kinship_unbind_early" } },
    { call = "unbind", input = { since = 0, now = 86400000 },
      output = { allow = true, possible_at = 86400000 } },
})

return bindings
