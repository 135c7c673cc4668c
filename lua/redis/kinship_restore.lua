#!lua
-- Gives a binding that stands in the relative's record its place in the
-- guardian's again: a store that lost what it had acknowledged can lose that
-- alone.
--
-- KEYS[1]  civic:{p:<guardian>}:kin, see kinship_note.lua
-- ARGV[1]  the relative's pid
-- ARGV[2]  the binding
-- ARGV[3]  since, business time, ms
-- ARGV[4]  relation
-- ARGV[5]  places that somebody has
--
-- Answers {1}: it has it; {0}: there is none free; {2, row}: another binding
-- of that relative has it.  Of those nothing is written.

local most = tonumber(ARGV[5])

if #ARGV[1] ~= 22 or #ARGV[2] ~= 22 or not tonumber(ARGV[3])
   or not string.match(ARGV[4], '^[%w_]+$') or not most then
    return redis.error_reply('ERR kinship_restore: ARGV')
end

local row = redis.call('HGET', KEYS[1], ARGV[1])
if row then
    return string.match(row, '^%a+ (%S+) ') == ARGV[2] and { 1 } or { 2, row }
end

local taken = 0
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
    if #field == 22 then
        taken = taken + 1
    end
end
if taken >= most then
    return { 0 }
end

redis.call('HSET', KEYS[1], ARGV[1], table.concat(
    { 'bound', ARGV[2], ARGV[3], ARGV[4] }, ' '))
return { 1 }
