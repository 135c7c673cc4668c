#!lua
-- Opens somebody's own code; one that a guardian asked for becomes the own.
--
-- KEYS[1]  civic:{p:<pid>}:health, a hash:
--            opened    "<ms> <own or kin>"
--            identity  who it is, sealed
--            consent   "<purpose> <id>": under which it is kept
--            version   of the facts
-- KEYS[2]  civic:{p:<pid>}:consents
-- ARGV[1]  the purpose of the consent
-- ARGV[2]  its id
-- ARGV[3]  now, business time, ms
-- ARGV[4]  who it is, sealed
--
-- Answers "<ms> <1 if it was opened now, else 0>"; "": the consent has ended,
-- nothing was written.

if ARGV[1] == '' or ARGV[2] == '' or not tonumber(ARGV[3])
   or ARGV[4] == '' then
    return redis.error_reply('ERR kinship_open: ARGV')
end
if redis.call('HGET', KEYS[2], ARGV[1]) ~= ARGV[2] then
    return ''
end

local at, how = string.match(redis.call('HGET', KEYS[1], 'opened') or '',
                             '^(%d+) (%a+)$')
local opened = how == 'own' and 0 or 1

redis.call('HSET', KEYS[1], 'opened', (at or ARGV[3]) .. ' own',
           'identity', ARGV[4], 'consent', ARGV[1] .. ' ' .. ARGV[2])
redis.call('HSETNX', KEYS[1], 'version', 0)
return (at or ARGV[3]) .. ' ' .. opened
