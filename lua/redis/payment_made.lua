#!lua
-- Keeps what Alipay told of a trade that it has made.
--
-- KEYS[1]  civic:{p:<pid>}:payment, see payment_open.lua
-- ARGV[1]  the trade's number
-- ARGV[2]  its facts as they were read, sealed
-- ARGV[3]  its facts now, sealed
--
-- Answers {trade, facts} as they are now: others' facts, if somebody else
-- was quicker; {"", ""} if there is no such trade.

local key, no = KEYS[1], ARGV[1]

if no == '' or ARGV[2] == '' or ARGV[3] == '' then
    return redis.error_reply('ERR payment_made: ARGV')
end

local trade = redis.call('HGET', key, 'trade:' .. no) or ''
local facts = redis.call('HGET', key, 'trade_facts:' .. no) or ''

if trade == '' or facts ~= ARGV[2] then
    return { trade, facts }
end

redis.call('HSET', key, 'trade_facts:' .. no, ARGV[3])
return { trade, ARGV[3] }
