#!lua
-- Moves an attempt, or a request for the counter, from the state that was
-- read to another.
--
-- KEYS[1]  civic:{p:<pid>}:face_auth, see face_auth_reserve.lua
-- ARGV[1]  the id
-- ARGV[2]  its state as it was read
-- ARGV[3]  the state that comes
-- ARGV[4]  its new record, sealed; "" if it stays
-- ARGV[5]  "1": it has passed, so that tries in a row are forgotten
--
-- Answers {1, state}; or {0, the state that is there, "" if it is gone}:
-- nothing was written.

local key, id = KEYS[1], ARGV[1]
local state, slot = string.match(ARGV[3], '^(%a+) %d+ %d+ (%S+)$')

if id == '' or not state then
    return redis.error_reply('ERR face_auth_settle: ARGV')
end

local found = redis.call('HGET', key, 's:' .. id) or ''
if found == '' or found ~= ARGV[2] then
    return { 0, found }
end

local tries = ARGV[5] == '1' and string.match(
    redis.call('HGET', key, 'tries') or '', '^%d+ %d+ (%d+ %d+)$')
local ended = state ~= 'open' and state ~= 'starting' and state ~= 'waiting'
    and state ~= 'passed'

redis.call('HSET', key, 's:' .. id, ARGV[3])
if ARGV[4] ~= '' then
    redis.call('HSET', key, 'a:' .. id, ARGV[4])
end
if tries then
    redis.call('HSET', key, 'tries', '0 0 ' .. tries)
end
if ended and slot ~= 'counter' and redis.call('HGET', key, slot) == id then
    redis.call('HDEL', key, slot)
end
return { 1, ARGV[3] }
