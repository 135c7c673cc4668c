#!lua
-- Moves an order from what was read to another state, or another deadline:
-- given up by its opener, removed after the deadline.  A payment that was
-- noted before has changed what was read.
--
-- KEYS[1]  civic:{p:<pid>}:payment, see payment_open.lua
-- KEYS[2]  the outbox of what follows
-- KEYS[3]  the outbox of what openers are told
-- KEYS[4]  the audit trail's outbox
-- ARGV[1]  the order's id
-- ARGV[2]  the order as it was read
-- ARGV[3]  the order that comes
-- ARGV[4]  "1": not while one of its trades is open
-- ARGV[5]  the pid
-- ARGV[6]  the entry for the audit trail
--
-- Answers {1, order}; {0, order that is there}; {-1, order}: a trade is open.
-- Then nothing was written.

local key, id = KEYS[1], ARGV[1]
local state, version, opener = string.match(ARGV[3],
    '^(%a+) (%d+) %d+ %d+ %d+ %d+ %S+ %d+ (%S+)$')

if id == '' or not state or ARGV[5] == '' or ARGV[6] == '' then
    return redis.error_reply('ERR payment_move: ARGV')
end

local order = redis.call('HGET', key, 'order:' .. id) or ''
if order == '' or order ~= ARGV[2] then
    return { 0, order }
end

if ARGV[4] == '1' then
    local trades = redis.call('HGET', key, 'trades:' .. id) or ''

    for one in string.gmatch(trades, '%S+') do
        local trade = redis.call('HGET', key, 'trade:' .. one) or ''

        if string.match(trade, '^open ') then
            return { -1, order }
        end
    end
end

local entry = string.format('%s order %s %s %d', ARGV[5], id, state, version)

redis.call('HSET', key, 'order:' .. id, ARGV[3])
redis.call('XADD', KEYS[2], '*', 'entry', entry)
if opener ~= '-' then
    redis.call('XADD', KEYS[3], '*', 'entry', entry)
end
redis.call('XADD', KEYS[4], '*', 'entry', ARGV[6])
return { 1, ARGV[3] }
