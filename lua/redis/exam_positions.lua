#!lua
-- Writes positions of a revision that nobody reads yet.  A load that is never
-- published leaves them behind: they go by themselves.
--
-- KEYS[1]  civic:{exam:<id>}:positions:<revision>: chunk number -> 256
--          positions as deflated JSON
-- ARGV[1]  ms: how long they stay if they are not published
-- ARGV[2]  a chunk's number, ARGV[3] its bytes, and so on
--
-- Answers how many chunks there are.

local stay = tonumber(ARGV[1])

if not stay or stay < 1 or #ARGV < 3 or #ARGV % 2 == 0 then
    return redis.error_reply('ERR exam_positions: ARGV')
end

for i = 2, #ARGV, 2 do
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
end

redis.call('PEXPIRE', KEYS[1], string.format('%.0f', stay))
return redis.call('HLEN', KEYS[1])
