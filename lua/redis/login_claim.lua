#!lua
-- Keeps who the owner of an account says to be, in the place of an earlier
-- claim.
-- KEYS[1]  civic:{p:<aid>}:account
-- ARGV[1]  the field "person" that was read; "" for none
-- ARGV[2]  the field "claims" that was read; "" for none
-- ARGV[3]  the new "claims": "<count> <first s>"
-- ARGV[4]  the sealed identity
-- ARGV[5]  the pid of its number
-- ARGV[6]  now, ms
-- Answer   1, or 0 if the account is gone or no longer as it was read, and
--          nothing was done
if ARGV[3] == "" or ARGV[4] == "" or ARGV[5] == ""
   or not tonumber(ARGV[6]) then
    return redis.error_reply("ERR login_claim: ARGV")
end
local row = redis.call("HMGET", KEYS[1], "subject", "person", "claims")
if not row[1] or (row[2] or "") ~= ARGV[1] or (row[3] or "") ~= ARGV[2] then
    return 0
end
redis.call("HSET", KEYS[1], "claim", ARGV[4], "claim_person", ARGV[5],
           "claim_at", ARGV[6], "claims", ARGV[3])
return 1
