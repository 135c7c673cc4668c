#!lua
-- Puts codes into the index of what is revoked.
--
-- KEYS[1]  civic:{kinship}:revoked, a sorted set, all of score 0: "<first 8
--          bytes of SHA-256 of the cti, in hex> <expires s>"
-- KEYS[2]  civic:{kinship}:list, a hash: changes, how often the first changed
-- ARGV     members
--
-- Answers how many are new.

if #ARGV == 0 then
    return redis.error_reply('ERR kinship_revoked: ARGV')
end
for _, member in ipairs(ARGV) do
    if not string.match(member, '^%x+ %d+$') or string.find(member, ' ')
       ~= 17 then
        return redis.error_reply('ERR kinship_revoked: ARGV')
    end
end

local new = 0
for _, member in ipairs(ARGV) do
    new = new + redis.call('ZADD', KEYS[1], 0, member)
end
if new > 0 then
    redis.call('HINCRBY', KEYS[2], 'changes', 1)
end
return new
