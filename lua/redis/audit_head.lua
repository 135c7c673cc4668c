#!lua
-- Tells where a writer's chain of the audit trail ends now.
-- KEYS[1]  civic:audit:heads, a hash
-- ARGV[1]  the writer
-- ARGV[2]  its head, JSON
-- Answer   1
if ARGV[1] == "" or ARGV[2] == "" then
    return redis.error_reply("ERR audit_head: ARGV")
end
redis.call("HSET", KEYS[1], ARGV[1], ARGV[2])
return 1
