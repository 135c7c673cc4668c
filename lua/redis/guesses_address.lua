#!lua
-- Counts an attempt to log in from a network address, in a window that
-- begins with its first attempt.
-- KEYS[1]  civic:<plugin>:address:<address>: "<start s> <count>"
-- ARGV[1]  now, s
-- ARGV[2]  the window, s
-- ARGV[3]  ms after which the key is garbage
-- Answer   {count with this attempt, start of the window in s}
local now, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local garbage = tonumber(ARGV[3])
if not (now and window and garbage) then
    return redis.error_reply("ERR guesses_address: ARGV")
end
local row = redis.call("GET", KEYS[1]) or ""
local start, count = string.match(row, "^(%d+) (%d+)$")
start, count = tonumber(start), tonumber(count)
if not start or now - start >= window or now < start then
    start, count = now, 0
end
count = count + 1
redis.call("SET", KEYS[1], string.format("%d %d", start, count),
           "PX", garbage)
return {count, start}
