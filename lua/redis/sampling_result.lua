#!lua
-- The laboratory tells a tube's result: the first counts, and goes to whoever
-- is in it.
--
-- KEYS[1]  civic:{tube:<barcode>}:tube, see sampling_open.lua
-- KEYS[2]  the outbox of results that go to people
-- KEYS[3]  the audit trail's outbox
-- ARGV[1]  the result
-- ARGV[2]  ms: when it was found
-- ARGV[3]  now, ms
-- ARGV[4]  the barcode
-- ARGV[5]  the entry for the audit trail
--
-- Answers "told"; "same" (it was told before); "contradicts" (another one
-- was); "unknown", "empty", "unsealed".

if not string.match(ARGV[1], '^%l+$') or not tonumber(ARGV[2])
   or not tonumber(ARGV[3]) or not string.match(ARGV[4], '^%S+$')
   or ARGV[5] == '' then
    return redis.error_reply('ERR sampling_result: ARGV')
end

local tube = redis.call('HMGET', KEYS[1], 'state', 'count', 'result')

if not tube[1] then
    return 'unknown'
end
if tube[1] == 'told' then
    return tube[3] == ARGV[1] and 'same' or 'contradicts'
end
if tonumber(tube[2]) == 0 then
    return 'empty'
end
if tube[1] ~= 'sealed' then
    return 'unsealed'
end

redis.call('HSET', KEYS[1], 'state', 'told', 'result', ARGV[1], 'result_at',
    ARGV[2], 'told_at', ARGV[3])
local version = redis.call('HINCRBY', KEYS[1], 'version', 1)
redis.call('XADD', KEYS[2], '*', 'entry', ARGV[4] .. ' ' .. version)
redis.call('XADD', KEYS[3], '*', 'entry', ARGV[5])
return 'told'
