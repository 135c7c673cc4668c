#!lua
-- Takes sheets out of a person's list that say nothing any more.
--
-- KEYS[1]  civic:{p:<who prints>}:sheets, see kinship_sheet.lua
-- ARGV[1]  now, ms, real time
-- ARGV[2]  now, ms, business time
-- ARGV[3]  ms: sheets that were made within it are counted, and stay
-- ARGV[4]  "forget": what every sheet has goes, and only that it was made
--          stays, as "<made> 0 -": who forgets does not begin to count anew;
--          else ""
--
-- Answers how many sheets went or were forgotten.

local now, today = tonumber(ARGV[1]), tonumber(ARGV[2])
local window = tonumber(ARGV[3])

if not now or not today or not window
   or (ARGV[4] ~= 'forget' and ARGV[4] ~= '') then
    return redis.error_reply('ERR kinship_sheets_over: ARGV')
end

local rows, over, forgotten = redis.call('HGETALL', KEYS[1]), {}, {}

for i = 1, #rows, 2 do
    local made, ends = string.match(rows[i + 1], '^(%d+) (%d+) ')
    made, ends = tonumber(made), tonumber(ends)
    if not made or ((ARGV[4] == 'forget' or ends <= today)
       and made <= now - window) then
        over[#over + 1] = rows[i]
    elseif ARGV[4] == 'forget' and ends > 0 then
        forgotten[#forgotten + 1] = { rows[i],
            string.format('%d 0 -', made) }
    end
end

for _, sheet in ipairs(forgotten) do
    redis.call('HSET', KEYS[1], sheet[1], sheet[2])
end
for _, field in ipairs(over) do
    redis.call('HDEL', KEYS[1], field)
end
return #over + #forgotten
