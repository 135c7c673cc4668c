#!lua
-- Begins to create a staff account: run once for each Idempotency-Key, in
-- the slot of the administrator who asks.  Its answer is kept, so a repeat
-- goes on with the same creation and the same initial password.
-- KEYS[1]  civic:{p:<administrator's pid>}:staff
-- ARGV[1]  the creation's id
-- ARGV[2]  the initial password, sealed for the new account
-- Answer   {ARGV[1], ARGV[2]}, or {} if the caller is no administrator now
if ARGV[1] == "" or ARGV[2] == "" then
    return redis.error_reply("ERR staff_begin: ARGV")
end
local account = redis.call("HMGET", KEYS[1], "roles", "disabled")
local roles = "," .. (account[1] or "") .. ","
if account[2] == "1"
   or not string.find(roles, ",administrator,", 1, true) then
    return {}
end
return {ARGV[1], ARGV[2]}
