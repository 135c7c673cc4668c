#!lua
-- The phone that scanned a ticket refuses the login, also one that it has
-- confirmed, as long as nobody came in by it.
-- KEYS[1]  civic:{q:<ticket>}:ticket (see login_ticket_begin)
-- ARGV     1 now, ms; 2 pid, 3 digest of the session
-- Answer   {"refused"}, {"again"}; or {"unknown"}, {"expired"},
--          {"unscanned"}, {"taken"}, {"used"}
local now = tonumber(ARGV[1])
if not now or ARGV[2] == "" or ARGV[3] == "" then
    return redis.error_reply("ERR login_ticket_refuse: ARGV")
end
local is = redis.call("HMGET", KEYS[1], "state", "expires_at", "scanner",
                      "session")
local state, expires = is[1], tonumber(is[2] or "")
if not state or not expires then
    return { "unknown" }
end
if state == "new" then
    return { now < expires and "unscanned" or "expired" }
end
if is[3] ~= ARGV[2] or is[4] ~= ARGV[3] then
    return { "taken" }
end
if state == "refused" then
    return { "again" }
end
if state == "redeemed" then
    return { "used" }
end
if now >= expires then
    return { "expired" }
end
redis.call("HSET", KEYS[1], "refused_at", ARGV[1], "state", "refused")
return { "refused" }
