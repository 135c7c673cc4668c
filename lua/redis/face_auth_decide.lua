#!lua
-- What the counter decided: once, and in time.
--
-- KEYS[1]  civic:{p:<pid>}:face_auth, see face_auth_reserve.lua
-- KEYS[2]  the audit trail's outbox
-- KEYS[3]  the outbox of decisions that are to be carried out
-- ARGV[1]  the request's id
-- ARGV[2]  its state as it was read: "waiting ..."
-- ARGV[3]  the state that comes
-- ARGV[4]  its new record, sealed
-- ARGV[5]  the entry for the audit trail
-- ARGV[6]  the entry for the decisions
-- ARGV[7]  now, ms
--
-- Answers {1, state}; {0, the state that is there, "" if it is gone}:
-- nothing was written.

local key, id, now = KEYS[1], ARGV[1], tonumber(ARGV[7])

if id == '' or ARGV[4] == '' or ARGV[5] == '' or ARGV[6] == '' or not now
   or not string.match(ARGV[3], '^%a+ %d+ %d+ counter$') then
    return redis.error_reply('ERR face_auth_decide: ARGV')
end

local found = redis.call('HGET', key, 's:' .. id) or ''
local expires = string.match(found, '^waiting (%d+) ')
if found ~= ARGV[2] or not expires or now >= tonumber(expires)
   or redis.call('HGET', key, 'counter') ~= id then
    return { 0, found }
end

redis.call('HSET', key, 's:' .. id, ARGV[3], 'a:' .. id, ARGV[4])
redis.call('XADD', KEYS[2], '*', 'entry', ARGV[5])
redis.call('XADD', KEYS[3], '*', 'entry', ARGV[6])
return { 1, ARGV[3] }
