#!lua
-- Notes how far the people of an exam were told that they can print.
--
-- KEYS[1]  civic:{ticket:<exam>}:order, see ticket_order.lua
-- ARGV[1]  the field "opened" as it was read; "": there was none
-- ARGV[2]  what comes: a cursor, or "all"
--
-- Answers 1; 0: another came first.

if not string.match(ARGV[2], '^%d+$') and ARGV[2] ~= 'all' then
    return redis.error_reply('ERR ticket_opened: ARGV')
end
if (redis.call('HGET', KEYS[1], 'opened') or '') ~= ARGV[1] then
    return 0
end
redis.call('HSET', KEYS[1], 'opened', ARGV[2])
return 1
