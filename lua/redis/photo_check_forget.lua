#!lua
-- Forgets a photo, if it is as it was read.
--
-- KEYS[1]  civic:{p:<pid>}:photo_check, see photo_check_put.lua
-- KEYS[2]  the outbox of pictures that go now
-- ARGV[1]  the photo's id
-- ARGV[2]  its state as it was read
-- ARGV[3]  the pid
--
-- Answers the blob that goes, "" if it had none; -1 if there is no such
-- photo, or in another state: nothing was written.

local key, id = KEYS[1], ARGV[1]

if id == '' or ARGV[2] == '' or ARGV[3] == '' then
    return redis.error_reply('ERR photo_check_forget: ARGV')
end
if redis.call('HGET', key, 's:' .. id) ~= ARGV[2] then
    return -1
end

local profile, blob = string.match(ARGV[2], '^%l+ %d+ (%S+) (%S+) ')
if blob == '-' then
    blob = ''
end

if blob ~= '' then
    redis.call('XADD', KEYS[2], '*', 'entry', ARGV[3] .. ' ' .. blob)
end
for _, name in ipairs { 'draft:', 'photo:', 'last:' } do
    if redis.call('HGET', key, name .. profile) == id then
        redis.call('HDEL', key, name .. profile)
    end
end
redis.call('HDEL', key, 's:' .. id, 'r:' .. id)
return blob
