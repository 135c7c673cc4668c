#!lua
-- Notes people who are to get a seat in this round.
--
-- KEYS[1]  civic:{ticket:<exam>}:order, see ticket_order.lua
-- KEYS[2]  civic:{ticket:<exam>}:people, a hash:
--            <pid>   "<number or -> <position> <state> <version>": waiting,
--                    seated, back (given back); a version is of one change
-- KEYS[3]  civic:{ticket:<exam>}:waiting, a sorted set, all scores 0:
--            "<digest>:<pid>", so that Redis sorts people by their digests
-- ARGV[1]  the step as it was read
-- ARGV[2]  the phase that comes
-- ARGV[3]  its cursor
-- ARGV[4]  how many people nobody could tell of
-- ARGV[5...]  pid, position, digest of each
--
-- Answers how many are new; -1: another came first, nothing was written.

local key, count = KEYS[1], 0

local function number(name)
    return tonumber(redis.call('HGET', key, name) or 0) or 0
end

if not tonumber(ARGV[1]) or not tonumber(ARGV[4]) or #ARGV % 3 ~= 1 then
    return redis.error_reply('ERR ticket_collect: ARGV')
end
for i = 5, #ARGV, 3 do
    if ARGV[i] == '' or not string.match(ARGV[i + 1], '^%S+$')
       or not string.match(ARGV[i + 2], '^%x+$') then
        return redis.error_reply('ERR ticket_collect: ARGV')
    end
end
if number('step') ~= tonumber(ARGV[1]) then
    return -1
end

for i = 5, #ARGV, 3 do
    local pid, position = ARGV[i], ARGV[i + 1]
    local state, version = string.match(
        redis.call('HGET', KEYS[2], pid) or '- - none 0',
        '^%S+ %S+ (%a+) (%d+)$')

    if state ~= 'seated' then
        redis.call('HSET', KEYS[2], pid, string.format('- %s waiting %d',
                   position, (tonumber(version) or 0) + 1))
        redis.call('ZADD', KEYS[3], 0, ARGV[i + 2] .. ':' .. pid)
        count = count + 1
    end
end

redis.call('HSET', key, 'step', string.format('%d', number('step') + 1),
           'phase', ARGV[2], 'cursor', ARGV[3],
           'unclear', number('unclear') + tonumber(ARGV[4]))
return count
