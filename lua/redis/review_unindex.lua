#!lua
-- Takes an application that was erased out of the index of its exam.  How many
-- applied stays: that is of nobody.
--
-- KEYS[1]  civic:{review:<exam>}:applications, see review_index.lua
-- KEYS[2]  civic:{review:<exam>}:paid
-- KEYS[3]  civic:{review:<exam>}:ids
-- ARGV[1]  the pid
-- ARGV[2]  the application's id
--
-- Answers 1 if it was there, else 0.

if ARGV[1] == '' or ARGV[2] == '' then
    return redis.error_reply('ERR review_unindex: ARGV')
end

redis.call('SREM', KEYS[2], ARGV[1])
redis.call('HDEL', KEYS[3], ARGV[2])
return redis.call('HDEL', KEYS[1], ARGV[1])
