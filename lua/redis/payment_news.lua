#!lua
-- Takes news of a trade, whoever brought it: moves trade and order together.
-- A fact that is known changes nothing.
--
-- KEYS[1]  civic:{p:<pid>}:payment, see payment_open.lua
-- KEYS[2]  the outbox of what follows
-- KEYS[3]  the outbox of what openers are told
-- ARGV[1]  the trade's number
-- ARGV[2]  "paid", or "closed": without having been paid
-- ARGV[3]  fen that moved; 0 for "closed"
-- ARGV[4]  Alipay's trade_no; "" for "closed"
-- ARGV[5]  when, ms of business time
-- ARGV[6]  now, ms
-- ARGV[7]  ms after the deadline within which a payment counts, while the
--          order is not removed
-- ARGV[8]  the pid
-- ARGV[9]  facts of the refund, sealed, should there have to be one
--
-- Answers {"changed", trade, order}; {"known", ...}; {"misfit", why}: nothing
-- was written.

local key, no, what = KEYS[1], ARGV[1], ARGV[2]
local fen, name, at, now = tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5]),
    tonumber(ARGV[6])
local tolerance, pid = tonumber(ARGV[7]), ARGV[8]

if no == '' or (what ~= 'paid' and what ~= 'closed') or not fen or not at
   or not now or not tolerance or pid == ''
   or (what == 'paid' and (name == '' or ARGV[9] == '')) then
    return redis.error_reply('ERR payment_news: ARGV')
end

local trade = redis.call('HGET', key, 'trade:' .. no) or ''
local state, version, rest, owed, id = string.match(trade,
    '^(%a+) (%d+) %d+ (%d+ (%d+) (%S+) %S+)$')
if not state then
    return { 'misfit', 'trade' }
end

local order = redis.call('HGET', key, 'order:' .. id) or ''

if what == 'closed' then
    if state ~= 'open' then
        return { 'known', trade, order }
    end
    trade = string.format('closed %d %.0f %s', version + 1, now, rest)
    redis.call('HSET', key, 'trade:' .. no, trade)
    return { 'changed', trade, order }
end

if fen ~= tonumber(owed) then
    return { 'misfit', 'amount' }
end

local receipt = redis.call('HGET', key, 'receipt:' .. name)
if receipt then
    if string.match(receipt, '^in (%S+) ') ~= no then
        return { 'misfit', 'trade_no' }
    end
    return { 'known', trade, order }
end
if state ~= 'open' and state ~= 'closed' then
    return { 'misfit', 'trade_no' }
end

local now_is, its, from, till, due, by, opener = string.match(order,
    '^(%a+) (%d+) %d+ (%d+) (%d+) (%d+) (%S+) %d+ (%S+)$')
local wanted = now_is == 'unpaid' and by == '-'
    and at <= tonumber(till) + tolerance
local refund = no .. '_late'

receipt = string.format('in %s %.0f %.0f %.0f', no, fen, at, now)
trade = string.format('%s %d %.0f %s', wanted and 'paid' or 'late',
                      version + 1, now, rest)

if wanted then
    local new = its + 1

    order = string.format('paid %d %.0f %s %s %s %s 0 %s', new, now, from,
                          till, due, no, opener)
    redis.call('HSET', key, 'receipt:' .. name, receipt, 'trade:' .. no,
               trade, 'order:' .. id, order)
    redis.call('XADD', KEYS[2], '*', 'entry', string.format(
        '%s order %s paid %d', pid, id, new))
    if opener ~= '-' then
        redis.call('XADD', KEYS[3], '*', 'entry', string.format(
            '%s order %s paid %d', pid, id, new))
    end
else
    local refunds = redis.call('HGET', key, 'refunds:' .. id) or ''

    redis.call('HSET', key, 'receipt:' .. name, receipt, 'trade:' .. no,
               trade, 'refund:' .. refund, string.format(
                   'open 1 %.0f %.0f %s late', now, fen, no),
               'refund_facts:' .. refund, ARGV[9], 'refunds:' .. id,
               refunds == '' and refund or refunds .. ' ' .. refund)
    redis.call('XADD', KEYS[2], '*', 'entry', pid .. ' late ' .. no)
end

return { 'changed', trade, order }
