#!lua
-- Gives a guardian's place back: of a binding that is void, or has ended.
--
-- KEYS[1]  civic:{p:<guardian>}:kin, see kinship_note.lua
-- ARGV[1]  the relative's pid
-- ARGV[2]  the binding
--
-- Answers 1, or 0 if it was given back before.

if #ARGV[1] ~= 22 or #ARGV[2] ~= 22 then
    return redis.error_reply('ERR kinship_release: ARGV')
end

local row = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if string.match(row, '^%a+ (%S+) ') ~= ARGV[2] then
    return 0
end

redis.call('HDEL', KEYS[1], ARGV[1])
return 1
