#!lua
-- Notes what a bill has otherwise than we have, and that it was compared.
--
-- KEYS[1]  civic:{payment:bill:<date>}, a hash:
--            state       "<compared ms> <movements in it>"
--            d:<id>      a difference, as JSON
--            seen:<name> a receipt of this day stood in another day's bill
-- ARGV[1]  the state; "" if there is more to come
-- ARGV     then fields and values in turn; what stands there stays
-- Answers how many were new.

local key, new = KEYS[1], 0

if #ARGV < 1 or #ARGV % 2 ~= 1 then
    return redis.error_reply('ERR payment_bill: ARGV')
end
for i = 2, #ARGV, 2 do
    new = new + redis.call('HSETNX', key, ARGV[i], ARGV[i + 1])
end
if ARGV[1] ~= '' then
    redis.call('HSET', key, 'state', ARGV[1])
end
return new
