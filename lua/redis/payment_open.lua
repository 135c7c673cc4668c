#!lua
-- Opens an order, once for each item.  One that takes another's place goes on
-- with its versions: of an item the higher version is the newer word, whichever
-- order it is about, and so who keeps an index needs no more than that.
--
-- KEYS[1]  civic:{p:<pid>}:payment, a hash:
--            order:<id>         "<state> <version> <since> <from> <until>
--                               <fen> <paid by> <back> <opener>": times in
--                               ms, the trade that paid it or "-", fen that
--                               were or are given back, a plugin or "-"
--            order_facts:<id>   sealed
--            item:<item>        the order that counts for it
--            trades:<id>        trades of an order, with spaces
--            trade:<no>         "<state> <version> <since> <end> <fen>
--                               <order> <channel>", its end in business
--                               time: behind the channel may
--                               stand ":" and a digest of whose phone it is
--            trade_facts:<no>   sealed
--            refunds:<id>       refunds of an order, with spaces
--            refund:<no>        "<state> <version> <since> <fen> <trade>
--                               <kind>"
--            refund_facts:<no>  sealed
--            receipt:<name>     "in <trade> <fen> <paid ms> <ms>" by Alipay's
--                               trade_no; "out <trade> <fen> <ms> <ms>" by
--                               our out_request_no
--            ask:<id>           nobody asks for the order before, ms
--            difference:<date>:<id>  the trade that the bill of that day has
--                               otherwise, see payment_bill.lua
-- KEYS[2]  the outbox of what follows
-- ARGV[1]  the order's id
-- ARGV[2]  the order, its version 1
-- ARGV[3]  its facts, sealed
-- ARGV[4]  the item
-- ARGV[5]  "1": in the place of one that is removed, closed or refunded
-- ARGV[6]  the pid
--
-- Answers {id, order, facts, 1}; or with 0 what is there: nothing was
-- written.

local key, id, item = KEYS[1], ARGV[1], ARGV[4]

if id == '' or ARGV[3] == '' or item == '' or ARGV[6] == ''
   or not string.match(ARGV[2], '^unpaid 1 %d+ %d+ %d+ %d+ %- 0 [%w_-]+$')
then
    return redis.error_reply('ERR payment_open: ARGV')
end

local text, version = ARGV[2], '1'
local there = redis.call('HGET', key, 'item:' .. item)
if there then
    local order = redis.call('HGET', key, 'order:' .. there) or ''
    local state, before = string.match(order, '^(%a+) (%d+) ')
    local over = state == 'removed' or state == 'closed'
        or state == 'refunded'

    if not (over and ARGV[5] == '1') then
        return { there, order,
                 redis.call('HGET', key, 'order_facts:' .. there) or '', 0 }
    end
    version = string.format('%d', before + 1)
    text = 'unpaid ' .. version .. string.sub(text, #'unpaid 1' + 1)
end

redis.call('HSET', key, 'order:' .. id, text, 'order_facts:' .. id,
           ARGV[3], 'item:' .. item, id)
redis.call('XADD', KEYS[2], '*', 'entry',
           ARGV[6] .. ' order ' .. id .. ' unpaid ' .. version)
return { id, text, ARGV[3], 1 }
