#!lua
-- Takes the turn to ask the provider about an attempt.
--
-- KEYS[1]  civic:{p:<pid>}:face_auth, see face_auth_reserve.lua
-- ARGV[1]  the attempt's id
-- ARGV[2]  now, ms
-- ARGV[3]  ms: nobody else who waits asks before
-- ARGV[4]  "1": somebody asks by hand, which is counted and not kept waiting
--
-- Answers {1 or 0: somebody else has the turn, how often it was asked by
-- hand}; {0, 0} if there is no such attempt.

local key, id = KEYS[1], ARGV[1]
local now, after = tonumber(ARGV[2]), tonumber(ARGV[3])

if id == '' or not now or not after then
    return redis.error_reply('ERR face_auth_ask: ARGV')
end
if redis.call('HEXISTS', key, 's:' .. id) == 0 then
    return { 0, 0 }
end

local next_at, asked = string.match(redis.call('HGET', key, 'p:' .. id)
                                    or '', '^(%d+) (%d+)$')
next_at, asked = tonumber(next_at or 0), tonumber(asked or 0)

if ARGV[4] == '1' then
    asked = asked + 1
elseif now < next_at then
    return { 0, asked }
end

redis.call('HSET', key, 'p:' .. id, string.format('%.0f %d', after, asked))
return { 1, asked }
