#!lua
-- Counts an attempt at a password before the password is looked at: puts a
-- row in the place of another, if that is still as the rule saw it.
-- KEYS[1]  civic:{p:<pid>}:<family of the guesses>
-- ARGV[1]  the field: "guesses", "guesses:<device>", "guesses:change"
-- ARGV[2]  the row that was read; "" for none
-- ARGV[3]  the new row; "" takes it away
-- ARGV[4]  ms for which the row must be kept
-- Answer   {1, ""}, or {0, the row that stands there} and nothing changed
local keep = tonumber(ARGV[4])
if not keep or keep < 1 or ARGV[1] == "" then
    return redis.error_reply("ERR guesses_reserve: ARGV")
end
local row = redis.call("HGET", KEYS[1], ARGV[1]) or ""
if row ~= ARGV[2] then
    return {0, row}
end
if ARGV[3] == "" then
    redis.call("HDEL", KEYS[1], ARGV[1])
    return {1, ""}
end
redis.call("HSET", KEYS[1], ARGV[1], ARGV[3])
if redis.call("PTTL", KEYS[1]) < keep then
    redis.call("PEXPIRE", KEYS[1], keep)
end
return {1, ""}
