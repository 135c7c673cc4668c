#!lua
-- Forgets a picture whose blob was deleted; with it all attempts, when the
-- consent was withdrawn.
--
-- KEYS[1]  civic:{p:<pid>}:face_auth, see face_auth_reserve.lua
-- ARGV[1]  the picture that was deleted; "" if none was there
-- ARGV[2]  "all", or "picture"
--
-- Answers how many attempts were forgotten; -1 if there is another picture by
-- now: nothing was written.

local key = KEYS[1]
local picture = string.match(redis.call('HGET', key, 'reference') or '',
                             '^%S+') or ''

if ARGV[2] ~= 'all' and ARGV[2] ~= 'picture' then
    return redis.error_reply('ERR face_auth_forget: ARGV')
end
if picture ~= '' and picture ~= ARGV[1] then
    return -1
end

-- counts stay: who consents again has not begun anew; and so do requests for
-- the counter, which take no face
local fields, kept = { 'reference' }, {}
local gone = 0
if ARGV[2] == 'all' then
    for id in string.gmatch(redis.call('HGET', key, 'index') or '', '%S+') do
        local slot = string.match(redis.call('HGET', key, 's:' .. id) or '',
                                  ' (%S+)$')
        if slot == 'counter' then
            kept[#kept + 1] = id
        else
            gone = gone + 1
            for _, field in ipairs { 'a:' .. id, 's:' .. id, 'p:' .. id } do
                fields[#fields + 1] = field
            end
            fields[#fields + 1] = slot
        end
    end
end

if gone > 0 then
    redis.call('HSET', key, 'index', table.concat(kept, ' '))
end
redis.call('HDEL', key, unpack(fields))
return gone
