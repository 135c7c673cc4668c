#!lua
-- Forgets a picture whose blob was deleted; with it attempts, when the consent
-- was withdrawn; or attempts alone, of a consent that has no picture.
--
-- KEYS[1]  civic:{p:<pid>}:face_auth, see face_auth_reserve.lua
-- ARGV[1]  the picture that was deleted; "" if none was there
-- ARGV[2]  "all", "picture" or "attempts"
-- ARGV[3]  purposes, with a space before and after each: with "all" those
--          whose attempts stay, with "attempts" those whose attempts go
--
-- Answers how many attempts were forgotten; -1 if there is another picture by
-- now: nothing was written.

local key, what, named = KEYS[1], ARGV[2], ARGV[3]
local picture = string.match(redis.call('HGET', key, 'reference') or '',
                             '^%S+') or ''

if what ~= 'all' and what ~= 'picture' and what ~= 'attempts'
   or not named then
    return redis.error_reply('ERR face_auth_forget: ARGV')
end
if what ~= 'attempts' and picture ~= '' and picture ~= ARGV[1] then
    return -1
end

local function goes(slot)
    local purpose = string.match(slot, '^open:([^:]+):')
    local found = purpose
                  and string.find(named, ' ' .. purpose .. ' ', 1, true)

    if what == 'all' then
        return slot ~= 'counter' and not found
    end
    return what == 'attempts' and found
end

-- counts stay: who consents again has not begun anew; and so do requests for
-- the counter, which take no face
local fields, kept = {}, {}
local gone = 0
if what ~= 'attempts' then
    fields[1] = 'reference'
end
if what ~= 'picture' then
    for id in string.gmatch(redis.call('HGET', key, 'index') or '', '%S+') do
        local slot = string.match(redis.call('HGET', key, 's:' .. id) or '',
                                  ' (%S+)$') or ''
        if goes(slot) then
            gone = gone + 1
            for _, field in ipairs { 'a:' .. id, 's:' .. id, 'p:' .. id } do
                fields[#fields + 1] = field
            end
            fields[#fields + 1] = slot
        else
            kept[#kept + 1] = id
        end
    end
end

if gone > 0 then
    redis.call('HSET', key, 'index', table.concat(kept, ' '))
end
if #fields > 0 then
    redis.call('HDEL', key, unpack(fields))
end
return gone
