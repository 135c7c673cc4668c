#!lua
-- Something became of the order of an application: whatever follows from it
-- is to be done.
--
-- KEYS[1]  the outbox of what follows
-- KEYS[2]  the outbox of orders that are to be looked at
-- KEYS[3]  the outbox of what others are told
-- ARGV[1]  the entry
-- Answers 1.

if ARGV[1] == '' then
    return redis.error_reply('ERR review_note: ARGV')
end
for i = 1, 3 do
    redis.call('XADD', KEYS[i], '*', 'entry', ARGV[1])
end
return 1
