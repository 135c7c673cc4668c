#!lua
-- Tells which photos of a person wait for staff.  Writes nothing.
--
-- KEYS[1]  civic:{p:<pid>}:photo_check, see photo_check_put.lua
--
-- Answers the ids; an empty array for most.

local ids = {}

for _, name in ipairs(redis.call('HKEYS', KEYS[1])) do
    local id = string.match(name, '^s:(.+)$')

    if id and string.match(redis.call('HGET', KEYS[1], name), '^review ') then
        ids[#ids + 1] = id
    end
end
return ids
