#!lua
-- Takes a round of seating one step on: it begins, comes to another phase or
-- place of it, or ends.
--
-- KEYS[1]  civic:{ticket:<exam>}:order, see ticket_order.lua
-- KEYS[2]  civic:{ticket:<exam>}:seats, see ticket_seat.lua
-- KEYS[3]  civic:{ticket:<exam>}:waiting, see ticket_collect.lua
-- ARGV[1]  the step as it was read
-- ARGV[2]  begin, move or end
-- ARGV[3]  the phase that comes
-- ARGV[4]  its cursor
-- ARGV[5]  how many people nobody could tell of, in this step
-- ARGV[6]  whose seat the exam has no more, in this step
-- ARGV[7]  now, ms
--
-- Answers 1; 0: another came first, and nothing was written.

local key, what = KEYS[1], ARGV[2]

local function number(name)
    return tonumber(redis.call('HGET', key, name) or 0) or 0
end

if (what ~= 'begin' and what ~= 'move' and what ~= 'end')
   or not tonumber(ARGV[1]) or not tonumber(ARGV[5])
   or not tonumber(ARGV[6]) or not tonumber(ARGV[7]) then
    return redis.error_reply('ERR ticket_round: ARGV')
end
if number('step') ~= tonumber(ARGV[1]) then
    return 0
end

local step = string.format('%d', number('step') + 1)

if what == 'begin' then
    redis.call('HSET', key, 'step', step, 'round', number('wanted'),
               'phase', ARGV[3], 'cursor', ARGV[4], 'seated', 0,
               'unclear', 0, 'astray', 0)
elseif what == 'move' then
    redis.call('HSET', key, 'step', step, 'phase', ARGV[3],
               'cursor', ARGV[4],
               'unclear', number('unclear') + tonumber(ARGV[5]),
               'astray', number('astray') + tonumber(ARGV[6]))
else
    local seated, all = number('seated'), redis.call('HLEN', KEYS[2])
    local report = string.format('%d %d %d %d %d %d %d %s', number('round'),
        seated, math.max(0, all - seated), redis.call('ZCARD', KEYS[3]),
        number('back'), number('unclear'), number('astray'), ARGV[7])

    redis.call('HSET', key, 'step', step, 'done', number('round'),
               'phase', '', 'cursor', '0', 'back', 0, 'report', report)
end
return 1
