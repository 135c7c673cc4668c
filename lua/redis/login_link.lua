#!lua
-- Leads an account to the person who was proven, whose record knows it
-- already.  The claim and the password have gone to the person.
-- KEYS[1]  civic:{p:<aid>}:account
-- ARGV[1]  the person's pid
-- ARGV[2]  when it was proven, ms
-- ARGV[3]  the sealed password that was read; "" for none
-- Answer   1, or 0 if the account is gone or its password was changed
--          meanwhile, and nothing was done
if ARGV[1] == "" or not tonumber(ARGV[2]) then
    return redis.error_reply("ERR login_link: ARGV")
end
local row = redis.call("HMGET", KEYS[1], "subject", "password")
if not row[1] or (row[2] or "") ~= ARGV[3] then
    return 0
end
redis.call("HSET", KEYS[1], "person", ARGV[1], "linked_at", ARGV[2])
redis.call("HDEL", KEYS[1], "claim", "claim_person", "claim_at", "claims",
           "password", "password_set_at")
return 1
