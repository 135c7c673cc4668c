#!lua
-- Takes entries that were dealt with out of an outbox.
-- KEYS[1]  civic:outbox:<plugin>.<name>:{<tag>}, a stream.  It stays when it
--          is empty: a key that is there never makes a script wait for a
--          slot that moves.
-- ARGV     the entries' ids
-- Answer   how many were still there
if #ARGV == 0 then
    return redis.error_reply("ERR outbox_done: ARGV")
end

-- XDEL looks for each id from the beginning of its node.  Where the ids are
-- all that there is up to the last of them, cutting them off takes a quarter
-- of that and one line of the append-only file.
local last = ARGV[#ARGV]
local ms, seq = string.match(last, "^(%d+)%-(%d+)$")
local there = {}

if ms and #ARGV > 2 then
    there = redis.call("XRANGE", KEYS[1], "-", last, "COUNT", #ARGV + 1)
end

local all = #there == #ARGV

for i = 1, #there do
    all = all and there[i][1] == ARGV[i]
end

if all then
    return redis.call("XTRIM", KEYS[1], "MINID", "=",
                      ms .. "-" .. string.format("%.0f", seq + 1))
end

return redis.call("XDEL", KEYS[1], unpack(ARGV))
