#!lua
-- Changes an index: what is due when, what happened on a day, who has an
-- order of an item.
--
-- KEYS[1]  civic:{payment:due:<n>}, civic:{payment:deadlines:<n>},
--          civic:{payment:day:<date>} or civic:{payment:item:<item>}, a
--          sorted set
-- ARGV[1]  "soon": it stands there, and not later than that; "new": only if
--          it does not stand there; "moved": if it stands as it was read;
--          "gone": it does not stand there any more
-- ARGV[2]  the member
-- ARGV[3]  its score, ms; "" for "moved": it goes
-- ARGV[4]  for "moved": the score that was read
-- ARGV[5]  ms after which all of the index goes, if nothing is added any
--          more; "" never
--
-- Answers 1, or 0 if nothing was written.

local key, how, member, score = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3])

if member == '' or ARGV[5] ~= '' and not tonumber(ARGV[5])
   or (how ~= 'soon' and how ~= 'new' and how ~= 'moved' and how ~= 'gone')
   or (not score and (how ~= 'moved' or ARGV[3] ~= '')) then
    return redis.error_reply('ERR payment_index: ARGV')
end

if how == 'gone' then
    return redis.call('ZREM', key, member)
end

local there = redis.call('ZSCORE', key, member)

if how == 'moved' then
    if not there or tonumber(there) ~= tonumber(ARGV[4]) then
        return 0
    end
    if not score then
        return redis.call('ZREM', key, member)
    end
elseif there and (how == 'new' or tonumber(there) <= score) then
    return 0
end

redis.call('ZADD', key, string.format('%.0f', score), member)
if ARGV[5] ~= '' then
    redis.call('PEXPIRE', key, ARGV[5])
end
return 1
