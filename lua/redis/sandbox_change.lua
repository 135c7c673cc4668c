#!lua
-- Puts a text in the place of another, if that is still there.
-- KEYS[1]  where
-- ARGV[1]  the text that must be there; "" for none at all
-- ARGV[2]  the text that comes, for as long as the other had left
-- Answers 1; or 0 if there is something else: nothing was written.

if (redis.call("GET", KEYS[1]) or "") ~= ARGV[1] then
    return 0
end

redis.call("SET", KEYS[1], ARGV[2], "KEEPTTL")

return 1
