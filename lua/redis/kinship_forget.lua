#!lua
-- Erases what is kept of a person's health: the code, who it is, what
-- guardians' looks were noted, the looks themselves.  Facts that the law wants
-- kept stay, sealed anew.
--
-- KEYS[1]  civic:{p:<pid>}:health, see kinship_open.lua
-- KEYS[2]  civic:{p:<pid>}:looks, a stream
-- KEYS[3]  the audit trail's outbox
-- ARGV[1]  the version of the facts that was read
-- ARGV[2]  the facts that stay, sealed; "" for none
-- ARGV[3]  the entry for the audit trail
--
-- Answers how many fields and looks are gone; -1: others changed the facts
-- meanwhile, nothing was written.

local version = tonumber(ARGV[1])

if not version or ARGV[3] == '' then
    return redis.error_reply('ERR kinship_forget: ARGV')
end
if tonumber(redis.call('HGET', KEYS[1], 'version') or '0') ~= version then
    return -1
end

local gone, fields = redis.call('XLEN', KEYS[2]), {}
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
    if field ~= 'version' and (field ~= 'facts' or ARGV[2] == '') then
        fields[#fields + 1] = field
    end
end
if gone + #fields == 0 then
    return 0
end

redis.call('XADD', KEYS[3], '*', 'entry', ARGV[3])
if ARGV[2] == '' then
    redis.call('DEL', KEYS[1])
else
    redis.call('HSET', KEYS[1], 'facts', ARGV[2],
               'version', string.format('%d', version + 1))
    for _, field in ipairs(fields) do
        redis.call('HDEL', KEYS[1], field)
    end
end
redis.call('DEL', KEYS[2])
return gone + #fields
