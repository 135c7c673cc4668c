#!lua
-- Settles a difference of a bill, if it is as it was read.
--
-- KEYS[1]  civic:{payment:bill:<date>}, see payment_bill.lua
-- KEYS[2]  the audit trail's outbox
-- ARGV[1]  the field
-- ARGV[2]  the difference as it was read
-- ARGV[3]  the difference as it is now
-- ARGV[4]  the entry for the audit trail
-- Answers 1, or 0: nothing was written.

if ARGV[1] == '' or ARGV[2] == '' or ARGV[3] == '' or ARGV[4] == '' then
    return redis.error_reply('ERR payment_settle: ARGV')
end
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then
    return 0
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
redis.call('XADD', KEYS[2], '*', 'entry', ARGV[4])
return 1
