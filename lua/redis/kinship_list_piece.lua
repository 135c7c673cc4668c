#!lua
-- Keeps a piece of a signed list that is being stored.  The first one takes
-- away the pieces of lists before, but for those of the one that stands.
--
-- KEYS[1]  civic:{kinship}:list, see kinship_list.lua
-- ARGV[1]  the list's id: letters and digits, no other list has it
-- ARGV[2]  the number of the piece, from 0
-- ARGV[3]  its bytes
--
-- Answers 1.

local number = tonumber(ARGV[2])

if not string.match(ARGV[1], '^%w+$') or not number or #ARGV[3] == 0 then
    return redis.error_reply('ERR kinship_list_piece: ARGV')
end

if number == 0 then
    local id = redis.call('HGET', KEYS[1], 'id') or ''

    for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
        local of = string.match(field, '^piece:(%w+):%d+$')
        if of and of ~= id then
            redis.call('HDEL', KEYS[1], field)
        end
    end
    -- in one piece, as older versions kept it
    redis.call('HDEL', KEYS[1], 'document')
end

redis.call('HSET', KEYS[1], 'piece:' .. ARGV[1] .. ':' .. ARGV[2], ARGV[3])
return 1
