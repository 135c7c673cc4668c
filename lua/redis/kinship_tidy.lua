#!lua
-- Forgets which bindings are void, once nobody can come with one any more.
--
-- KEYS[1]  civic:{p:<relative>}:guardians, see kinship_commit.lua
-- ARGV[1]  ms: what was void before goes
--
-- Answers how many.

local before, gone = tonumber(ARGV[1]), 0
if not before then
    return redis.error_reply('ERR kinship_tidy: ARGV')
end

local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
    if string.sub(all[i], 1, 5) == 'void:'
       and (tonumber(all[i + 1]) or 0) < before then
        redis.call('HDEL', KEYS[1], all[i])
        gone = gone + 1
    end
end
return gone
