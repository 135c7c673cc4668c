#!lua
-- Notes where a code for the counter leads.  The account's own slot says
-- whether it still counts; the end of this key only collects garbage.
--
-- KEYS[1]  civic:{face_counter:<digest of the code>}
-- ARGV[1]  where, sealed
-- ARGV[2]  ms: it goes then
-- Answers 1, or 0 if there is such a code: nothing was written.

if ARGV[1] == '' or not tonumber(ARGV[2]) then
    return redis.error_reply('ERR face_auth_code: ARGV')
end
return redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) and 1 or 0
