#!lua
-- Puts a tube into a list, or takes it out: those of a sampler, and those
-- whose time will be over.  A list is an index; the tube itself says what it
-- is.
--
-- KEYS[1]  the list, a sorted set: barcodes by the ms of their opening
-- ARGV[1]  "put" or "drop"
-- ARGV[2]  the barcode
-- ARGV[3]  put: ms
-- ARGV[4]  put: how many it keeps, the newest; 0: all
--
-- Answers 1, or 0 if it was as it is.

if (ARGV[1] ~= 'put' and ARGV[1] ~= 'drop')
   or not string.match(ARGV[2], '^%S+$')
   or (ARGV[1] == 'put' and (not tonumber(ARGV[3])
       or not string.match(ARGV[4], '^%d+$'))) then
    return redis.error_reply('ERR sampling_list: ARGV')
end

if ARGV[1] == 'drop' then
    return redis.call('ZREM', KEYS[1], ARGV[2])
end

local new = redis.call('ZADD', KEYS[1], 'NX', ARGV[3], ARGV[2])
local keep = tonumber(ARGV[4])
if keep > 0 and redis.call('ZCARD', KEYS[1]) > keep then
    redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -keep - 1)
end
return new
