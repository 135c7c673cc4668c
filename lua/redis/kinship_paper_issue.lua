#!lua
-- Issues a printed code of a person, and revokes those that the same holder
-- had of this person before.
--
-- KEYS[1]  civic:{p:<pid>}:health
-- KEYS[2]  civic:{p:<pid>}:guardians
-- KEYS[3]  civic:{p:<pid>}:kincodes, a hash: <cti> -> "<state> <holder>
--          <issued> <expires>", text:<cti> -> the token, sealed
-- KEYS[4]  the outbox "revoked": "<cti> <expires>"
-- KEYS[5]  the audit trail's outbox
-- KEYS[6]  civic:{p:<pid>}:consents
-- ARGV[1]  the holder's pid
-- ARGV[2]  the id of the holder's binding; "" for the person's own code
-- ARGV[3]  the cti, 32 hexadecimal digits
-- ARGV[4]  when it is issued, ms
-- ARGV[5]  when it ends, ms
-- ARGV[6]  the token, sealed
-- ARGV[7]  the entry for the audit trail
--
-- Answers 1: issued, now or by an earlier attempt; 0: there is no such code
-- or binding any more, or the consent under which the code is kept has ended;
-- 2: the holder has a later one already.

local holder, binding, cti = ARGV[1], ARGV[2], ARGV[3]
local issued, ends = tonumber(ARGV[4]), tonumber(ARGV[5])

if holder == '' or not string.match(cti, '^%x+$') or #cti ~= 32
   or not issued or not ends or ARGV[6] == '' or ARGV[7] == '' then
    return redis.error_reply('ERR kinship_paper_issue: ARGV')
end

if redis.call('HEXISTS', KEYS[3], cti) == 1 then
    return 1
end

local health = redis.call('HMGET', KEYS[1], 'opened', 'consent')
local opened = health[1]
if not opened then
    return 0
end
local purpose, consent = string.match(health[2] or '', '^(%S+) (%S+)$')
if not purpose or redis.call('HGET', KEYS[6], purpose) ~= consent then
    return 0
end
if binding == '' then
    if not string.match(opened, ' own$') then
        return 0
    end
else
    local bound = redis.call('HGET', KEYS[2], holder)
    if not bound or string.match(bound, '^%S+') ~= binding then
        return 0
    end
end

local rows = redis.call('HGETALL', KEYS[3])
local over, before = {}, {}

for i = 1, #rows, 2 do
    local state, of, from, to = string.match(rows[i + 1],
        '^(%a+) (%S+) (%d+) (%d+)$')
    if state and #rows[i] == 32 then
        if tonumber(to) <= issued then
            over[#over + 1] = rows[i]
        elseif state == 'valid' and of == holder then
            if tonumber(from) > issued then
                return 2
            end
            before[#before + 1] = { rows[i], of, from, to }
        end
    end
end

redis.call('HSET', KEYS[3], cti, table.concat({ 'valid', holder, ARGV[4],
    ARGV[5] }, ' '), 'text:' .. cti, ARGV[6])
for _, code in ipairs(before) do
    redis.call('XADD', KEYS[4], '*', 'entry', code[1] .. ' ' .. code[4])
    redis.call('HSET', KEYS[3], code[1], table.concat({ 'revoked', code[2],
        code[3], code[4] }, ' '))
end
redis.call('XADD', KEYS[5], '*', 'entry', ARGV[7])
for _, code in ipairs(before) do
    redis.call('HDEL', KEYS[3], 'text:' .. code[1])
end
for _, field in ipairs(over) do
    redis.call('HDEL', KEYS[3], field, 'text:' .. field)
end
return 1
