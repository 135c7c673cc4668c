#!lua
-- Somebody came to the door with a ticket: the first counts.
--
-- KEYS[1]  civic:{ticket:<exam>}:door, a hash:
--            "<number>:<subject>"   "<ms> <check> <token's id>"
-- KEYS[2]  the audit trail's outbox
-- ARGV[1]  the field
-- ARGV[2]  ms
-- ARGV[3]  the check's id
-- ARGV[4]  the token's id: of one that was given back before nothing counts
-- ARGV[5]  the entry for the audit trail if it is the first
-- ARGV[6]  and if somebody came before
--
-- Answers "" or who came before, as it stands there.

if not string.match(ARGV[1], '^%d+:%S+$') or not tonumber(ARGV[2])
   or not string.match(ARGV[3], '^%S+$')
   or not string.match(ARGV[4], '^%x+$') or ARGV[5] == ''
   or ARGV[6] == '' then
    return redis.error_reply('ERR ticket_door: ARGV')
end

local before = redis.call('HGET', KEYS[1], ARGV[1]) or ''

if string.match(before, '^%d+ %S+ (%x+)$') == ARGV[4] then
    redis.call('XADD', KEYS[2], '*', 'entry', ARGV[6])
    return before
end

redis.call('HSET', KEYS[1], ARGV[1], table.concat(
    { ARGV[2], ARGV[3], ARGV[4] }, ' '))
redis.call('XADD', KEYS[2], '*', 'entry', ARGV[5])
return ''
