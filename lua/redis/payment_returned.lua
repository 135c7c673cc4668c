#!lua
-- Notes that Alipay has given money back, once for each refund.
--
-- KEYS[1]  civic:{p:<pid>}:payment, see payment_open.lua
-- KEYS[2]  the outbox of what follows
-- KEYS[3]  the outbox of what openers are told
-- ARGV[1]  the refund's number
-- ARGV[2]  now, ms
-- ARGV[3]  the pid
-- ARGV[4]  now, ms of business time
--
-- Answers {1, refund}; {0, refund that is there, or ""}: nothing was written.

local key, no, now = KEYS[1], ARGV[1], tonumber(ARGV[2])

if no == '' or not now or ARGV[3] == ''
   or not tonumber(ARGV[4]) then
    return redis.error_reply('ERR payment_returned: ARGV')
end

local refund = redis.call('HGET', key, 'refund:' .. no) or ''
local state, rest, fen, of, kind = string.match(refund,
    '^(%a+) %d+ %d+ ((%d+) (%S+) (%S+))$')
local trade = state and redis.call('HGET', key, 'trade:' .. of) or ''
local id = string.match(trade, '^%a+ %d+ %d+ %d+ %d+ (%S+) ')
if state ~= 'open' or not id then
    return { 0, refund }
end

local order = redis.call('HGET', key, 'order:' .. id) or ''
local receipt = string.format('out %s %s %.0f %.0f', of, fen, ARGV[4],
                              now)

refund = string.format('done 2 %.0f %s', now, rest)

if kind == 'late' then
    trade = string.gsub(trade, '^%a+ (%d+) %d+', function (version)
        return string.format('returned %d %.0f', version + 1, now)
    end)
    redis.call('HSET', key, 'receipt:' .. no, receipt, 'refund:' .. no,
               refund, 'trade:' .. of, trade)
    redis.call('XADD', KEYS[2], '*', 'entry', ARGV[3] .. ' returned ' .. no)
    return { 1, refund }
end

local version, from, till, due, by, back, opener = string.match(order,
    '^%a+ (%d+) %d+ (%d+) (%d+) (%d+) (%S+) (%d+) (%S+)$')
local becomes = tonumber(back) >= tonumber(due) and 'refunded' or 'paid'
local entry = ARGV[3] .. ' order ' .. id .. ' %s ' .. version + 1

redis.call('HSET', key, 'receipt:' .. no, receipt, 'refund:' .. no, refund,
           'order:' .. id, string.format('%s %d %.0f %s %s %s %s %s %s',
               becomes, version + 1, now, from, till, due, by, back, opener))
redis.call('XADD', KEYS[2], '*', 'entry', ARGV[3] .. ' returned ' .. no)
redis.call('XADD', KEYS[2], '*', 'entry', string.format(
    entry, becomes == 'paid' and 'part' or becomes))
if opener ~= '-' then
    redis.call('XADD', KEYS[3], '*', 'entry', string.format(entry, becomes))
end
return { 1, refund }
