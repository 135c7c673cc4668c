#!lua
-- A person was proven: makes the record if it is absent, notes the proof and
-- the account that led to it, takes the account's password, and ends what
-- the rule said.
-- KEYS[1]   civic:{p:<pid>}:person
-- KEYS[2]   civic:{p:<pid>}:login
-- KEYS[3]   civic:{p:<pid>}:sessions
-- KEYS[4]   the audit trail's outbox
-- ARGV[1]   the sealed identity that was read; "" for none
-- ARGV[2]   the field "proven" that was read; "" for none
-- ARGV[3]   the sealed identity as it was proven; "" leaves what is there
-- ARGV[4]   "<ms> <how>"
-- ARGV[5]   when it was proven, ms
-- ARGV[6]   the field of the link, "account:<aid>"; "" for none
-- ARGV[7]   what it holds, "<provider> <ms>"
-- ARGV[8]   the sealed password that the account had; "" for none
-- ARGV[9]   when that was set, ms
-- ARGV[10]  what ends: words of "links password sessions devices"
-- ARGV[11]  1 if this is a recovery
-- ARGV[12]  an entry of the audit trail; "" for none
-- ARGV[13]  now, ms
-- Answer    1; -1 if the person is locked, 0 if it is no longer as it was
--           read, and nothing was done
if ARGV[4] == "" or not tonumber(ARGV[5]) or not tonumber(ARGV[13])
   or (ARGV[6] ~= "" and ARGV[7] == "")
   or (ARGV[8] ~= "" and not tonumber(ARGV[9])) then
    return redis.error_reply("ERR login_prove: ARGV")
end
local person = redis.call("HMGET", KEYS[1], "identity", "proven", "locked")
if person[3] then
    return -1
end
if (person[1] or "") ~= ARGV[1] or (person[2] or "") ~= ARGV[2]
   or (not person[1] and ARGV[3] == "") then
    return 0
end

local ends = {}
for word in string.gmatch(ARGV[10], "%a+") do
    ends[word] = true
end

-- First what is new, then what goes: a key that is emptied meanwhile is lost
-- to this script when its slot is on the move.
redis.call("HSET", KEYS[1], "proven", ARGV[4])
redis.call("HSETNX", KEYS[1], "created_at", ARGV[5])
if ARGV[3] ~= "" then
    redis.call("HSET", KEYS[1], "identity", ARGV[3])
end
if ARGV[6] ~= "" then
    redis.call("HSET", KEYS[1], ARGV[6], ARGV[7])
end
if ARGV[8] ~= "" then
    redis.call("HSET", KEYS[1], "password", ARGV[8],
               "password_set_at", ARGV[9])
end
if ARGV[11] == "1" then
    redis.call("HSET", KEYS[1], "recovered_at", ARGV[5])
end
if ends.sessions then
    redis.call("HSET", KEYS[1], "ended_at", ARGV[13])
end
if ARGV[12] ~= "" then
    redis.call("XADD", KEYS[4], "*", "entry", ARGV[12])
end

if ends.links then
    for _, field in ipairs(redis.call("HKEYS", KEYS[1])) do
        if string.sub(field, 1, 8) == "account:" and field ~= ARGV[6] then
            redis.call("HDEL", KEYS[1], field)
        end
    end
end
if ends.password and ARGV[8] == "" then
    redis.call("HDEL", KEYS[1], "password", "password_set_at")
end
if ends.devices then
    redis.call("DEL", KEYS[2])
end
if ends.sessions then
    redis.call("DEL", KEYS[3])
end
return 1
