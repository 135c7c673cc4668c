#!lua
-- Opens a tube, once for its barcode.
--
-- KEYS[1]  civic:{tube:<barcode>}:tube, a hash:
--            state       "open", "sealed", "told"
--            version     rises with each change of state or result
--            capacity, count, place, by (the sampler's pid), at (ms)
--            sealed_at   ms, once it is sealed
--            result, result_at, told_at   once the laboratory has told
--            next_by, next_result, next_result_at, next_at, next_why
--                        a correction that one of the laboratory proposes
--            settled_by  who confirmed the last correction
-- KEYS[2]  the audit trail's outbox
-- ARGV[1]  the sampler's pid
-- ARGV[2]  the capacity
-- ARGV[3]  the place
-- ARGV[4]  now, ms
-- ARGV[5]  the entry for the audit trail
--
-- Answers "opened"; "again", if the same sampler has it open with that
-- capacity and nobody in it; "used" if the barcode is a tube's already.

if ARGV[1] == '' or not string.match(ARGV[2], '^[1-9]%d*$')
   or not tonumber(ARGV[4]) or ARGV[5] == '' then
    return redis.error_reply('ERR sampling_open: ARGV')
end

local tube = redis.call('HMGET', KEYS[1], 'state', 'by', 'capacity', 'count',
    'place')

if tube[1] then
    local same = tube[1] == 'open' and tube[2] == ARGV[1]
        and tube[3] == ARGV[2] and tube[4] == '0' and tube[5] == ARGV[3]
    return same and 'again' or 'used'
end

redis.call('HSET', KEYS[1], 'state', 'open', 'version', 1, 'capacity',
    ARGV[2], 'count', 0, 'place', ARGV[3], 'by', ARGV[1], 'at', ARGV[4])
redis.call('XADD', KEYS[2], '*', 'entry', ARGV[5])
return 'opened'
