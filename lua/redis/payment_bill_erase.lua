#!lua
-- Erases what a day's bill had otherwise: it was kept long enough, and all of
-- it is settled.
--
-- KEYS[1]  civic:{payment:bill:<date>}, see payment_bill.lua
-- KEYS[2]  the audit trail's outbox
-- ARGV[1]  how many fields it had when it was read
-- ARGV[2]  the entry for the audit trail
-- Answers 1, or 0 if there are more or fewer by now: nothing was written.

if not tonumber(ARGV[1]) or ARGV[2] == '' then
    return redis.error_reply('ERR payment_bill_erase: ARGV')
end
if redis.call('HLEN', KEYS[1]) ~= tonumber(ARGV[1]) then
    return 0
end
redis.call('XADD', KEYS[2], '*', 'entry', ARGV[2])
redis.call('UNLINK', KEYS[1])
return 1
