#!lua
-- Marks a captcha as used: it works once, whoever asks first.
-- KEYS[1]  civic:login:captcha:<nonce>
-- ARGV[1]  ms for which the mark must be kept (the captcha's own life)
-- Answer   1 for the first, 0 if it was used before
local keep = tonumber(ARGV[1])
if not keep or keep < 1 then
    return redis.error_reply("ERR login_captcha_redeem: ARGV[1]")
end
if redis.call("SET", KEYS[1], "1", "NX", "PX", keep) then
    return 1
end
return 0
