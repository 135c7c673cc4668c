#!lua
-- The browser that began a ticket comes in by it: once.  The same request
-- may ask again, for its answer may have been lost.
-- KEYS[1]  civic:{q:<ticket>}:ticket (see login_ticket_begin)
-- ARGV     1 now, ms; 2 SHA-256 of the browser's secret, base64url; 3 the
--          request; 4 "take", or "give_back": what this request took, if the
--          session could not begin
-- Answer   {"first"}; or {"unknown"}, {"expired"}, {"waiting"}, {"refused"},
--          {"used"}
local now = tonumber(ARGV[1])
if not now or ARGV[2] == "" or ARGV[3] == ""
   or ARGV[4] ~= "take" and ARGV[4] ~= "give_back" then
    return redis.error_reply("ERR login_ticket_redeem: ARGV")
end
local is = redis.call("HMGET", KEYS[1], "state", "expires_at", "secret",
                      "redeemer")
local state, expires = is[1], tonumber(is[2] or "")
if not state or not expires or is[3] ~= ARGV[2] then
    return { "unknown" }
end
if ARGV[4] == "give_back" then
    if state == "redeemed" and is[4] == ARGV[3] then
        redis.call("HSET", KEYS[1], "redeemer", "", "state", "confirmed")
    end
    return { "waiting" }
end
if state == "redeemed" then
    return { is[4] == ARGV[3] and "first" or "used" }
end
if state == "refused" then
    return { "refused" }
end
if now >= expires then
    return { "expired" }
end
if state ~= "confirmed" then
    return { "waiting" }
end
redis.call("HSET", KEYS[1], "redeemed_at", ARGV[1], "redeemer", ARGV[3],
           "state", "redeemed")
return { "first" }
