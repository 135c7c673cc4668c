#!lua
-- Finds something for somebody of the staff: what is held already, else the
-- first that nobody holds, or the one that is asked for; and notes who holds
-- it.
--
-- KEYS[1]  <queue>:waiting, see staff_queue_put.lua
-- KEYS[2]  <queue>:owners
-- KEYS[3]  <queue>:leases
-- KEYS[4]  <queue>:held
-- KEYS[5]  <queue>:undated
-- ARGV[1]  who
-- ARGV[2]  now, ms
-- ARGV[3]  until when it is held, ms; what is held already keeps its own
-- ARGV[4]  an id: that one and no other; or ""
--
-- Answers {id, pid, "" if that is not known, its version, "0" if it is not
-- known}; {} if there is none.

local staff, now, wanted = ARGV[1], tonumber(ARGV[2]), ARGV[4]
local batch, batches = 100, 20

if not string.match(staff, '^%S+$') or not now or not tonumber(ARGV[3])
   or not wanted then
    return redis.error_reply('ERR staff_queue_take: ARGV')
end

local function holder(id)
    local who, till = string.match(redis.call('HGET', KEYS[3], id) or '',
                                   '^(%S+) (%d+)$')
    return who and tonumber(till) > now and who or nil
end

local function told(id)
    local owner = redis.call('HGET', KEYS[2], id) or ''
    return { id, string.match(owner, '^%S+') or '',
             string.match(owner, '^%S+ (%d+)$') or '0' }
end

local function hold(id)
    redis.call('HSET', KEYS[3], id, staff .. ' ' .. ARGV[3])
    redis.call('HSET', KEYS[4], staff, id)
    return told(id)
end

if wanted ~= '' then
    local who = holder(wanted)
    if not redis.call('ZSCORE', KEYS[1], wanted)
       or (who and who ~= staff) then
        return {}
    end
    return hold(wanted)
end

local mine = redis.call('HGET', KEYS[4], staff)
if mine and holder(mine) == staff and redis.call('ZSCORE', KEYS[1], mine) then
    return told(mine)
end

for n = 0, batches - 1 do
    local ids = redis.call('ZRANGE', KEYS[1], n * batch,
                           (n + 1) * batch - 1)
    for _, id in ipairs(ids) do
        if not holder(id) then
            return hold(id)
        end
    end
    if #ids < batch then
        break
    end
end
return {}
