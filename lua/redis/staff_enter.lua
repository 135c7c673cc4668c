#!lua
-- Lets a login of staff go on, if the account is as it was read: first to
-- use up the code's time step (RFC 6238 section 5.2: a code works once),
-- then, when the session has begun, to note the login.
-- KEYS[1]  civic:{p:<pid>}:staff
-- KEYS[2]  civic:outbox:audit:{<tag>}
-- ARGV[1]  the version that was read
-- ARGV[2]  the time step of the code; "" to note the login
-- ARGV[3]  now, ms
-- ARGV[4]  the login's entry for the audit trail, sealed; "" with a step
-- Answer   1; 0 if the account was changed meanwhile, is disabled, or the
--          code was used before
if ARGV[1] == "" or not tonumber(ARGV[3])
   or (ARGV[2] ~= "" and not tonumber(ARGV[2]))
   or (ARGV[2] == "") == ((ARGV[4] or "") == "") then
    return redis.error_reply("ERR staff_enter: ARGV")
end
local account = redis.call("HMGET", KEYS[1], "version", "disabled", "step")
if account[1] ~= ARGV[1] or account[2] == "1" then
    return 0
end
if ARGV[2] == "" then
    redis.call("HSET", KEYS[1], "last_login_at", ARGV[3])
    redis.call("XADD", KEYS[2], "*", "entry", ARGV[4])
    return 1
end
if tonumber(ARGV[2]) <= tonumber(account[3] or "-1") then
    return 0
end
redis.call("HSET", KEYS[1], "step", ARGV[2])
return 1
