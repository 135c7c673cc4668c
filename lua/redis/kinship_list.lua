#!lua
-- Makes the pieces of a signed list the list that stands.
--
-- KEYS[1]  civic:{kinship}:list, a hash: made_at (s), of (which changes of the
--          index it has), changes, id and bytes: which pieces are the list's,
--          and how long they are together; piece:<id>:<number>, from 0
-- ARGV[1]  when it was made, s
-- ARGV[2]  the changes that it has
-- ARGV[3]  the id of its pieces, see kinship_list_piece.lua
-- ARGV[4]  how long they are
--
-- Answers 1; 0: there is one that has more, or pieces are missing.

local made, of = tonumber(ARGV[1]), tonumber(ARGV[2])
local bytes = tonumber(ARGV[4])

if not made or not of or not bytes or bytes < 1 or ARGV[3] == '' then
    return redis.error_reply('ERR kinship_list: ARGV')
end

-- not by time: the clock of a sandbox may be set back
local had = tonumber(redis.call('HGET', KEYS[1], 'of') or '')
if had and had > of then
    return 0
end

local sum, number = 0, 0
repeat
    local len = redis.call('HSTRLEN', KEYS[1],
        'piece:' .. ARGV[3] .. ':' .. number)
    sum, number = sum + len, number + 1
until len == 0

if sum ~= bytes then
    return 0
end

redis.call('HSET', KEYS[1], 'made_at', ARGV[1], 'of', ARGV[2], 'id', ARGV[3],
    'bytes', ARGV[4])
return 1
