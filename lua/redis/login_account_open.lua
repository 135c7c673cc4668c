#!lua
-- Makes the record of a provider's account, if there is none.
-- KEYS[1]  civic:{p:<aid>}:account
-- ARGV[1]  the provider
-- ARGV[2]  the sealed subject
-- ARGV[3]  now, ms
-- Answer   1, or 0 if the account was there and nothing was done
if ARGV[1] == "" or ARGV[2] == "" or not tonumber(ARGV[3]) then
    return redis.error_reply("ERR login_account_open: ARGV")
end
if redis.call("HEXISTS", KEYS[1], "subject") == 1 then
    return 0
end
redis.call("HSET", KEYS[1], "provider", ARGV[1], "subject", ARGV[2],
           "created_at", ARGV[3])
return 1
