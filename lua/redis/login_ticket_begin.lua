#!lua
-- Keeps a new ticket of a login by QR code.
-- KEYS[1]  civic:{q:<ticket>}:ticket, a hash:
--            secret      SHA-256 of the browser's secret, base64url
--            number      two digits, shown on the PC and typed on the phone
--            state       new, scanned, confirmed, refused or redeemed
--            created_at, expires_at      ms, real time; expiry is no state:
--                        whoever asks holds expires_at against the clock
--            place, browser              where it was begun, coarsely
--            scanner, session, role, method   of the phone that scanned it
--            wrong       wrong numbers so far
--            reason      number_wrong, if that is why it is refused
--            confirmed_at, refused_at, redeemed_at    ms
--            redeemer    the request that redeemed it
-- ARGV     1 secret, 2 number, 3 now, 4 expires_at, 5 place, 6 browser,
--          7 ms after which the key is garbage
-- Answer   1, or 0 if there is such a ticket
local now, expires, garbage = tonumber(ARGV[3]), tonumber(ARGV[4]),
    tonumber(ARGV[7])
if ARGV[1] == "" or not string.match(ARGV[2], "^%d%d$") or not now
   or not expires or expires <= now or not garbage or garbage < 1 then
    return redis.error_reply("ERR login_ticket_begin: ARGV")
end
if redis.call("EXISTS", KEYS[1]) == 1 then
    return 0
end
redis.call("HSET", KEYS[1], "secret", ARGV[1], "number", ARGV[2],
           "state", "new", "created_at", ARGV[3], "expires_at", ARGV[4],
           "place", ARGV[5], "browser", ARGV[6])
redis.call("PEXPIRE", KEYS[1], garbage)
return 1
