#!lua
-- Moves a photo on from the state that was read.
--
-- KEYS[1]  civic:{p:<pid>}:photo_check, see photo_check_put.lua
-- KEYS[2]  civic:{p:<pid>}:blobs, the records
-- KEYS[3]  civic:{p:<pid>}:consents
-- KEYS[4]  the outbox of photos that somebody has to go on with
-- KEYS[5]  the outbox of pictures that go now
-- KEYS[6]  the outbox of photos that go one day
-- KEYS[7]  the audit trail's outbox; any of them without an entry for it
-- ARGV[1]  the photo's id
-- ARGV[2]  its state as it was read
-- ARGV[3]  the state that comes
-- ARGV[4]  its new record, sealed; "" if it stays
-- ARGV[5]  the pid
-- ARGV[6]  the id of another picture, or ""; the one before goes if the new
--          state does not name it
-- ARGV[7]  its record
-- ARGV[8]  the entry for KEYS[4], or ""
-- ARGV[9]  the slot that it moves to, in the place of what stands there, or ""
-- ARGV[10] the entry for KEYS[6], added when it moves to a slot
-- ARGV[11] s: the hash stays that long at least
-- ARGV[12] the purpose that must be consented to, or ""
-- ARGV[13] the consent's id
-- ARGV[14] the entry for KEYS[7], or ""
--
-- Answers {1, state, the blobs that go: its own before, and that of what
-- stood in the slot, "" for none}; or {0, the state that is there, "" if it
-- is gone, "", ""}: nothing was written.  The consent that ended is like a
-- photo that is not as it was read: {0, the state, "", ""}.

local key, id = KEYS[1], ARGV[1]
local state = '^(%l+) (%d+) (%S+) (%S+) %d+ %d+ %d+ %d+$'
local _, version, profile, blob = string.match(ARGV[3], state)

if id == '' or not version or ARGV[5] == '' or ARGV[10] == ''
   or not tonumber(ARGV[11]) or (ARGV[6] ~= '' and ARGV[7] == '')
   or (ARGV[12] ~= '' and ARGV[13] == '') then
    return redis.error_reply('ERR photo_check_move: ARGV')
end

local found = redis.call('HGET', key, 's:' .. id) or ''
local _, was, of, had = string.match(found, state)
if found == '' or found ~= ARGV[2] or not was
   or tonumber(version) ~= tonumber(was) + 1 or of ~= profile then
    return { 0, found, '', '' }
end
if ARGV[12] ~= ''
   and redis.call('HGET', KEYS[3], ARGV[12]) ~= ARGV[13] then
    return { 0, found, '', '' }
end

local slot, other, gone = ARGV[9], '', { '', '' }
if had ~= '-' and had ~= blob then
    gone[1] = had
end
if slot ~= '' then
    other = redis.call('HGET', key, slot) or ''
    if other == id then
        other = ''
    end
end
if other ~= '' then
    local its = string.match(redis.call('HGET', key, 's:' .. other) or '',
                             '^%l+ %d+ %S+ (%S+) ')
    if its and its ~= '-' then
        gone[2] = its
    end
end

if ARGV[6] ~= '' then
    redis.call('HSET', KEYS[2], ARGV[6], ARGV[7])
end
redis.call('HSET', key, 's:' .. id, ARGV[3])
if ARGV[4] ~= '' then
    redis.call('HSET', key, 'r:' .. id, ARGV[4])
end
if slot ~= '' then
    redis.call('HSET', key, slot, id)
    redis.call('XADD', KEYS[6], '*', 'entry', ARGV[10])
end
if ARGV[8] ~= '' then
    redis.call('XADD', KEYS[4], '*', 'entry', ARGV[8])
end
if ARGV[14] ~= '' then
    redis.call('XADD', KEYS[7], '*', 'entry', ARGV[14])
end
for i = 1, 2 do
    if gone[i] ~= '' then
        redis.call('XADD', KEYS[5], '*', 'entry', ARGV[5] .. ' ' .. gone[i])
    end
end
if redis.call('TTL', key) < tonumber(ARGV[11]) then
    redis.call('EXPIRE', key, ARGV[11])
end
if other ~= '' then
    redis.call('HDEL', key, 's:' .. other, 'r:' .. other)
end
if slot ~= '' then
    for _, name in ipairs { 'draft:', 'photo:', 'last:' } do
        if name .. profile ~= slot
           and redis.call('HGET', key, name .. profile) == id then
            redis.call('HDEL', key, name .. profile)
        end
    end
end
return { 1, ARGV[3], gone[1], gone[2] }
