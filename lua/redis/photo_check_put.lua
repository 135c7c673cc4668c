#!lua
-- Puts a photo into a slot, in the place of what stands there.
--
-- KEYS[1]  civic:{p:<pid>}:photo_check, a hash:
--            s:<id>           "<state> <version> <profile> <blob, or -> <since
--                             ms> <due ms> <until ms> <tries>" of a photo
--            r:<id>           its report and what was compared, sealed
--            photo:<profile>  the id of the one that counts
--            draft:<profile>  of one that was processed and not submitted
--            last:<profile>   of an upload that its report refused
--            looks            "<pictures looked at> <their window's begin ms>"
-- KEYS[2]  civic:{p:<pid>}:blobs, the records
-- KEYS[3]  the outbox of photos that go one day
-- KEYS[4]  the outbox of pictures that go now
-- KEYS[5]  the outbox of photos that somebody has to go on with
-- ARGV[1]  the slot
-- ARGV[2]  the slot of refused uploads, which is emptied; or ARGV[1] again
-- ARGV[3]  the photo's id
-- ARGV[4]  its state
-- ARGV[5]  its record, sealed
-- ARGV[6]  the pid
-- ARGV[7]  the blob's id, or ""
-- ARGV[8]  its record
-- ARGV[9]  the entry for KEYS[3]
-- ARGV[10] the entry for KEYS[5], or ""
-- ARGV[11] s: the hash stays that long at least
--
-- Answers {the id, the blobs of what stood in both slots, "" for none}.

local key, id = KEYS[1], ARGV[3]

if ARGV[1] == '' or ARGV[2] == '' or id == '' or ARGV[5] == ''
   or ARGV[6] == '' or ARGV[9] == '' or not tonumber(ARGV[11])
   or (ARGV[7] ~= '' and ARGV[8] == '')
   or not string.match(ARGV[4], '^%l+ 1 %S+ %S+ %d+ %d+ %d+ %d+$') then
    return redis.error_reply('ERR photo_check_put: ARGV')
end

local function blob_of(photo)
    local blob = string.match(redis.call('HGET', key, 's:' .. photo) or '',
                              '^%l+ %d+ %S+ (%S+) ')
    return blob and blob ~= '-' and blob or ''
end

local before = redis.call('HGET', key, ARGV[1]) or ''
local last = redis.call('HGET', key, ARGV[2]) or ''
if last == before then
    last = ''
end
local replaced = before ~= '' and blob_of(before) or ''
local refused = last ~= '' and blob_of(last) or ''

if ARGV[7] ~= '' then
    redis.call('HSET', KEYS[2], ARGV[7], ARGV[8])
end
redis.call('HSET', key, 's:' .. id, ARGV[4], 'r:' .. id, ARGV[5],
           ARGV[1], id)
redis.call('XADD', KEYS[3], '*', 'entry', ARGV[9])
if ARGV[10] ~= '' then
    redis.call('XADD', KEYS[5], '*', 'entry', ARGV[10])
end
for _, blob in ipairs { replaced, refused } do
    if blob ~= '' then
        redis.call('XADD', KEYS[4], '*', 'entry', ARGV[6] .. ' ' .. blob)
    end
end
if redis.call('TTL', key) < tonumber(ARGV[11]) then
    redis.call('EXPIRE', key, ARGV[11])
end
for _, one in ipairs { before, last } do
    if one ~= '' then
        redis.call('HDEL', key, 's:' .. one, 'r:' .. one)
    end
end
if ARGV[2] ~= ARGV[1] then
    redis.call('HDEL', key, ARGV[2])
end
return { id, replaced, refused }
