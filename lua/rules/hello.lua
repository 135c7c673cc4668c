-- What the plugin "hello" asks.  Change a value, save: no restart.
--
-- greeting: hour (0 to 23, in China)
--           -> allow, zh, en; or allow = false and reason "hello_asleep"
-- visits:   nothing
--           -> most (visits a day), keep (seconds that a day's count stays)

local rules = {}

-- From which hour on which words.
local greetings = {
    { from = 0, zh = "夜深了", en = "Good night" },
    { from = 5, zh = "早上好", en = "Good morning" },
    { from = 12, zh = "下午好", en = "Good afternoon" },
    { from = 18, zh = "晚上好", en = "Good evening" },
}

-- From an hour up to another, nobody is greeted; equal hours: never.
local quiet = { from = 0, to = 0 }

function rules.greeting(input)
    local words = greetings[1]

    if input.hour >= quiet.from and input.hour < quiet.to then
        return { allow = false, reason = "hello_asleep" }
    end

    for _, candidate in ipairs(greetings) do
        if input.hour >= candidate.from then
            words = candidate
        end
    end

    return { allow = true, zh = words.zh, en = words.en }
end

function rules.visits()
    return { most = 1000, keep = 2 * 24 * 3600 }
end

rules.examples = {
    { call = "greeting", input = { hour = 8 },
      output = { allow = true, zh = "早上好", en = "Good morning" } },
    { call = "greeting", input = { hour = 12 },
      output = { allow = true, zh = "下午好", en = "Good afternoon" } },
    { call = "greeting", input = { hour = 23 },
      output = { allow = true, zh = "晚上好", en = "Good evening" } },
    { call = "visits", output = { most = 1000, keep = 172800 } },
}

return rules
