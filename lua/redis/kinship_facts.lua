#!lua
-- Stores the facts that a code's colour is made of, unless others came first.
--
-- KEYS[1]  civic:{p:<pid>}:health, see kinship_open.lua; facts, sealed
-- KEYS[2]  the audit trail's outbox
-- ARGV[1]  the version that was read; 0 if there was none
-- ARGV[2]  the facts, sealed; "" for none, of who had no code
-- ARGV[3]  the entry for the audit trail
--
-- Answers 1; 0: there is another version by now, nothing was written.

local version = tonumber(ARGV[1])

if not version or ARGV[3] == '' then
    return redis.error_reply('ERR kinship_facts: ARGV')
end
if tonumber(redis.call('HGET', KEYS[1], 'version') or '0') ~= version then
    return 0
end

redis.call('XADD', KEYS[2], '*', 'entry', ARGV[3])
if ARGV[2] ~= '' then
    redis.call('HSET', KEYS[1], 'facts', ARGV[2],
               'version', string.format('%d', version + 1))
elseif redis.call('HEXISTS', KEYS[1], 'opened') == 1 then
    redis.call('HSET', KEYS[1],
               'version', string.format('%d', version + 1))
    redis.call('HDEL', KEYS[1], 'facts')
else
    redis.call('DEL', KEYS[1])
end
return 1
