#!lua
-- A correction is confirmed by another of the laboratory, or ended without.
--
-- KEYS[1]  civic:{tube:<barcode>}:tube, see sampling_open.lua
-- KEYS[2]  the outbox of results that go to people
-- KEYS[3]  the audit trail's outbox
-- ARGV[1]  the pid of who does it
-- ARGV[2]  the result that was looked at
-- ARGV[3]  "confirm" or "reject"
-- ARGV[4]  now, ms
-- ARGV[5]  the barcode
-- ARGV[6]  the entry for the audit trail
--
-- Answers "confirmed" (also if the same one has before), "rejected"; "none"
-- (nothing is proposed), "changed" (something else is), "own" (nobody confirms
-- an own one), "unknown".

if ARGV[1] == '' or not string.match(ARGV[2], '^%l+$')
   or (ARGV[3] ~= 'confirm' and ARGV[3] ~= 'reject')
   or not tonumber(ARGV[4]) or not string.match(ARGV[5], '^%S+$')
   or ARGV[6] == '' then
    return redis.error_reply('ERR sampling_settle: ARGV')
end

local tube = redis.call('HMGET', KEYS[1], 'state', 'result', 'next_by',
    'next_result', 'next_result_at', 'settled_by')
local by, result = tube[3], tube[4]
local confirms = ARGV[3] == 'confirm'

if not tube[1] then
    return 'unknown'
end
if not by then
    return confirms and tube[6] == ARGV[1] and tube[2] == ARGV[2]
        and 'confirmed' or 'none'
end
if result ~= ARGV[2] then
    return 'changed'
end
if confirms and by == ARGV[1] then
    return 'own'
end

if confirms then
    redis.call('HSET', KEYS[1], 'result', result, 'result_at', tube[5],
        'told_at', ARGV[4], 'settled_by', ARGV[1])
    local version = redis.call('HINCRBY', KEYS[1], 'version', 1)
    redis.call('XADD', KEYS[2], '*', 'entry', ARGV[5] .. ' ' .. version)
end
redis.call('XADD', KEYS[3], '*', 'entry', ARGV[6])
redis.call('HDEL', KEYS[1], 'next_by', 'next_result', 'next_result_at',
    'next_why', 'next_at')
return confirms and 'confirmed' or 'rejected'
