-- 工作时间：从规则里的数值得出审核时限要用的时间，并检查这些数值。数值在
-- review.lua；示例用自己的数值。
-- Working time: what a review's due time is reckoned with, and whether the
-- numbers of it can be.  They stand in review.lua; the examples have their own.

local examples = require "lib/examples"

local working_time = {}

local MODES = { "every_day", "workdays", "elapsed" }
local MOST_WINDOWS = 8      -- of a day
local YEARS = 3             -- that an answer has

---------------------------------------------------------------------------
-- 时钟 / The clock
---------------------------------------------------------------------------

local function add_days(year, days, list)
    for _, day in ipairs(days) do
        list[#list + 1] = year .. "-" .. day
    end
end

-- 数值 / of: mode, need, hours, calendar
-- 输入、输出 / input and output: 见 review.lua 的 clock / see clock there
function working_time.clock(of, input)
    local answer = { mode = of.mode, need = of.need, windows = of.hours }
    local first = civic.date(input.at).year
    if of.mode ~= "workdays" or not of.calendar[first] then
        return answer
    end
    local off, worked, last = {}, {}, first
    for year = first, first + YEARS - 1 do
        local days = of.calendar[year]
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
-- 检查 / Checks
---------------------------------------------------------------------------

local function fault(name, expected, found)
    return name .. ": expected " .. expected .. ", found "
        .. (type(found) == "string" and '"' .. found .. '"' or tostring(found))
end

-- text 第 at 个字符起的两位数；不是则为 nil / the two digits there, or nil
local function two_digits(text, at)
    local tens, ones = string.byte(text, at, at + 1)
    if tens and ones and tens >= 48 and tens <= 57 and ones >= 48
       and ones <= 57
    then
        return (tens - 48) * 10 + ones - 48
    end
    return nil
end

-- “08:30”是几分，一天至多 24:00 / the minutes of "08:30", "24:00" at most
local function minutes(text, at)
    local hour, minute = two_digits(text, at), two_digits(text, at + 3)
    if hour and minute and string.sub(text, at + 2, at + 2) == ":"
       and minute <= 59 and hour * 60 + minute <= 1440
    then
        return hour * 60 + minute
    end
    return nil
end

local function windows_fault(hours)
    if type(hours) ~= "table" or #hours == 0 or #hours > MOST_WINDOWS then
        return fault("hours", "1 to " .. MOST_WINDOWS .. " spans",
                     type(hours) == "table" and #hours or hours)
    end
    local before = 0
    for i, text in ipairs(hours) do
        local span = type(text) == "string" and #text == 11
                     and string.sub(text, 6, 6) == "-" and text or ""
        local open, close = minutes(span, 1), minutes(span, 7)
        if not open or not close or open >= close then
            return fault("hours[" .. i .. "]", 'a span like "08:30-12:00"',
                         text)
        end
        if open < before then
            return fault("hours[" .. i .. "]",
                         "one that begins after the span before it", text)
        end
        before = close
    end
    return ""
end

-- “MM-DD”，那一年有的一天 / "MM-DD", a day of that year
local function is_day(year, text)
    if type(text) ~= "string" or #text ~= 5
       or string.sub(text, 3, 3) ~= "-"
    then
        return false
    end
    local month, day = two_digits(text, 1), two_digits(text, 4)
    return month and day and month >= 1 and month <= 12 and day >= 1
           and pcall(civic.instant, year, month, day)
end

local function days_fault(year, days, list, others)
    local name = "calendar[" .. year .. "]." .. list
    if type(days[list]) ~= "table" then
        return fault(name, "a list of days", days[list])
    end
    for i, text in ipairs(days[list]) do
        if not is_day(year, text) then
            return fault(name .. "[" .. i .. "]",
                         'a day of that year like "01-31"', text)
        end
        if others[text] then
            return fault(name .. "[" .. i .. "]",
                         "a day that is not in off as well", text)
        end
    end
    return ""
end

-- 一年的放假与调休 / the days off and worked of a year
function working_time.year_fault(year, days)
    if type(year) ~= "number" or year ~= math.floor(year) or year < 1900
       or year > 2199 or type(days) ~= "table"
    then
        return fault("calendar", "years, each with off and worked", year)
    end
    local found = days_fault(year, days, "off", {})
    if found ~= "" then
        return found
    end
    local off = {}
    for _, day in ipairs(days.off) do
        off[day] = true
    end
    return days_fault(year, days, "worked", off)
end

local function mode_fault(mode)
    for _, known in ipairs(MODES) do
        if mode == known then
            return ""
        end
    end
    return fault("mode", '"' .. table.concat(MODES, '", "') .. '"', mode)
end

-- 哪里写错了；没有则为空 / what is wrong with the numbers; "" if nothing is
function working_time.fault(of)
    local found = mode_fault(of.mode)
    if found == "" then
        found = windows_fault(of.hours)
    end
    if found == "" and type(of.calendar) ~= "table" then
        found = fault("calendar", "years", of.calendar)
    end
    if found ~= "" then
        return found
    end
    for year, days in pairs(of.calendar) do
        found = working_time.year_fault(year, days)
        if found ~= "" then
            return found
        end
    end
    return ""
end

-- 写错的不生效 / the file is refused
function working_time.check(of)
    local found = working_time.fault(of)
    if found ~= "" then
        error(found, 2)         -- told as where it was called
    end
end

---------------------------------------------------------------------------
-- 示例 / Examples
---------------------------------------------------------------------------

local base = { mode = "every_day", need = 720, calendar = {},
               hours = { "08:30-12:00", "14:30-18:00" } }

working_time.examples = {
    { call = "clock",
      input = { base, { at = civic.instant(2024, 2, 28, 9) } },
      output = { mode = "every_day", need = 720,
                 windows = { "08:30-12:00", "14:30-18:00" } } },
    -- 没有的年份不推算 / nothing is guessed for a year that is not there
    { call = "clock",
      input = { examples.but(base, { mode = "workdays" }),
                { at = civic.instant(2024, 2, 28, 9) } },
      output = { mode = "workdays", need = 720,
                 windows = { "08:30-12:00", "14:30-18:00" } } },
    { call = "fault", input = { base }, output = "" },
    { call = "year_fault",
      input = { 2024, { off = { "02-29" }, worked = { "02-04" } } },
      output = "" },
}

local function told(call, input, output)
    working_time.examples[#working_time.examples + 1] =
        { call = call, input = input, output = output }
end

local function wrong(changes, output)
    told("fault", { examples.but(base, changes) }, output)
end

wrong({ mode = "everyday" }, 'mode: expected "every_day", "workdays", '
                             .. '"elapsed", found "everyday"')
wrong({ hours = { "00:00-24:00" } }, "")
wrong({ hours = {} }, "hours: expected 1 to 8 spans, found 0")
for _, text in ipairs { "8:30-12:00", "08:30-12:60", "12:00-12:00",
                        "14:30-24:01", "08:30~12:00", "08：30-12" } do
    wrong({ hours = { text } },
          'hours[1]: expected a span like "08:30-12:00", found "' .. text
          .. '"')
end
wrong({ hours = { "14:30-18:00", "08:30-12:00" } },
      "hours[2]: expected one that begins after the span before it, found "
      .. '"08:30-12:00"')
told("year_fault", { 2026, { off = { "02-29" }, worked = {} } },
     'calendar[2026].off[1]: expected a day of that year like "01-31", found '
     .. '"02-29"')
told("year_fault", { 2026, { off = { "01-01" },
                             worked = { "01-04", "01-01" } } },
     "calendar[2026].worked[2]: expected a day that is not in off as well, "
     .. 'found "01-01"')
told("year_fault", { 2026, { off = {} } },
     "calendar[2026].worked: expected a list of days, found nil")
told("year_fault", { 26, { off = {}, worked = {} } },
     "calendar: expected years, each with off and worked, found 26")

return working_time
