#!lua flags=no-writes,allow-cross-slot-keys
-- Which outboxes of a name have something, of those that this node has: one
-- question for hundreds.  It has no KEYS, so a Cluster redirects it nowhere,
-- and each key is looked up as a command of its own would be: what this node
-- does not have, or not any more, is no answer but an error.
-- ARGV[1]  the name, "<plugin>.<name>"
-- ARGV     behind it the tags of the outboxes, see core/redis/outbox.h
-- Answer   the places among the tags, from 1, of those that have something, or
--          of which this node does not know
if #ARGV < 2 then
    return redis.error_reply("ERR outbox_filled: ARGV")
end

local filled = {}

for i = 2, #ARGV do
    local len = redis.pcall("XLEN",
        "civic:outbox:" .. ARGV[1] .. ":{" .. ARGV[i] .. "}")

    if len ~= 0 then
        filled[#filled + 1] = i - 1
    end
end

return filled
