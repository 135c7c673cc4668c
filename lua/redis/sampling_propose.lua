#!lua
-- One of the laboratory proposes another result for a tube.
--
-- KEYS[1]  civic:{tube:<barcode>}:tube, see sampling_open.lua
-- KEYS[2]  the audit trail's outbox
-- ARGV[1]  the pid of who proposes it
-- ARGV[2]  the result
-- ARGV[3]  ms: when it was found
-- ARGV[4]  why, sealed
-- ARGV[5]  now, ms
-- ARGV[6]  the entry for the audit trail
--
-- Answers "proposed" (also if the same one has before); "pending" (somebody
-- else proposes something); "nothing" (it is the result now); "untold",
-- "unknown".

if ARGV[1] == '' or not string.match(ARGV[2], '^%l+$')
   or not tonumber(ARGV[3]) or ARGV[4] == '' or not tonumber(ARGV[5])
   or ARGV[6] == '' then
    return redis.error_reply('ERR sampling_propose: ARGV')
end

local tube = redis.call('HMGET', KEYS[1], 'state', 'result', 'next_by')

if not tube[1] then
    return 'unknown'
end
if tube[1] ~= 'told' then
    return 'untold'
end
if tube[2] == ARGV[2] then
    return 'nothing'
end
if tube[3] and tube[3] ~= ARGV[1] then
    return 'pending'
end

redis.call('HSET', KEYS[1], 'next_by', ARGV[1], 'next_result', ARGV[2],
    'next_result_at', ARGV[3], 'next_why', ARGV[4], 'next_at', ARGV[5])
redis.call('XADD', KEYS[2], '*', 'entry', ARGV[6])
return 'proposed'
