#!lua
-- Puts an entry of an outbox behind those that wait, for it could not be done
-- now.
--
-- KEYS[1]  the outbox of results that go to people
-- ARGV[1]  the id of the entry
-- ARGV[2]  the entry
--
-- Answers 1, or 0 if it is not there any more.

if not string.match(ARGV[1], '^%d+%-%d+$') then
    return redis.error_reply('ERR sampling_behind: ARGV')
end

if #redis.call('XRANGE', KEYS[1], ARGV[1], ARGV[1]) == 0 then
    return 0
end

redis.call('XADD', KEYS[1], '*', 'entry', ARGV[2])
redis.call('XDEL', KEYS[1], ARGV[1])
return 1
