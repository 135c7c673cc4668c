#!lua
-- A phone has scanned a ticket: it is bound to that session from now on.
-- The same session may scan it again.
-- KEYS[1]  civic:{q:<ticket>}:ticket (see login_ticket_begin)
-- ARGV     1 now, ms; 2 pid, 3 digest of the session, 4 role and 5 method of
--          who scans
-- Answer   {"scanned"}, {"again"}; or {"unknown"}, {"expired"}, {"taken"},
--          {"refused"}, {"exhausted"} (refused, for its wrong numbers),
--          {"used"}; the first two with created_at, expires_at,
--          place and browser behind
local now = tonumber(ARGV[1])
if not now or ARGV[2] == "" or ARGV[3] == "" or ARGV[4] == "" then
    return redis.error_reply("ERR login_ticket_scan: ARGV")
end
local is = redis.call("HMGET", KEYS[1], "state", "expires_at", "scanner",
                      "session", "created_at", "place", "browser",
                      "reason")
local state, expires = is[1], tonumber(is[2] or "")
if not state or not expires then
    return { "unknown" }
end
local mine = is[3] == ARGV[2] and is[4] == ARGV[3]
if state ~= "new" and not mine then
    return { "taken" }
end
if state == "refused" then
    return { is[8] == "number_wrong" and "exhausted" or "refused" }
end
if state == "redeemed" then
    return { "used" }
end
if now >= expires then
    return { "expired" }
end
if state == "confirmed" then
    return { "used" }
end
if state == "new" then
    redis.call("HSET", KEYS[1], "scanner", ARGV[2], "session", ARGV[3],
               "role", ARGV[4], "method", ARGV[5], "state", "scanned")
end
return { state == "new" and "scanned" or "again", is[5], is[2], is[6], is[7] }
