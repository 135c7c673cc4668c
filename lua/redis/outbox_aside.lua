#!lua
-- Sets an entry of an outbox aside that fails again and again, so that those
-- behind it go on: it moves into another outbox of the same slot, or, where
-- it is one of those set aside, behind the others.
-- KEYS[1]  civic:outbox:<plugin>.<name>:{<tag>}, a stream
-- KEYS[2]  civic:outbox:<plugin>.aside:{<tag>}, a stream; may be KEYS[1]
-- ARGV[1]  the entry's id
-- ARGV[2]  its value, with the outbox that it comes from before it
-- Answer   its new id, or "" if it is not there any more: nothing was written
if not ARGV[1] or (ARGV[2] or "") == "" then
    return redis.error_reply("ERR outbox_aside: ARGV")
end

local there = redis.call("XRANGE", KEYS[1], ARGV[1], ARGV[1])

if #there == 0 then
    return ""
end

local id = redis.call("XADD", KEYS[2], "*", "entry", ARGV[2])
redis.call("XDEL", KEYS[1], ARGV[1])
return id
