#!lua
-- Locks a person and ends the sessions, or lifts the lock.
-- KEYS[1]  civic:{p:<pid>}:person
-- KEYS[2]  civic:{p:<pid>}:sessions
-- KEYS[3]  the audit trail's outbox
-- ARGV[1]  "<ms> <reason>"; "" lifts
-- ARGV[2]  the entry of the audit trail
-- Answer   1; 0 if there is no such person, -1 if there is no lock to lift,
--          and nothing was done
if ARGV[2] == ""
   or (ARGV[1] ~= "" and not string.match(ARGV[1], "^%d+ ")) then
    return redis.error_reply("ERR login_lock: ARGV")
end
local person = redis.call("HMGET", KEYS[1], "identity", "locked")
if not person[1] then
    return 0
end
if ARGV[1] == "" and not person[2] then
    return -1
end
redis.call("XADD", KEYS[3], "*", "entry", ARGV[2])
if ARGV[1] == "" then
    redis.call("HDEL", KEYS[1], "locked")
    return 1
end
redis.call("HSET", KEYS[1], "locked", ARGV[1],
           "ended_at", string.match(ARGV[1], "^%d+"))
redis.call("DEL", KEYS[2])
return 1
