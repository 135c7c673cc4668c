#!lua
-- Notes whose a printed code is, before it is issued; or forgets it.
--
-- KEYS[1]  civic:{kincode:<cti>}:where
-- ARGV[1]  the pid, sealed; "": forget it
-- ARGV[2]  s after which it may go; the code's end is another matter, and does
--          not hang on it
--
-- Answers 1.

local life = tonumber(ARGV[2])

if not life or life < 1 then
    return redis.error_reply('ERR kinship_paper_where: ARGV')
end

if ARGV[1] == '' then
    redis.call('DEL', KEYS[1])
else
    redis.call('SET', KEYS[1], ARGV[1], 'EX', life)
end
return 1
