#!lua
-- Takes somebody out of an open tube: the wrong code was scanned.
--
-- KEYS[1]  civic:{tube:<barcode>}:tube, see sampling_open.lua
-- KEYS[2]  civic:{tube:<barcode>}:people, see sampling_add.lua
-- KEYS[3]  the audit trail's outbox
-- ARGV[1]  the sampler's pid
-- ARGV[2]  the entry's id
-- ARGV[3]  the entry for the audit trail
--
-- Answers "removed"; "gone" (there is no such entry: perhaps it was removed
-- before); "unknown", "other", "sealed".

if ARGV[1] == '' or not string.match(ARGV[2], '^%S+$') or ARGV[3] == '' then
    return redis.error_reply('ERR sampling_remove: ARGV')
end

local tube = redis.call('HMGET', KEYS[1], 'state', 'by')

if not tube[1] then
    return 'unknown'
end
if tube[2] ~= ARGV[1] then
    return 'other'
end

local seat = redis.call('HGET', KEYS[2], 'id:' .. ARGV[2])
if not seat then
    return 'gone'
end
if tube[1] ~= 'open' then
    return 'sealed'
end

local mark = string.match(redis.call('HGET', KEYS[2], seat) or '',
    '^%S+ (%S+)$') or ''
redis.call('HINCRBY', KEYS[1], 'count', -1)
redis.call('XADD', KEYS[3], '*', 'entry', ARGV[3])
redis.call('HDEL', KEYS[2], seat, 'who:' .. seat, 'id:' .. ARGV[2],
    'mark:' .. mark)
return 'removed'
