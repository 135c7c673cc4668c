#!lua
-- Takes codes that are over out of a person's printed codes.
--
-- KEYS[1]  civic:{p:<pid>}:kincodes, see kinship_paper_issue.lua
-- ARGV[1]  now, ms, business time
-- ARGV[2]  ms: rows go so long after their end
--
-- Answers how many went.

local now, rest = tonumber(ARGV[1]), tonumber(ARGV[2])

if not now or not rest then
    return redis.error_reply('ERR kinship_paper_over: ARGV')
end

local rows, gone = redis.call('HGETALL', KEYS[1]), 0

for i = 1, #rows, 2 do
    local to = #rows[i] == 32 and string.match(rows[i + 1],
        '^%a+ %S+ %d+ (%d+)$')
    if to and tonumber(to) + rest <= now then
        redis.call('HDEL', KEYS[1], rows[i], 'text:' .. rows[i])
        gone = gone + 1
    end
end
return gone
