#!lua
-- Takes results away from a person: their time, or the consent, is over.
--
-- KEYS[1]  civic:{p:<pid>}:tests, see sampling_keep.lua
-- KEYS[2]  the person's consents
-- KEYS[3]  the audit trail's outbox
-- ARGV[1]  the entry for the audit trail
-- ARGV[2]  and further: the marks; none: all, unless a consent holds
--
-- Answers how many were there.

if ARGV[1] == '' then
    return redis.error_reply('ERR sampling_forget: ARGV')
end

local fields, count = {}, 0

if #ARGV == 1 then
    local consents = redis.call('HMGET', KEYS[2], 'health', 'health_child')
    if (consents[1] or '') ~= '' or (consents[2] or '') ~= '' then
        return 0
    end
    count = math.floor(redis.call('HLEN', KEYS[1]) / 2)
else
    for i = 2, #ARGV do
        count = count + redis.call('HEXISTS', KEYS[1], 'v:' .. ARGV[i])
        fields[#fields + 1] = ARGV[i]
        fields[#fields + 1] = 'v:' .. ARGV[i]
    end
end

if count > 0 then
    redis.call('XADD', KEYS[3], '*', 'entry', ARGV[1])
end
if #ARGV == 1 then
    redis.call('DEL', KEYS[1])
else
    redis.call('HDEL', KEYS[1], unpack(fields))
end
return count
