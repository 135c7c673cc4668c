#!lua
-- Gives a staff account an initial password and takes its TOTP secret away.
-- Guesses, known devices and sessions are over.
-- KEYS[1]  civic:{p:<pid>}:staff
-- KEYS[2]  civic:{p:<pid>}:staff_guesses
-- KEYS[3]  civic:{p:<pid>}:sessions
-- KEYS[4]  civic:outbox:audit:{<tag>}
-- ARGV[1]  the sealed password hash
-- ARGV[2]  now, ms
-- ARGV[3]  the entry for the audit trail, sealed
-- Answer   1, or 0 if there is no such account
if ARGV[1] == "" or not tonumber(ARGV[2]) or (ARGV[3] or "") == "" then
    return redis.error_reply("ERR staff_reset: ARGV")
end
if redis.call("EXISTS", KEYS[1]) == 0 then
    return 0
end
redis.call("HSET", KEYS[1], "password", ARGV[1], "password_set_at", ARGV[2],
           "initial", "1")
redis.call("HDEL", KEYS[1], "totp", "totp_pending", "step")
redis.call("HINCRBY", KEYS[1], "version", 1)
redis.call("XADD", KEYS[4], "*", "entry", ARGV[3])
redis.call("DEL", KEYS[2])
redis.call("DEL", KEYS[3])
return 1
