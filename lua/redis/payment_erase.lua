#!lua
-- Erases an order with all that belongs to it: it was kept long enough.
--
-- KEYS[1]  civic:{p:<pid>}:payment, see payment_open.lua
-- KEYS[2]  the outbox of what follows
-- KEYS[3]  the audit trail's outbox
-- ARGV[1]  the order's id
-- ARGV[2]  the order as it was read
-- ARGV[3]  how many differences it had then
-- ARGV[4]  the entry for KEYS[2]
-- ARGV[5]  the entry for KEYS[3]
--
-- Answers 1; or 0, if it is not as it was read, or if money of it is to come
-- or to go: nothing was written.

local key, id = KEYS[1], ARGV[1]

if id == '' or ARGV[2] == '' or not tonumber(ARGV[3]) or ARGV[4] == ''
   or ARGV[5] == '' then
    return redis.error_reply('ERR payment_erase: ARGV')
end
if redis.call('HGET', key, 'order:' .. id) ~= ARGV[2] then
    return 0
end

local differences, own = 0, {}
local gone = { 'order:' .. id, 'order_facts:' .. id, 'trades:' .. id,
               'refunds:' .. id, 'ask:' .. id }

local function goes(field)
    gone[#gone + 1] = field
end

for no in string.gmatch(redis.call('HGET', key, 'trades:' .. id) or '',
                        '%S+') do
    local trade = redis.call('HGET', key, 'trade:' .. no) or ''

    if string.match(trade, '^open ') or string.match(trade, '^late ') then
        return 0
    end
    own[no] = true
    goes('trade:' .. no)
    goes('trade_facts:' .. no)
end

local all = redis.call('HGETALL', key)
for i = 1, #all, 2 do
    local kind, name = string.match(all[i], '^(%a+):(.+)$')
    local value = all[i + 1]

    if kind == 'refund'
       and own[string.match(value, '^%a+ %d+ %d+ %d+ (%S+)')] then
        if string.match(value, '^open ') then
            return 0
        end
        goes(all[i])
        goes('refund_facts:' .. name)
    elseif kind == 'receipt' and own[string.match(value, '^%a+ (%S+)')] then
        goes(all[i])
    elseif kind == 'difference' and own[value] then
        differences = differences + 1
        goes(all[i])
    elseif kind == 'item' and value == id then
        goes(all[i])
    end
end
if differences ~= tonumber(ARGV[3]) then
    return 0
end

redis.call('XADD', KEYS[2], '*', 'entry', ARGV[4])
redis.call('XADD', KEYS[3], '*', 'entry', ARGV[5])
redis.call('HDEL', key, unpack(gone))
return 1
