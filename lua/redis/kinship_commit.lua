#!lua
-- The second step of a binding, in the relative's slot, which decides: one of
-- the places, the consent, and that nobody gave it up meanwhile.  From here on
-- the guardian stands there.
--
-- KEYS[1]  civic:{p:<relative>}:guardians, a hash:
--            <guardian's pid>  "<binding> <since ms> <how> <relation>": how
--                              is face, counter, or pledge (provisional)
--            void:<binding>    ms: it must never come to be
-- KEYS[2]  civic:{p:<relative>}:consents
-- KEYS[3]  civic:{p:<relative>}:health: opened, identity, named (how that is
--          known, where a binding brought it), consent
-- KEYS[4]  civic:{p:<relative>}:kincodes, a hash:
--            <cti>       "<state> <holder's pid> <issued ms> <expires ms>"
--            text:<cti>  the token, sealed: goes when it is revoked
-- KEYS[5]  the outbox of what is to be settled
-- KEYS[6]  the outbox of what is to be told
-- KEYS[7]  the outbox of codes that are revoked
-- KEYS[8]  the audit trail's outbox
-- ARGV[1]  the guardian's pid
-- ARGV[2]  the binding
-- ARGV[3]  since, business time, ms
-- ARGV[4]  how
-- ARGV[5]  relation
-- ARGV[6]  places that a relative has
-- ARGV[7]  the purpose of the consent
-- ARGV[8]  its id
-- ARGV[9]  who the relative is, sealed
-- ARGV[10] now, real time, ms
-- ARGV[11] who has to give way if all places are taken, as it was read; ""
-- ARGV[12] that binding; ""
-- ARGV[13] the entry to settle that one
-- ARGV[14] the entry to tell of it
-- ARGV[15] the entry to tell of the new one
-- ARGV[16] the entry for the audit trail
-- ARGV[17] the guardian's row as it was read, if it is damaged: the binding
--          takes its place; else ""
--
-- The code is kept under the relative's own consent ("health") wherever there
-- is one, whatever it was bound by.  A name that came by a pledge gives way to
-- one that was proven.
--
-- Answers {"bound", row, who gave way or ""}; {"bound", row} a second time:
-- then nobody gave way, and a consent that was given anew takes the place of
-- one that holds no more.  {"changed"}: who has to give way is another by now,
-- nothing was written.  And where the binding is void from now on: {"void"},
-- {"consent"}, {"full"}, {"other", row}: the guardian stands there by another
-- binding.

local key, guardian, binding, how = KEYS[1], ARGV[1], ARGV[2], ARGV[4]
local most, now = tonumber(ARGV[6]), tonumber(ARGV[10])

if #guardian ~= 22 or #binding ~= 22 or not tonumber(ARGV[3])
   or (how ~= 'face' and how ~= 'counter' and how ~= 'pledge')
   or not string.match(ARGV[5], '^[%w_]+$') or not most or not now
   or ARGV[7] == '' or ARGV[8] == '' or ARGV[9] == '' or ARGV[15] == ''
   or ARGV[16] == '' or not ARGV[17] or (ARGV[11] ~= '' and (#ARGV[11] ~= 22
   or #ARGV[12] ~= 22 or ARGV[13] == '' or ARGV[14] == '')) then
    return redis.error_reply('ERR kinship_commit: ARGV')
end

local row = redis.call('HGET', key, guardian)

-- under which consent the code is kept
local function keep()
    local own = redis.call('HGET', KEYS[2], 'health')
    redis.call('HSET', KEYS[3], 'consent', own and 'health ' .. own
               or ARGV[7] .. ' ' .. ARGV[8])
end

if row and string.match(row, '^%S+') == binding then
    if redis.call('HGET', KEYS[2], ARGV[7]) == ARGV[8]
       and redis.call('HEXISTS', KEYS[3], 'opened') == 1 then
        keep()
    end
    return { 'bound', row }
end
if redis.call('HEXISTS', key, 'void:' .. binding) == 1 then
    return { 'void' }
end

local function never(why)
    redis.call('HSET', key, 'void:' .. binding, ARGV[10])
    return { why, row or '' }
end

if row and row ~= ARGV[17] then
    return never('other')
end
if redis.call('HGET', KEYS[2], ARGV[7]) ~= ARGV[8] then
    return never('consent')
end

local taken, first, first_at = 0, nil, nil
local all, old = redis.call('HGETALL', key), {}
for i = 1, #all, 2 do
    if #all[i] == 22 and all[i] ~= guardian then
        local b, since = string.match(all[i + 1], '^(%S+) (%d+) pledge ')
        taken = taken + 1
        since = tonumber(since)
        if b and (not first or since < first_at
           or since == first_at and all[i] < first) then
            first, first_at = all[i], since
        end
    elseif #all[i] ~= 22
       and now - (tonumber(all[i + 1]) or 0) > 86400000 then
        old[#old + 1] = all[i]
    end
end

local leaves = ''
if taken >= most then
    if how == 'pledge' or not first then
        return never('full')
    end
    leaves = first
end
if leaves ~= ARGV[11] or leaves ~= '' and string.match(
       redis.call('HGET', key, leaves), '^%S+') ~= ARGV[12] then
    return { 'changed' }
end

row = table.concat({ binding, ARGV[3], how, ARGV[5] }, ' ')

redis.call('XADD', KEYS[8], '*', 'entry', ARGV[16])
redis.call('XADD', KEYS[6], '*', 'entry', ARGV[15])
local health = redis.call('HMGET', KEYS[3], 'opened', 'identity', 'named')
if not health[1] then
    redis.call('HSET', KEYS[3], 'opened', ARGV[3] .. ' kin')
end
redis.call('HSETNX', KEYS[3], 'version', 0)
local own = string.match(health[1] or '', '^%d+ own$')
if not health[2] or health[3] == 'pledge' and how ~= 'pledge' and not own then
    redis.call('HSET', KEYS[3], 'identity', ARGV[9], 'named', how)
end
keep()

if leaves ~= '' then
    local codes = redis.call('HGETALL', KEYS[4])
    for i = 1, #codes, 2 do
        local holder, issued, expires = string.match(codes[i + 1],
            '^valid (%S+) (%d+) (%d+)$')
        if holder == leaves then
            redis.call('XADD', KEYS[7], '*', 'entry',
                       codes[i] .. ' ' .. expires)
            redis.call('HSET', KEYS[4], codes[i], table.concat(
                { 'revoked', holder, issued, expires }, ' '))
            redis.call('HDEL', KEYS[4], 'text:' .. codes[i])
        end
    end
    redis.call('XADD', KEYS[5], '*', 'entry', ARGV[13])
    redis.call('XADD', KEYS[6], '*', 'entry', ARGV[14])
end

redis.call('HSET', key, guardian, row)
if leaves ~= '' then
    redis.call('HSET', key, 'void:' .. ARGV[12], ARGV[10])
    redis.call('HDEL', key, leaves)
end
for _, field in ipairs(old) do
    redis.call('HDEL', key, field)
end
return { 'bound', row, leaves }
