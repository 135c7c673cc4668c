#!lua
-- Puts a message into a person's inbox, once; old ones make room.
--
-- KEYS[1]  civic:{p:<pid>}:messages, a hash:
--            index   "<id>:<ms>:<1 if read>", the oldest first, with spaces
--            m:<id>  a message, sealed
-- KEYS[2]  absent, or the outbox that the message is to be pushed from
-- ARGV[1]  the message's id, which is made of its name
-- ARGV[2]  the message, sealed
-- ARGV[3]  now, ms
-- ARGV[4]  how many messages are kept
-- ARGV[5]  ms: older ones go
-- ARGV[6]  s: an inbox that nothing came to for so long goes
-- ARGV[7]  what the outbox is given
--
-- Answers 1, or 0 if a message of this id is there.

local id, now = ARGV[1], ARGV[3]
local most, oldest = tonumber(ARGV[4]), tonumber(ARGV[5])

if id == '' or ARGV[2] == '' or not tonumber(now) or not most or most < 1
   or not oldest or not tonumber(ARGV[6]) then
    return redis.error_reply('ERR civic_message: ARGV')
end
if redis.call('HEXISTS', KEYS[1], 'm:' .. id) == 1 then
    return 0
end

local entries = {}
for entry in string.gmatch(redis.call('HGET', KEYS[1], 'index') or '',
                           '%S+') do
    entries[#entries + 1] = entry
end
entries[#entries + 1] = id .. ':' .. now .. ':0'

local first = math.max(1, #entries - most + 1)
while first < #entries
      and tonumber(string.match(entries[first], ':(%d+):')) < oldest do
    first = first + 1
end

redis.call('HSET', KEYS[1], 'm:' .. id, ARGV[2],
           'index', table.concat(entries, ' ', first))
for i = 1, first - 1 do
    redis.call('HDEL', KEYS[1], 'm:' .. string.match(entries[i], '^[^:]+'))
end
redis.call('EXPIRE', KEYS[1], ARGV[6])
if KEYS[2] then
    redis.call('XADD', KEYS[2], '*', 'entry', ARGV[7])
end
return 1
