#!lua
-- Keeps the picture of a face, while its owner consents.
--
-- KEYS[1]  civic:{p:<pid>}:face_auth, see face_auth_reserve.lua
-- KEYS[2]  civic:{p:<pid>}:blobs, the records
-- KEYS[3]  civic:{p:<pid>}:consents
-- KEYS[4]  the outbox of pictures that go one day
-- ARGV[1]  the picture's id
-- ARGV[2]  its record
-- ARGV[3]  "<blob id> <ms> <until ms>"
-- ARGV[4]  the purpose that was consented to
-- ARGV[5]  the consent's id
-- ARGV[6]  what the outbox is given
-- ARGV[7]  s: the hash stays that long at least
--
-- Answers {1, the id of the picture before, or ""}; {0, ""} without the
-- consent: nothing was written.

if ARGV[1] == '' or ARGV[2] == '' or ARGV[5] == '' or ARGV[6] == ''
   or not tonumber(ARGV[7])
   or not string.match(ARGV[3], '^%S+ %d+ %d+$') then
    return redis.error_reply('ERR face_auth_keep: ARGV')
end
if redis.call('HGET', KEYS[3], ARGV[4]) ~= ARGV[5] then
    return { 0, '' }
end

local before = string.match(redis.call('HGET', KEYS[1], 'reference') or '',
                            '^%S+') or ''

redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
redis.call('HSET', KEYS[1], 'reference', ARGV[3])
redis.call('XADD', KEYS[4], '*', 'entry', ARGV[6])
if redis.call('TTL', KEYS[1]) < tonumber(ARGV[7]) then
    redis.call('EXPIRE', KEYS[1], ARGV[7])
end
return { 1, before == ARGV[1] and '' or before }
