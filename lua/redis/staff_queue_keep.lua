#!lua
-- Whoever holds something of a queue holds it on, or lets it go.
--
-- KEYS[1]  <queue>:waiting, see staff_queue_put.lua
-- KEYS[2]  <queue>:owners
-- KEYS[3]  <queue>:leases
-- KEYS[4]  <queue>:held
-- KEYS[5]  <queue>:undated
-- ARGV[1]  the id
-- ARGV[2]  who
-- ARGV[3]  now, ms
-- ARGV[4]  until when it is held on, ms; "0": it is let go; "": it is looked
--          up and nothing else
--
-- Answers {"held", pid, version, until ms}; or, and nothing was written,
-- {"over", "", "", ""}: it was the asker's, and the time is over; {"no", "",
-- "", ""}: it is not here, or not the asker's.

local id, staff, now = ARGV[1], ARGV[2], tonumber(ARGV[3])
local until_ms = ARGV[4]

if id == '' or staff == '' or not now
   or (until_ms ~= '' and not tonumber(until_ms)) then
    return redis.error_reply('ERR staff_queue_keep: ARGV')
end

local who, till = string.match(redis.call('HGET', KEYS[3], id) or '',
                               '^(%S+) (%d+)$')
local pid, version = string.match(redis.call('HGET', KEYS[2], id) or '',
                                  '^(%S+) ?(%d*)$')
if who ~= staff or not pid or not redis.call('ZSCORE', KEYS[1], id) then
    return { 'no', '', '', '' }
end
if tonumber(till) <= now then
    return { 'over', '', '', '' }
end

if until_ms == '0' then
    redis.call('HDEL', KEYS[3], id)
    if redis.call('HGET', KEYS[4], staff) == id then
        redis.call('HDEL', KEYS[4], staff)
    end
elseif until_ms ~= '' then
    till = until_ms
    redis.call('HSET', KEYS[3], id, staff .. ' ' .. till)
end
return { 'held', pid, version ~= '' and version or '0', till }
