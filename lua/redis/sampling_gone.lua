#!lua
-- The time of a tube is over: who was in it, and what it told, goes.
--
-- KEYS[1]  civic:{tube:<barcode>}:tube, see sampling_open.lua
-- KEYS[2]  civic:{tube:<barcode>}:people, see sampling_add.lua
-- KEYS[3]  the audit trail's outbox
-- ARGV[1]  ms: when it was opened, as it was read
-- ARGV[2]  the entry for the audit trail
--
-- Answers 1, or 0 if it is not there, or another.

if not tonumber(ARGV[1]) or ARGV[2] == '' then
    return redis.error_reply('ERR sampling_gone: ARGV')
end

if redis.call('HGET', KEYS[1], 'at') ~= ARGV[1] then
    return 0
end

redis.call('XADD', KEYS[3], '*', 'entry', ARGV[2])
redis.call('DEL', KEYS[2])
redis.call('DEL', KEYS[1])
return 1
