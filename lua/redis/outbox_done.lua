#!lua
-- Takes entries that were dealt with out of an outbox.
-- KEYS[1]  civic:outbox:<plugin>.<name>:{<tag>}, a stream.  It stays when it
--          is empty: a key that is there never makes a script wait for a
--          slot that moves.
-- ARGV     the entries' ids
-- Answer   how many were still there
if #ARGV == 0 then
    return redis.error_reply("ERR outbox_done: ARGV")
end
return redis.call("XDEL", KEYS[1], unpack(ARGV))
