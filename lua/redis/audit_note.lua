#!lua
-- Puts an entry into the audit trail's outbox, for what changes nothing else.
-- KEYS[1]  civic:outbox:audit:{<tag>}, a stream
-- ARGV[1]  the entry, sealed
-- Answer   1
if ARGV[1] == "" then
    return redis.error_reply("ERR audit_note: ARGV")
end
redis.call("XADD", KEYS[1], "*", "entry", ARGV[1])
return 1
