#!lua
-- Notes that a session was used, unless it was ended meanwhile.
--
-- KEYS[1]  civic:{p:<pid>}:sessions, a hash: session -> record
-- ARGV[1]  the session's field
-- ARGV[2]  its record, with a later "seen"
--
-- Answers 1 if it still holds.

if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then
    return 0
end

redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])

return 1
