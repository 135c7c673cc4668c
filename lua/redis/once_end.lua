#!lua
-- Ends a request that must not be done twice.
--
-- KEYS[1]  civic:{p:<pid>}:once:<name>, the record of an Idempotency-Key
-- ARGV[1]  when the request began: another one may have taken over
-- ARGV[2]  "reply": keep ARGV[3] as the reply;
--          "again": a repeat may go on where this one stopped;
--          "forget": nothing was done, the key is free
-- ARGV[3]  the sealed reply
--
-- Answers 1, or 0 if another request has taken over.

if redis.call('HGET', KEYS[1], 'began') ~= ARGV[1] then
    return 0
end

if ARGV[2] == 'forget' then
    redis.call('DEL', KEYS[1])
elseif ARGV[2] == 'again' then
    redis.call('HDEL', KEYS[1], 'began')
else
    redis.call('HSET', KEYS[1], 'reply', ARGV[3])
end

return 1
