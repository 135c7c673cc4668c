#!lua
-- Sets a secret of a staff account, by its owner.
-- KEYS[1]  civic:{p:<pid>}:staff
-- KEYS[2]  civic:{p:<pid>}:staff_guesses
-- KEYS[3]  civic:outbox:audit:{<tag>}
-- ARGV[1]  the version that was read
-- ARGV[2]  "password": ARGV[3] is the sealed hash, ARGV[4] now in ms;
--          "pending": ARGV[3] is a sealed TOTP secret that no code has
--          proved yet;
--          "totp": ARGV[3] is the pending one, which a code of the time step
--          ARGV[4] has proved
-- ARGV[5]  the entry for the audit trail, sealed
-- Answer   1, or 0 if the account was changed meanwhile or is disabled
local what, value, number = ARGV[2], ARGV[3], tonumber(ARGV[4])
if ARGV[1] == "" or value == "" or not number or (ARGV[5] or "") == ""
   or (what ~= "password" and what ~= "pending" and what ~= "totp") then
    return redis.error_reply("ERR staff_secret: ARGV")
end
local account = redis.call("HMGET", KEYS[1], "version", "disabled",
                           "totp_pending")
if account[1] ~= ARGV[1] or account[2] == "1"
   or (what == "totp" and account[3] ~= value) then
    return 0
end
if what == "password" then
    redis.call("HSET", KEYS[1], "password", value,
               "password_set_at", ARGV[4])
    redis.call("HDEL", KEYS[1], "initial")
elseif what == "pending" then
    redis.call("HSET", KEYS[1], "totp_pending", value)
else
    redis.call("HSET", KEYS[1], "totp", value, "step", ARGV[4])
    redis.call("HDEL", KEYS[1], "totp_pending")
end
redis.call("XADD", KEYS[3], "*", "entry", ARGV[5])
if what ~= "totp" then
    redis.call("HDEL", KEYS[2], "guesses:change")
end
redis.call("HINCRBY", KEYS[1], "version", 1)
return 1
