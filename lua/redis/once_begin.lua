#!lua
-- Begins a request that must not be done twice, or tells what became of it.
--
-- KEYS[1]  civic:{p:<pid>}:once:<name>, the record of an Idempotency-Key
-- ARGV[1]  the digest of what is asked
-- ARGV[2]  now, epoch ms
-- ARGV[3]  ms after which a request that never ended is taken for crashed
-- ARGV[4]  seconds that the record is kept
--
-- Answers {"new"}; {"other"}: the key was used for something else;
-- {"running", ms until it is taken for crashed}; {"done", sealed reply}.

local record = redis.call('HMGET', KEYS[1], 'digest', 'began', 'reply')
local digest, began, reply = record[1], record[2], record[3]

if digest and digest ~= ARGV[1] then
    return { 'other' }
end

if reply then
    return { 'done', reply }
end

local now = tonumber(ARGV[2])

if began and tonumber(began) + tonumber(ARGV[3]) > now then
    return { 'running', tonumber(began) + tonumber(ARGV[3]) - now }
end

redis.call('HSET', KEYS[1], 'digest', ARGV[1], 'began', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[4])

return { 'new' }
