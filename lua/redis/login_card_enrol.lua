#!lua
-- Registers a person who has shown an electronic social-security card.
-- KEYS[1]  civic:{p:<pid>}:person
-- ARGV[1]  the sealed identity
-- ARGV[2]  now, ms
-- Answer   1 registered, 0 there already and nothing was done
if ARGV[1] == "" or not tonumber(ARGV[2]) then
    return redis.error_reply("ERR login_card_enrol: ARGV")
end
if redis.call("HEXISTS", KEYS[1], "identity") == 1 then
    return 0
end
redis.call("HSET", KEYS[1], "identity", ARGV[1], "created_at", ARGV[2])
return 1
