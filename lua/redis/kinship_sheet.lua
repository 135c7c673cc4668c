#!lua
-- Notes what a sheet of printed codes is going to have: before any of its
-- codes is issued, so that a repeat after a crash issues the same ones.
--
-- KEYS[1]  civic:{p:<who prints>}:sheets, a hash: a sheet's id -> "<made ms>
--          <ends ms> <sealed>"; made in real, ends in business time; of one
--          that was forgotten "<made ms> 0 -"
-- ARGV[1]  the sheet's id
-- ARGV[2]  now, ms, real time
-- ARGV[3]  now, ms, business time
-- ARGV[4]  when its codes end, ms
-- ARGV[5]  ms: sheets that were made within it count
-- ARGV[6]  how many of those there may be
-- ARGV[7]  what it has, sealed
--
-- Answers { 1, sheet's id, ends, sealed }; { 0, ms }: there were as many as
-- there may be, the first of them at that time.

local now, today = tonumber(ARGV[2]), tonumber(ARGV[3])
local ends, window = tonumber(ARGV[4]), tonumber(ARGV[5])
local most = tonumber(ARGV[6])

if ARGV[1] == '' or not now or not today or not ends or not window
   or not most or ARGV[7] == '' then
    return redis.error_reply('ERR kinship_sheet: ARGV')
end

local rows = redis.call('HGETALL', KEYS[1])
local over, count, first = {}, 0, now

for i = 1, #rows, 2 do
    local made, ended = string.match(rows[i + 1], '^(%d+) (%d+) ')
    made, ended = tonumber(made), tonumber(ended)
    if made and made > now - window then
        count = count + 1
        first = math.min(first, made)
    end
    if not made or (ended <= today and made <= now - window) then
        over[#over + 1] = rows[i]
    end
end

if count >= most then
    return { 0, first }
end

redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ' ' .. ARGV[4] .. ' '
    .. ARGV[7])
for _, field in ipairs(over) do
    redis.call('HDEL', KEYS[1], field)
end
return { 1, ARGV[1], ARGV[4], ARGV[7] }
