#!lua
-- Keeps the signed list of what is revoked.
--
-- KEYS[1]  civic:{kinship}:list, a hash: made_at (s), of (which changes of the
--          index it has), document, changes
-- ARGV[1]  when it was made, s
-- ARGV[2]  the changes that it has
-- ARGV[3]  the document
--
-- Answers 1; 0: there is one that has more.

local made, of = tonumber(ARGV[1]), tonumber(ARGV[2])

if not made or not of or ARGV[3] == '' then
    return redis.error_reply('ERR kinship_list: ARGV')
end

-- not by time: the clock of a sandbox may be set back
local had = tonumber(redis.call('HGET', KEYS[1], 'of') or '')
if had and had > of then
    return 0
end

redis.call('HSET', KEYS[1], 'made_at', ARGV[1], 'of', ARGV[2], 'document',
    ARGV[3])
return 1
