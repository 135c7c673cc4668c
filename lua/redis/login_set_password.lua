#!lua
-- Sets a password in the place of the one that was read, and forgets the
-- guesses at it.  All other sessions are about to end.
-- KEYS[1]  civic:{p:<pid>}:person, or civic:{p:<aid>}:account
-- KEYS[2]  civic:{p:<pid>}:login, of the same
-- ARGV[1]  the sealed password that was read; "" for none
-- ARGV[2]  the new sealed hash
-- ARGV[3]  now, ms
-- ARGV[4]  the field of guesses to forget
-- ARGV[5]  a field that every such record has: "identity", "subject"
-- ARGV[6]  a field that tells whose it is: "proven", "person"
-- ARGV[7]  what that was when it was read; "" for none
-- Answer   1, or 0 if the password was changed meanwhile, or the record is
--          gone, another's, or locked, and nothing was done
if not tonumber(ARGV[3]) or ARGV[2] == "" or ARGV[4] == ""
   or ARGV[5] == "" or ARGV[6] == "" then
    return redis.error_reply("ERR login_set_password: ARGV")
end
local record = redis.call("HMGET", KEYS[1], ARGV[5], "password", ARGV[6],
                          "locked")
if not record[1] or (record[2] or "") ~= ARGV[1]
   or (record[3] or "") ~= ARGV[7] or record[4] then
    return 0
end
redis.call("HSET", KEYS[1], "password", ARGV[2],
           "password_set_at", ARGV[3], "ended_at", ARGV[3])
redis.call("HDEL", KEYS[2], ARGV[4])
return 1
