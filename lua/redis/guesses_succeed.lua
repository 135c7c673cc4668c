#!lua
-- Ends a login: forgets the guesses of its row, remembers the device and,
-- when the parameters of hashing have changed, takes a new hash of the same
-- password.  Does nothing if the password was changed since it was read, or
-- if the person was locked.
-- KEYS[1]  civic:{p:<pid>}:<record>, with a field "password"
-- KEYS[2]  civic:{p:<pid>}:<family of the guesses>
-- ARGV[1]  the sealed password that was verified
-- ARGV[2]  the new sealed hash; "" for none
-- ARGV[3]  the field of guesses to forget
-- ARGV[4]  the device's id
-- ARGV[5]  now, s
-- ARGV[6]  s after which a device is unknown again
-- ARGV[7]  how many devices a person keeps
-- ARGV[8]  ms after which KEYS[2] is garbage
-- Answer   1, or 0 if nothing was done
local now, life = tonumber(ARGV[5]), tonumber(ARGV[6])
local kept, garbage = tonumber(ARGV[7]), tonumber(ARGV[8])
if not (now and life and kept and garbage) or ARGV[1] == ""
   or ARGV[4] == "" then
    return redis.error_reply("ERR guesses_succeed: ARGV")
end
local record = redis.call("HMGET", KEYS[1], "password", "locked")
if record[1] ~= ARGV[1] or record[2] then
    return 0
end

-- Devices that are too old, and the oldest beyond the number to keep.
local forget = {}
local devices = {}
local all = redis.call("HGETALL", KEYS[2])
for i = 1, #all, 2 do
    local id = string.match(all[i], "^device:(.+)$")
    local seen = tonumber(all[i + 1])
    if id and id ~= ARGV[4] then
        if not seen or now - seen >= life then
            forget[#forget + 1] = id
        else
            devices[#devices + 1] = {id, seen}
        end
    end
end
table.sort(devices, function (a, b)
    return a[2] > b[2] or (a[2] == b[2] and a[1] < b[1])
end)
for i = kept, #devices do
    forget[#forget + 1] = devices[i][1]
end

if ARGV[2] ~= "" then
    redis.call("HSET", KEYS[1], "password", ARGV[2])
end
-- First what is new, then what goes: a key that is emptied meanwhile is lost
-- to this script when its slot is on the move.
redis.call("HSET", KEYS[2], "device:" .. ARGV[4], ARGV[5])
for _, id in ipairs(forget) do
    redis.call("HDEL", KEYS[2], "device:" .. id, "guesses:" .. id)
end
redis.call("HDEL", KEYS[2], ARGV[3], "guesses:" .. ARGV[4])
if redis.call("PTTL", KEYS[2]) < garbage then
    redis.call("PEXPIRE", KEYS[2], garbage)
end
return 1
