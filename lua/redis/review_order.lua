#!lua
-- Notes which order was opened for an approval, so that another one is opened
-- only for another approval.
--
-- KEYS[1]  civic:{p:<pid>}:review, see review_move.lua
-- ARGV[1]  the exam
-- ARGV[2]  since when it is approved, ms
-- ARGV[3]  the order
--
-- Answers 1; or 0, if it is not approved since then: nothing was written.

local state, since = string.match(
    redis.call('HGET', KEYS[1], 'application:' .. ARGV[1]) or '',
    '^(%l+) %d+ (%d+) ')

if ARGV[1] == '' or not tonumber(ARGV[2]) or ARGV[3] == '' then
    return redis.error_reply('ERR review_order: ARGV')
end
if state ~= 'approved' or since ~= ARGV[2] then
    return 0
end

redis.call('HSET', KEYS[1], 'order:' .. ARGV[1], since .. ' ' .. ARGV[3])
return 1
