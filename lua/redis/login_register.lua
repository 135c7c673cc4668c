#!lua
-- Registers a person whose identity somebody has proven; run by civicctl.
-- With "replace" a person who is there gets the name and the password anew:
-- guesses, known devices, links of accounts and sessions are then over, and
-- nobody has proven the person any more.
-- KEYS[1]  civic:{p:<pid>}:person
-- KEYS[2]  civic:{p:<pid>}:login
-- KEYS[3]  civic:{p:<pid>}:sessions
-- ARGV[1]  the sealed identity
-- ARGV[2]  the sealed password hash; "" for none
-- ARGV[3]  now, ms
-- ARGV[4]  "keep" or "replace"
-- Answer   1 registered, 2 replaced, 0 there already and nothing was done
if ARGV[1] == "" or not tonumber(ARGV[3])
   or (ARGV[4] ~= "keep" and ARGV[4] ~= "replace") then
    return redis.error_reply("ERR login_register: ARGV")
end
local there = redis.call("HEXISTS", KEYS[1], "identity") == 1
if there and ARGV[4] == "keep" then
    return 0
end
redis.call("HSET", KEYS[1], "identity", ARGV[1])
redis.call("HSETNX", KEYS[1], "created_at", ARGV[3])
if there then
    redis.call("HSET", KEYS[1], "ended_at", ARGV[3])
end
if ARGV[2] ~= "" then
    redis.call("HSET", KEYS[1], "password", ARGV[2],
               "password_set_at", ARGV[3])
end
if there then
    for _, field in ipairs(redis.call("HKEYS", KEYS[1])) do
        if string.sub(field, 1, 8) == "account:" then
            redis.call("HDEL", KEYS[1], field)
        end
    end
    redis.call("HDEL", KEYS[1], "proven", "recovered_at")
    redis.call("DEL", KEYS[2])
    redis.call("DEL", KEYS[3])
    return 2
end
return 1
