#!lua
-- Takes an account off the administrators, before its role or the account is
-- taken away: one of them always stays, whoever retires whom at once.
-- KEYS[1]  civic:{staff}:administrators
-- KEYS[2]  civic:outbox:audit:{<tag>}
-- ARGV[1]  the pid of the administrator who asks; "" for the operator
-- ARGV[2]  the pid that retires
-- ARGV[3]  "1": the operator wants it even if nobody is left
-- ARGV[4]  the entry for the audit trail, sealed
-- Answer   1 done (or it was none), 0 it is the last one, -1 who asks is no
--          administrator any more
if ARGV[2] == "" or ARGV[1] == ARGV[2] or (ARGV[4] or "") == "" then
    return redis.error_reply("ERR staff_retire: ARGV")
end
if ARGV[1] ~= "" and redis.call("SISMEMBER", KEYS[1], ARGV[1]) == 0 then
    return -1
end
if redis.call("SISMEMBER", KEYS[1], ARGV[2]) == 0 then
    return 1
end
if redis.call("SCARD", KEYS[1]) < 2 and ARGV[3] ~= "1" then
    return 0
end
redis.call("XADD", KEYS[2], "*", "entry", ARGV[4])
redis.call("SREM", KEYS[1], ARGV[2])
return 1
