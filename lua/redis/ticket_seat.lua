#!lua
-- Gives seats: each number to one person, each person one number, and only to
-- who still waits.
--
-- KEYS[1]  civic:{ticket:<exam>}:order, see ticket_order.lua
-- KEYS[2]  civic:{ticket:<exam>}:seats, a hash: number -> pid
-- KEYS[3]  civic:{ticket:<exam>}:people, see ticket_collect.lua
-- KEYS[4]  civic:{ticket:<exam>}:waiting
-- KEYS[5]  the outbox of what people are told
-- ARGV[1]  the step as it was read
-- ARGV[2]  the place to go on from
-- ARGV[3]  the exam
-- ARGV[4...]  pid, digest, number of each
--
-- Answers how many were seated; -1: another came first, nothing was written.

local key, count = KEYS[1], 0

local function number(name)
    return tonumber(redis.call('HGET', key, name) or 0) or 0
end

if not tonumber(ARGV[1]) or not tonumber(ARGV[2]) or ARGV[3] == ''
   or #ARGV % 3 ~= 0 then
    return redis.error_reply('ERR ticket_seat: ARGV')
end
for i = 4, #ARGV, 3 do
    if ARGV[i] == '' or not string.match(ARGV[i + 1], '^%x+$')
       or not string.match(ARGV[i + 2], '^%d+$') then
        return redis.error_reply('ERR ticket_seat: ARGV')
    end
end
if number('step') ~= tonumber(ARGV[1]) then
    return -1
end

local gone = {}

for i = 4, #ARGV, 3 do
    local pid, seat = ARGV[i], ARGV[i + 2]
    local position, version = string.match(
        redis.call('HGET', KEYS[3], pid) or '', '^%- (%S+) waiting (%d+)$')

    if not position then
        gone[#gone + 1] = ARGV[i + 1] .. ':' .. pid

    elseif redis.call('HEXISTS', KEYS[2], seat) == 0 then
        version = string.format('%d', version + 1)
        redis.call('HSET', KEYS[2], seat, pid)
        redis.call('HSET', KEYS[3], pid, table.concat(
            { seat, position, 'seated', version }, ' '))
        redis.call('XADD', KEYS[5], '*', 'entry', table.concat(
            { ARGV[3], pid, 'seated', version }, ' '))
        gone[#gone + 1] = ARGV[i + 1] .. ':' .. pid
        count = count + 1
    end
end

redis.call('HSET', key, 'step', string.format('%d', number('step') + 1),
           'cursor', ARGV[2], 'seated', number('seated') + count)
for _, member in ipairs(gone) do
    redis.call('ZREM', KEYS[4], member)
end
return count
