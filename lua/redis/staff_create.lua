#!lua
-- Creates a staff account, if there is none of that name.
-- KEYS[1]  civic:{p:<pid>}:staff
-- KEYS[2]  civic:outbox:audit:{<tag>}
-- ARGV[1]  the creation's id: a repeat of the same creation is no other one
-- ARGV[2]  the sealed name
-- ARGV[3]  the roles
-- ARGV[4]  the sealed password hash
-- ARGV[5]  now, ms
-- ARGV[6]  "1" if the password is an initial one, which must be changed
-- ARGV[7]  the sealed TOTP secret; "" for none yet
-- ARGV[8]  the entry for the audit trail, sealed
-- Answer   1 created, 2 created by this creation before, 0 the name is taken
if ARGV[1] == "" or ARGV[2] == "" or ARGV[3] == "" or ARGV[4] == ""
   or not tonumber(ARGV[5]) or (ARGV[8] or "") == "" then
    return redis.error_reply("ERR staff_create: ARGV")
end
local creation = redis.call("HGET", KEYS[1], "creation")
if creation then
    return creation == ARGV[1] and 2 or 0
end
redis.call("HSET", KEYS[1], "creation", ARGV[1], "name", ARGV[2],
           "roles", ARGV[3], "password", ARGV[4], "password_set_at", ARGV[5],
           "created_at", ARGV[5], "version", "1")
if ARGV[6] == "1" then
    redis.call("HSET", KEYS[1], "initial", "1")
end
if ARGV[7] ~= "" then
    redis.call("HSET", KEYS[1], "totp", ARGV[7])
end
redis.call("XADD", KEYS[2], "*", "entry", ARGV[8])
return 1
