#!lua
-- Marks something as used that works once, whoever comes first: a captcha, a
-- trip to the card's issuer.
-- KEYS[1]  civic:login:captcha:<nonce>, civic:login:card:<state>
-- ARGV[1]  ms for which the mark must be kept (the thing's own life)
-- Answer   1 for the first, 0 if it was used before
local keep = tonumber(ARGV[1])
if not keep or keep < 1 then
    return redis.error_reply("ERR login_once: ARGV[1]")
end
if redis.call("SET", KEYS[1], "1", "NX", "PX", keep) then
    return 1
end
return 0
