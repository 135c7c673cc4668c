#!lua
-- Notes how far the people of an exam were told that they can print, or that
-- the time of printing was moved.
--
-- KEYS[1]  civic:{ticket:<exam>}:order, see ticket_order.lua
-- ARGV[1]  the field as it was read; "": there was none
-- ARGV[2]  what comes: a cursor, or "all"; for "window" after "<from> <until>"
-- ARGV[3]  the field: "opened" or "window"
--
-- Answers 1; 0: another came first.

local forms = { opened = '^(%w+)$', window = '^%d+ %d+ (%w+)$' }
local cursor = string.match(ARGV[2], forms[ARGV[3]] or '^$')

if not cursor or (cursor ~= 'all' and not string.match(cursor, '^%d+$')) then
    return redis.error_reply('ERR ticket_opened: ARGV')
end
if (redis.call('HGET', KEYS[1], ARGV[3]) or '') ~= ARGV[1] then
    return 0
end
redis.call('HSET', KEYS[1], ARGV[3], ARGV[2])
return 1
