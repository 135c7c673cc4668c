#!lua
-- Takes the turn to ask Alipay for an order: nobody else has it before an
-- instant.
--
-- KEYS[1]  civic:{p:<pid>}:payment, see payment_open.lua
-- ARGV[1]  the order's id
-- ARGV[2]  now, ms
-- ARGV[3]  nobody else before, ms
--
-- Answers 1; or 0 while somebody else has it, or if there is no such order:
-- nothing was written.

local now, after = tonumber(ARGV[2]), tonumber(ARGV[3])

if ARGV[1] == '' or not now or not after then
    return redis.error_reply('ERR payment_turn: ARGV')
end

local field = 'ask:' .. ARGV[1]

if redis.call('HEXISTS', KEYS[1], 'order:' .. ARGV[1]) == 0
   or tonumber(redis.call('HGET', KEYS[1], field) or 0) > now then
    return 0
end

redis.call('HSET', KEYS[1], field, string.format('%.0f', after))
return 1
