#!lua
-- Counts: puts a row in the place of the one that a rule was asked about.
--
-- KEYS[1]  civic:{p:<pid>}:face_auth, a hash:
--            tries       "<in a row> <last ms> <in the window> <its begin ms>"
--            counts      "<codes for the counter> <their window's begin ms>"
--            wrong       "<wrong codes> <their window's begin ms>", of staff
--            a:<id>      an attempt, or a request for the counter, sealed
--            s:<id>      "<state> <expires ms> <since ms> <slot>" of it
--            p:<id>      "<next question ms> <answers that told no pass>"
--            open:<purpose>:<person>, counter
--                        slots: the id that is open there
--            index       ids, the oldest first, with spaces
--            reference   "<blob id> <ms> <until ms>": the picture that is kept
-- ARGV[1]  the field
-- ARGV[2]  the row that was read; "" for none
-- ARGV[3]  the row that comes
-- ARGV[4]  s: the hash goes when nothing came for so long
-- Answers 1, or 0 if there is another row: nothing was written.

if ARGV[1] == '' or ARGV[3] == '' or not tonumber(ARGV[4]) then
    return redis.error_reply('ERR face_auth_reserve: ARGV')
end
if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then
    return 0
end

redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
if redis.call('TTL', KEYS[1]) < tonumber(ARGV[4]) then
    redis.call('EXPIRE', KEYS[1], ARGV[4])
end
return 1
