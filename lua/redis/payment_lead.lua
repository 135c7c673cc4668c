#!lua
-- Notes to whom a trade leads.  Only the person's own record counts: this is
-- an index, which a job makes anew.
--
-- KEYS[1]  civic:{pay:<out_trade_no>}
-- ARGV[1]  the pid, sealed; "": it goes
-- ARGV[2]  ms: it goes then
-- Answers 1, or 0 if there is one (or none that could go): nothing was
-- written.

if not tonumber(ARGV[2]) then
    return redis.error_reply('ERR payment_lead: ARGV')
end
if ARGV[1] == '' then
    return redis.call('UNLINK', KEYS[1])
end
return redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) and 1 or 0
