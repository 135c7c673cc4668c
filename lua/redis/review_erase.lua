#!lua
-- Erases all that somebody applied with to an exam: it was kept long enough.
--
-- KEYS[1]  civic:{p:<pid>}:review, see review_move.lua
-- KEYS[2]  the outbox of what follows
-- KEYS[3]  the audit trail's outbox
-- ARGV[1]  the exam
-- ARGV[2]  the application as it was read
-- ARGV[3]  the entry for KEYS[2]
-- ARGV[4]  the entry for KEYS[3]
--
-- Answers 1; or 0, if it is not as it was read: nothing was written.

local key, exam = KEYS[1], ARGV[1]

if exam == '' or ARGV[2] == '' or ARGV[3] == '' or ARGV[4] == '' then
    return redis.error_reply('ERR review_erase: ARGV')
end
if redis.call('HGET', key, 'application:' .. exam) ~= ARGV[2] then
    return 0
end

redis.call('XADD', KEYS[2], '*', 'entry', ARGV[3])
redis.call('XADD', KEYS[3], '*', 'entry', ARGV[4])
redis.call('HDEL', key, 'application:' .. exam, 'form:' .. exam,
           'past:' .. exam, 'order:' .. exam)
return 1
