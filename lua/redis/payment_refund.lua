#!lua
-- Begins to give money of an order back.
--
-- KEYS[1]  civic:{p:<pid>}:payment, see payment_open.lua
-- KEYS[2]  the outbox of what follows
-- KEYS[3]  the outbox of what openers are told
-- KEYS[4]  the audit trail's outbox
-- ARGV[1]  the order's id
-- ARGV[2]  the version of the order that was seen
-- ARGV[3]  fen
-- ARGV[4]  the refund's number, which is made of order and version
-- ARGV[5]  its kind
-- ARGV[6]  its facts, sealed
-- ARGV[7]  now, ms
-- ARGV[8]  the pid
-- ARGV[9]  the entry for the audit trail
--
-- Answers {1, order, refund}; {2, ...} if this refund is there already;
-- {0, order, ""} if the order is another by now, or has not so much.  Then
-- nothing was written.

local key, id, no = KEYS[1], ARGV[1], ARGV[4]
local seen, fen, now = tonumber(ARGV[2]), tonumber(ARGV[3]),
    tonumber(ARGV[7])

if id == '' or no == '' or not seen or not fen or fen < 1 or not now
   or not string.match(ARGV[5], '^%l+$') or ARGV[6] == '' or ARGV[8] == ''
   or ARGV[9] == '' then
    return redis.error_reply('ERR payment_refund: ARGV')
end

local order = redis.call('HGET', key, 'order:' .. id) or ''
local refund = redis.call('HGET', key, 'refund:' .. no)
if refund then
    return { 2, order, refund }
end

local state, version, from, till, due, by, back, opener = string.match(order,
    '^(%a+) (%d+) %d+ (%d+) (%d+) (%d+) (%S+) (%d+) (%S+)$')

if state ~= 'paid' or tonumber(version) ~= seen
   or back + fen > tonumber(due) then
    return { 0, order, '' }
end

local refunds = redis.call('HGET', key, 'refunds:' .. id) or ''
local new = version + 1
local entry = string.format('%s order %s refunding %d', ARGV[8], id, new)

order = string.format('refunding %d %.0f %s %s %s %s %.0f %s', new, now, from,
                      till, due, by, back + fen, opener)
refund = string.format('open 1 %.0f %.0f %s %s', now, fen, by, ARGV[5])

redis.call('HSET', key, 'order:' .. id, order, 'refund:' .. no, refund,
           'refund_facts:' .. no, ARGV[6], 'refunds:' .. id,
           refunds == '' and no or refunds .. ' ' .. no)
redis.call('XADD', KEYS[2], '*', 'entry', ARGV[8] .. ' refund ' .. no)
redis.call('XADD', KEYS[2], '*', 'entry', entry)
if opener ~= '-' then
    redis.call('XADD', KEYS[3], '*', 'entry', entry)
end
redis.call('XADD', KEYS[4], '*', 'entry', ARGV[9])
return { 1, order, refund }
