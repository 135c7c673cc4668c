#!lua
-- Begins a trade of an order that is still to be paid, or finds the one that
-- is open in its channel.
--
-- KEYS[1]  civic:{p:<pid>}:payment, see payment_open.lua
-- KEYS[2]  the outbox of what follows
-- ARGV[1]  the order's id
-- ARGV[2]  the trade's number
-- ARGV[3]  the trade: "open 1 <since> <end> <fen> <order> <channel>"
-- ARGV[4]  its facts, sealed
-- ARGV[5]  ms of business time: the order must be open for payment then
-- ARGV[6]  how many trades an order has at most
-- ARGV[7]  ms of business time: a trade that ends before is not used again
-- ARGV[8]  the pid
--
-- Answers {"trade", number, trade, facts}, a new one or the one that is
-- there; {"order", state}: it is not to be paid (now); {"most"}.  Then
-- nothing was written.

local key, id, no = KEYS[1], ARGV[1], ARGV[2]
local fen, of, channel = string.match(ARGV[3],
    '^open 1 %d+ %d+ (%d+) (%S+) (%S+)$')
local now, most, least = tonumber(ARGV[5]), tonumber(ARGV[6]),
    tonumber(ARGV[7])

if of ~= id or no == '' or ARGV[4] == '' or not now or not most or not least
   or ARGV[8] == '' then
    return redis.error_reply('ERR payment_begin: ARGV')
end

local state, from, till, owed = string.match(
    redis.call('HGET', key, 'order:' .. id) or '',
    '^(%a+) %d+ %d+ (%d+) (%d+) (%d+) ')

if state ~= 'unpaid' or owed ~= fen then
    return { 'order', state or '' }
end
if now < tonumber(from) or now >= tonumber(till) then
    return { 'order', 'unpaid' }
end

local trades, count = redis.call('HGET', key, 'trades:' .. id) or '', 0
for one in string.gmatch(trades, '%S+') do
    local trade = redis.call('HGET', key, 'trade:' .. one) or ''
    local ends, its = string.match(trade, '^open %d+ %d+ (%d+) %d+ %S+ (%S+)$')

    count = count + 1
    if its == channel and tonumber(ends) >= least then
        return { 'trade', one, trade,
                 redis.call('HGET', key, 'trade_facts:' .. one) or '' }
    end
end
if count >= most then
    return { 'most' }
end

redis.call('HSET', key, 'trade:' .. no, ARGV[3], 'trade_facts:' .. no,
           ARGV[4], 'trades:' .. id, trades == '' and no
           or trades .. ' ' .. no)
redis.call('XADD', KEYS[2], '*', 'entry', ARGV[8] .. ' trade ' .. no)
return { 'trade', no, ARGV[3], ARGV[4] }
