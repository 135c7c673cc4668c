#!lua
-- Counts a picture that is looked at: puts a row in the place of the one that
-- the rule was asked about.
--
-- KEYS[1]  civic:{p:<pid>}:photo_check, see photo_check_put.lua
-- ARGV[1]  the row that was read; "" for none
-- ARGV[2]  the row that comes
-- ARGV[3]  s: the hash stays that long at least
--
-- Answers 1, or 0 if there is another row: nothing was written.

if not string.match(ARGV[2], '^%d+ %d+$') or not tonumber(ARGV[3]) then
    return redis.error_reply('ERR photo_check_look: ARGV')
end
if (redis.call('HGET', KEYS[1], 'looks') or '') ~= ARGV[1] then
    return 0
end

redis.call('HSET', KEYS[1], 'looks', ARGV[2])
if redis.call('TTL', KEYS[1]) < tonumber(ARGV[3]) then
    redis.call('EXPIRE', KEYS[1], ARGV[3])
end
return 1
