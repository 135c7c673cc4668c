#!lua
-- Gives somebody a seat in an open tube, and seals it with the last one, if
-- that is asked for.
--
-- KEYS[1]  civic:{tube:<barcode>}:tube, see sampling_open.lua
-- KEYS[2]  civic:{tube:<barcode>}:people, a hash:
--            "<seat>"        "<entry's id> <mark>"
--            "who:<seat>"    sealed: whose seat it is
--            "id:<id>"       the seat
--            "mark:<mark>"   the seat: nobody sits in a tube twice
-- KEYS[3]  the audit trail's outbox
-- ARGV[1]  the sampler's pid
-- ARGV[2]  the entry's id: the same again is no second seat
-- ARGV[3]  the mark of the person in this tube
-- ARGV[4]  sealed: whose seat it is
-- ARGV[5]  now, ms
-- ARGV[6]  "1": the last seat seals the tube; or ""
-- ARGV[7]  the entry for the audit trail
-- ARGV[8]  the same for the sealing
--
-- Answers {what, seat, count, capacity, state}; what: "added" (also if it was
-- before), "unknown", "other" (another sampler's), "sealed", "already" (seat
-- is where), "full".

if ARGV[1] == '' or not string.match(ARGV[2], '^%S+$')
   or not string.match(ARGV[3], '^%S+$') or ARGV[4] == ''
   or not tonumber(ARGV[5]) or ARGV[7] == '' or ARGV[8] == '' then
    return redis.error_reply('ERR sampling_add: ARGV')
end

local tube = redis.call('HMGET', KEYS[1], 'state', 'by', 'capacity', 'count')
local state, by = tube[1], tube[2]
local capacity, count = tonumber(tube[3]), tonumber(tube[4])

local function answer(what, seat)
    return { what, tonumber(seat) or 0, count or 0, capacity or 0,
             state or '' }
end

if not state or not capacity or not count then
    return answer('unknown')
end
if by ~= ARGV[1] then
    return answer('other')
end

local before = redis.call('HGET', KEYS[2], 'id:' .. ARGV[2])
if before then
    return answer('added', before)
end
if state ~= 'open' then
    return answer('sealed')
end

local already = redis.call('HGET', KEYS[2], 'mark:' .. ARGV[3])
if already then
    return answer('already', already)
end
if count >= capacity then
    return answer('full')
end

local seat = 1
while redis.call('HEXISTS', KEYS[2], tostring(seat)) == 1 do
    seat = seat + 1
end

count = count + 1
redis.call('HSET', KEYS[2], tostring(seat), ARGV[2] .. ' ' .. ARGV[3],
    'who:' .. seat, ARGV[4], 'id:' .. ARGV[2], seat, 'mark:' .. ARGV[3], seat)
redis.call('HSET', KEYS[1], 'count', count)
redis.call('XADD', KEYS[3], '*', 'entry', ARGV[7])

if count == capacity and ARGV[6] == '1' then
    state = 'sealed'
    redis.call('HSET', KEYS[1], 'state', state, 'sealed_at', ARGV[5])
    redis.call('HINCRBY', KEYS[1], 'version', 1)
    redis.call('XADD', KEYS[3], '*', 'entry', ARGV[8])
end
return answer('added', seat)
