#!lua
-- Notes that outboxes have something, so that their job looks at them.
-- KEYS[1]  civic:outbox-notes:<name>:<group>, a hash: an outbox's number ->
--          the mark of whoever noted it last
-- ARGV[1]  a mark that no other note has
-- ARGV     then the outboxes' numbers, up to 1,024
-- Answer   how many had no note before
if (ARGV[1] or "") == "" or #ARGV < 2 then
    return redis.error_reply("ERR outbox_note: ARGV")
end

local fields = {}

for i = 2, #ARGV do
    fields[#fields + 1] = ARGV[i]
    fields[#fields + 1] = ARGV[1]
end

return redis.call("HSET", KEYS[1], unpack(fields))
