#!lua
-- Puts a note of somebody who binds in the place of the one that was read.
--
-- KEYS[1]  civic:{p:<guardian>}:kin, a hash:
--            <relative's pid>  "<state> <binding> <since ms> <relation>":
--                              reserved (real time) or bound (business time)
--            asked             what is being asked for, sealed
--            tries             "<count> <first ms> <last ms>": how often name
--                              and number were compared
--            pledges           the same: how often somebody pledged
-- ARGV[1]  the field: asked, tries or pledges; or a relative's pid, whose place
--          is damaged: that can only go
-- ARGV[2]  as it was read; "" for none
-- ARGV[3]  what comes; "": it goes
--
-- Answers {1, what is there now}; {0, what was there}: nothing was written.

if (ARGV[1] ~= 'asked' and ARGV[1] ~= 'tries' and ARGV[1] ~= 'pledges'
   and (#ARGV[1] ~= 22 or ARGV[3] ~= '')) or not ARGV[3] then
    return redis.error_reply('ERR kinship_note: ARGV')
end

local found = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if found ~= ARGV[2] then
    return { 0, found }
end

if ARGV[3] == '' then
    redis.call('HDEL', KEYS[1], ARGV[1])
else
    redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
end
return { 1, ARGV[3] }
