#!lua
-- Asks for a round of seating: "civicctl exam seat".  A round that was asked
-- for and has not begun is the same one; one that runs may have passed who
-- paid meanwhile, so then another follows it.
--
-- KEYS[1]  civic:{ticket:<exam>}:order, a hash:
--            seed     chosen once; people are sorted by it
--            wanted   the number of the last round that was asked for
--            round    of the last that began
--            done     of the last that ended; while round is larger it runs
--            asked_at ms
--            revision of the exam's file, which the round is about at least
--            step     rises with each step of all rounds: who read another
--                     one is late, and writes nothing
--            phase    check, collect or seat
--            cursor   how far the phase has come
--            seated, unclear, astray   of this round
--            back     seats given back since the last round ended
--            report   "<round> <seated> <kept> <without> <back> <unclear>
--                     <astray> <ended at, ms>" of the last that ended
--            opened   how far people were told that they can print
--            window   "<from> <until> <how far>": the time of printing that
--                     people were told, ms
-- KEYS[2]  the audit trail's outbox
-- ARGV[1]  a seed, if there is none yet
-- ARGV[2]  now, ms
-- ARGV[3]  the entry for the audit trail
-- ARGV[4]  the revision of the exam's file
--
-- Answers the round's number.

local key = KEYS[1]

if #ARGV[1] < 16 or not tonumber(ARGV[2]) or ARGV[3] == ''
   or not tonumber(ARGV[4]) then
    return redis.error_reply('ERR ticket_order: ARGV')
end

local function number(name)
    return tonumber(redis.call('HGET', key, name) or 0) or 0
end

local wanted = number('wanted')
if wanted <= number('round') then
    wanted = number('round') + 1
end

redis.call('HSETNX', key, 'seed', ARGV[1])
redis.call('HSET', key, 'wanted', wanted, 'asked_at', ARGV[2],
           'revision', ARGV[4])
redis.call('XADD', KEYS[2], '*', 'entry', ARGV[3])
return wanted
