#!lua
-- Gives a staff account other roles, disables or enables it.  All its
-- sessions end: they were given the roles of before.
-- KEYS[1]  civic:{p:<pid>}:staff
-- KEYS[2]  civic:{p:<pid>}:sessions
-- KEYS[3]  civic:outbox:audit:{<tag>}
-- ARGV[1]  the version that was read
-- ARGV[2]  the roles
-- ARGV[3]  "1": disabled; "0": not
-- ARGV[4]  the entry for the audit trail, sealed
-- Answer   1, or 0 if the account was changed meanwhile or is gone
if ARGV[1] == "" or ARGV[2] == "" or ARGV[3] == ""
   or (ARGV[4] or "") == "" then
    return redis.error_reply("ERR staff_change: ARGV")
end
if redis.call("HGET", KEYS[1], "version") ~= ARGV[1] then
    return 0
end
redis.call("HSET", KEYS[1], "roles", ARGV[2])
if ARGV[3] == "1" then
    redis.call("HSET", KEYS[1], "disabled", "1")
else
    redis.call("HDEL", KEYS[1], "disabled")
end
redis.call("HINCRBY", KEYS[1], "version", 1)
redis.call("XADD", KEYS[3], "*", "entry", ARGV[4])
redis.call("DEL", KEYS[2])
return 1
