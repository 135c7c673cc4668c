#!lua
-- Finds a photo for somebody of the staff: the one that is held already, else
-- the oldest that nobody holds; and notes who holds it.
--
-- KEYS[1]  civic:{photo_reviews}:waiting, see photo_check_queue_put.lua
-- KEYS[2]  civic:{photo_reviews}:owners
-- KEYS[3]  civic:{photo_reviews}:leases
-- KEYS[4]  civic:{photo_reviews}:held
-- ARGV[1]  who
-- ARGV[2]  now, ms
-- ARGV[3]  until when it is held, ms
--
-- Answers {id, pid, "" if that is not known}; {} if there is none.

local staff, now = ARGV[1], tonumber(ARGV[2])
local batch, batches = 100, 20

if staff == '' or not now or not tonumber(ARGV[3]) then
    return redis.error_reply('ERR photo_check_queue_take: ARGV')
end

local function holder(id)
    local who, till = string.match(redis.call('HGET', KEYS[3], id) or '',
                                   '^(%S+) (%d+)$')
    return who and tonumber(till) > now and who or nil
end

local mine = redis.call('HGET', KEYS[4], staff)
if mine and holder(mine) == staff and redis.call('ZSCORE', KEYS[1], mine) then
    return { mine, redis.call('HGET', KEYS[2], mine) or '' }
end

for n = 0, batches - 1 do
    local ids = redis.call('ZRANGE', KEYS[1], n * batch,
                           (n + 1) * batch - 1)
    for _, id in ipairs(ids) do
        if not holder(id) then
            redis.call('HSET', KEYS[3], id, staff .. ' ' .. ARGV[3])
            redis.call('HSET', KEYS[4], staff, id)
            return { id, redis.call('HGET', KEYS[2], id) or '' }
        end
    end
    if #ids < batch then
        break
    end
end
return {}
