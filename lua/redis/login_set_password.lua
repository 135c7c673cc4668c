#!lua
-- Sets a password in the place of the one that was read, and forgets the
-- guesses at it.
-- KEYS[1]  civic:{p:<pid>}:person
-- KEYS[2]  civic:{p:<pid>}:login
-- ARGV[1]  the sealed password that was read; "" for none
-- ARGV[2]  the new sealed hash
-- ARGV[3]  now, ms
-- ARGV[4]  the field of guesses to forget
-- Answer   1, or 0 if the password was changed meanwhile, or the person is
--          gone, and nothing was done
if not tonumber(ARGV[3]) or ARGV[2] == "" or ARGV[4] == "" then
    return redis.error_reply("ERR login_set_password: ARGV")
end
local person = redis.call("HMGET", KEYS[1], "identity", "password")
if not person[1] or (person[2] or "") ~= ARGV[1] then
    return 0
end
redis.call("HSET", KEYS[1], "password", ARGV[2],
           "password_set_at", ARGV[3])
redis.call("HDEL", KEYS[2], ARGV[4])
return 1
