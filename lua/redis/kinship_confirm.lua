#!lua
-- The third step of a binding, in the guardian's slot: the place that was
-- reserved is the binding's.
--
-- KEYS[1]  civic:{p:<guardian>}:kin, see kinship_note.lua
-- ARGV[1]  the relative's pid
-- ARGV[2]  the binding
-- ARGV[3]  since, business time, ms
-- ARGV[4]  relation
-- ARGV[5]  what was asked for, as it was read: it goes; "" stays
--
-- Answers 1, also a second time; 0: there is no such reservation any more.

if #ARGV[1] ~= 22 or #ARGV[2] ~= 22 or not tonumber(ARGV[3])
   or not string.match(ARGV[4], '^[%w_]+$') or not ARGV[5] then
    return redis.error_reply('ERR kinship_confirm: ARGV')
end

local row = redis.call('HGET', KEYS[1], ARGV[1]) or ''
local state, binding = string.match(row, '^(%a+) (%S+) ')
local mine = binding == ARGV[2]

if mine and state ~= 'bound' then
    redis.call('HSET', KEYS[1], ARGV[1], table.concat(
        { 'bound', ARGV[2], ARGV[3], ARGV[4] }, ' '))
end
if ARGV[5] ~= '' and redis.call('HGET', KEYS[1], 'asked') == ARGV[5] then
    redis.call('HDEL', KEYS[1], 'asked')
end
return mine and 1 or 0
