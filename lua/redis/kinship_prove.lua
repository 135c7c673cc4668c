#!lua
-- A provisional binding is proven: by papers, at the counter; and with it the
-- relative's name, if a pledge had brought that.
--
-- KEYS[1]  civic:{p:<relative>}:guardians, see kinship_commit.lua
-- KEYS[2]  the outbox of what is to be told
-- KEYS[3]  the audit trail's outbox
-- KEYS[4]  civic:{p:<relative>}:health: opened, identity, named
-- ARGV[1]  the guardian's pid
-- ARGV[2]  the row as it was read
-- ARGV[3]  the row that comes: the same binding, since then, "counter"
-- ARGV[4]  the entry to tell
-- ARGV[5]  the entry for the audit trail
-- ARGV[6]  who the relative is, sealed
--
-- Answers 1; 0: there is another row by now, nothing was written.

local before, since = string.match(ARGV[2], '^(%S+) (%d+) pledge ')
local after, still = string.match(ARGV[3], '^(%S+) (%d+) counter ')

if #ARGV[1] ~= 22 or not before or before ~= after or since ~= still
   or ARGV[4] == '' or ARGV[5] == '' or (ARGV[6] or '') == '' then
    return redis.error_reply('ERR kinship_prove: ARGV')
end
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then
    return 0
end

redis.call('XADD', KEYS[3], '*', 'entry', ARGV[5])
redis.call('XADD', KEYS[2], '*', 'entry', ARGV[4])
local health = redis.call('HMGET', KEYS[4], 'opened', 'named')
if health[2] == 'pledge'
   and not string.match(health[1] or '', '^%d+ own$') then
    redis.call('HSET', KEYS[4], 'identity', ARGV[6], 'named', 'counter')
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
