#!lua
-- Begins an attempt, or a request for the counter, in the place of the one
-- that was read.
--
-- KEYS[1]  civic:{p:<pid>}:face_auth, see face_auth_reserve.lua
-- ARGV[1]  its id
-- ARGV[2]  its record, sealed
-- ARGV[3]  its state: "<state> <expires ms> <since ms> <slot>"
-- ARGV[4]  the id that was read in that slot, "" for none: it ends now
-- ARGV[5]  how many are kept
-- ARGV[6]  s: the hash goes when nothing came for so long
--
-- Answers {id, record, state} of what the slot has now: another one, if
-- somebody else was quicker.

local key, id, most = KEYS[1], ARGV[1], tonumber(ARGV[5])
local slot = string.match(ARGV[3], '^%a+ %d+ %d+ (%S+)$')

if id == '' or ARGV[2] == '' or not slot or not most or most < 1
   or not tonumber(ARGV[6]) then
    return redis.error_reply('ERR face_auth_begin: ARGV')
end

local old = redis.call('HGET', key, slot) or ''
if old ~= '' and old ~= ARGV[4] then
    local other = redis.call('HMGET', key, 'a:' .. old, 's:' .. old)

    if other[1] and other[2] then
        return { old, other[1], other[2] }
    end
end

-- who has passed and was not told yet stays as long as there is room
local ids, kept, gone = {}, { id }, {}
for one in string.gmatch(redis.call('HGET', key, 'index') or '', '%S+') do
    ids[#ids + 1] = one
end
for i = #ids, 1, -1 do
    local one = ids[i]
    local state = redis.call('HGET', key, 's:' .. one) or ''

    if #kept < most
       or (#kept < 2 * most and string.match(state, '^passed ')) then
        table.insert(kept, 1, one)
    else
        gone[#gone + 1] = one
    end
end

redis.call('HSET', key, 'a:' .. id, ARGV[2], 's:' .. id, ARGV[3],
           slot, id, 'index', table.concat(kept, ' '))
if old ~= '' and old ~= id then
    local state, rest = string.match(redis.call('HGET', key, 's:' .. old)
                                     or '', '^(%a+)( .*)$')
    if state == 'starting' or state == 'open' or state == 'waiting' then
        redis.call('HSET', key, 's:' .. old, 'expired' .. rest)
    end
end
if redis.call('TTL', key) < tonumber(ARGV[6]) then
    redis.call('EXPIRE', key, ARGV[6])
end
for _, one in ipairs(gone) do
    local of = string.match(redis.call('HGET', key, 's:' .. one) or '',
                            ' (%S+)$')
    if of and redis.call('HGET', key, of) == one then
        redis.call('HDEL', key, of)
    end
    redis.call('HDEL', key, 'a:' .. one, 's:' .. one, 'p:' .. one)
end
return { id, ARGV[2], ARGV[3] }
