#!lua
-- Keeps a text for a while.
-- KEYS[1]  where
-- ARGV[1]  the text
-- ARGV[2]  for how many ms
-- Answers 1.

local lifetime = tonumber(ARGV[2])

if not lifetime or lifetime < 1 then
    return redis.error_reply("ERR sandbox_keep: ARGV[2]")
end

redis.call("SET", KEYS[1], ARGV[1], "PX", lifetime)

return 1
