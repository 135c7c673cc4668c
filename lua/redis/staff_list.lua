#!lua
-- Enters a staff account into the lists across people.  The list of accounts
-- comes first, the account second: it may name one that is not there, never
-- miss one that is.
-- KEYS[1]  civic:{staff}:accounts
-- KEYS[2]  civic:{staff}:administrators
-- ARGV[1]  the pid
-- ARGV[2]  created_at, ms
-- ARGV[3]  "1" if it counts as an administrator: that role, not disabled
-- Answer   1 if it is new in the list of accounts
local created = tonumber(ARGV[2])
if ARGV[1] == "" or not created then
    return redis.error_reply("ERR staff_list: ARGV")
end
if ARGV[3] == "1" then
    redis.call("SADD", KEYS[2], ARGV[1])
end
return redis.call("ZADD", KEYS[1], "NX", created, ARGV[1])
