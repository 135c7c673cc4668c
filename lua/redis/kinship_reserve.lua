#!lua
-- The first step of a binding, in the guardian's slot: takes one of the
-- places, for a minute or until it is confirmed.
--
-- KEYS[1]  civic:{p:<guardian>}:kin, see kinship_note.lua
-- KEYS[2]  civic:{p:<guardian>}:health: "opened" is "<ms> own" of an own code
-- KEYS[3]  civic:{p:<guardian>}:consents
-- KEYS[4]  the outbox of what is to be settled
-- ARGV[1]  the relative's pid
-- ARGV[2]  the binding
-- ARGV[3]  now, real time, ms
-- ARGV[4]  relation
-- ARGV[5]  places that somebody has
-- ARGV[6]  the purpose of the consent
-- ARGV[7]  its id
-- ARGV[8]  the entry for the outbox
--
-- Answers {"reserved"}, also a second time; {"bound"}: it is confirmed
-- already; {"other", row}: another binding of the same relative is there;
-- {"code"}: no own code; {"consent"}; {"full"}.  Of those nothing is written.

local relative, binding = ARGV[1], ARGV[2]
local most = tonumber(ARGV[5])

if #relative ~= 22 or #binding ~= 22 or not tonumber(ARGV[3])
   or not string.match(ARGV[4], '^[%w_]+$') or not most or ARGV[6] == ''
   or ARGV[7] == '' or ARGV[8] == '' then
    return redis.error_reply('ERR kinship_reserve: ARGV')
end

local row = redis.call('HGET', KEYS[1], relative)
if row then
    local state, there = string.match(row, '^(%a+) (%S+) ')
    if there ~= binding then
        return { 'other', row }
    end
    if state == 'bound' then
        return { 'bound' }
    end
end
if not string.match(redis.call('HGET', KEYS[2], 'opened') or '',
                    '^%d+ own$') then
    return { 'code' }
end
if redis.call('HGET', KEYS[3], ARGV[6]) ~= ARGV[7] then
    return { 'consent' }
end

local taken = 0
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
    if #field == 22 and field ~= relative then
        taken = taken + 1
    end
end
if taken >= most then
    return { 'full' }
end

redis.call('XADD', KEYS[4], '*', 'entry', ARGV[8])
redis.call('HSET', KEYS[1], relative, table.concat(
    { 'reserved', binding, ARGV[3], ARGV[4] }, ' '))
return { 'reserved' }
