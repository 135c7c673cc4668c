#!lua
-- The phone that scanned a ticket confirms the login, with the number that
-- the PC shows.  After too many wrong numbers the ticket is refused.  To
-- confirm it once more changes nothing.
-- KEYS[1]  civic:{q:<ticket>}:ticket (see login_ticket_begin)
-- ARGV     1 now, ms; 2 pid, 3 digest of the session; 4 the number;
--          5 wrong numbers after which it is refused
-- Answer   {"confirmed"}, {"again"}; {"wrong", tries that are left}; or
--          {"unknown"}, {"expired"}, {"unscanned"}, {"taken"}, {"refused"},
--          {"exhausted"} (refused, for its wrong numbers)
local now, most = tonumber(ARGV[1]), tonumber(ARGV[5])
if not now or not most or most < 1 or ARGV[2] == "" or ARGV[3] == ""
   or not string.match(ARGV[4], "^%d%d$") then
    return redis.error_reply("ERR login_ticket_confirm: ARGV")
end
local is = redis.call("HMGET", KEYS[1], "state", "expires_at", "scanner",
                      "session", "number", "wrong", "reason")
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
    return { is[7] == "number_wrong" and "exhausted" or "refused" }
end
if state == "redeemed" then
    return { "again" }
end
if now >= expires then
    return { "expired" }
end
if state == "confirmed" then
    return { "again" }
end
if is[5] == ARGV[4] then
    redis.call("HSET", KEYS[1], "confirmed_at", ARGV[1], "state", "confirmed")
    return { "confirmed" }
end
local left = most - (tonumber(is[6] or "") or 0) - 1
if left > 0 then
    redis.call("HINCRBY", KEYS[1], "wrong", 1)
    return { "wrong", left }
end
redis.call("HSET", KEYS[1], "wrong", most, "refused_at", ARGV[1],
           "reason", "number_wrong", "state", "refused")
return { "wrong", 0 }
