#!lua
-- Takes a seat back from who may not sit on it any more, or takes who waits
-- for one out of the line.
--
-- KEYS[1]  civic:{ticket:<exam>}:people, see ticket_collect.lua
-- KEYS[2]  civic:{ticket:<exam>}:seats
-- KEYS[3]  civic:{ticket:<exam>}:waiting
-- KEYS[4]  civic:{ticket:<exam>}:order, see ticket_order.lua
-- KEYS[5]  the outbox of what people are told
-- KEYS[6]  the audit trail's outbox
-- ARGV[1]  the pid
-- ARGV[2]  what stands there of the person, as it was read
-- ARGV[3]  the digest
-- ARGV[4]  the exam
-- ARGV[5]  the entry for the audit trail
--
-- Answers 2: a seat was given back; 1: the person waited; 0: nothing of it,
-- or another came first.

local pid, text = ARGV[1], ARGV[2]

if pid == '' or not string.match(ARGV[3], '^%x+$') or ARGV[4] == ''
   or ARGV[5] == '' then
    return redis.error_reply('ERR ticket_back: ARGV')
end

local seat, position, state, version = string.match(text,
    '^(%S+) (%S+) (%a+) (%d+)$')

if (state ~= 'seated' and state ~= 'waiting')
   or redis.call('HGET', KEYS[1], pid) ~= text then
    return 0
end

version = string.format('%d', version + 1)
redis.call('HSET', KEYS[1], pid, table.concat(
    { '-', position, 'back', version }, ' '))

if state == 'seated' then
    redis.call('HINCRBY', KEYS[4], 'back', 1)
    redis.call('XADD', KEYS[5], '*', 'entry', table.concat(
        { ARGV[4], pid, 'back', version }, ' '))
    redis.call('XADD', KEYS[6], '*', 'entry', ARGV[5])
    if redis.call('HGET', KEYS[2], seat) == pid then
        redis.call('HDEL', KEYS[2], seat)
    end
end
redis.call('ZREM', KEYS[3], ARGV[3] .. ':' .. pid)
return state == 'seated' and 2 or 1
