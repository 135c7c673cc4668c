#!lua
-- Asks the relative's slot, which decides, what became of a binding; if it is
-- not there, it never will be.
--
-- KEYS[1]  civic:{p:<relative>}:guardians, see kinship_commit.lua
-- ARGV[1]  the guardian's pid
-- ARGV[2]  the binding
-- ARGV[3]  now, real time, ms
--
-- Answers {"bound", row}; {"void", the row of another binding or ""}.

local now = tonumber(ARGV[3])

if #ARGV[1] ~= 22 or #ARGV[2] ~= 22 or not now then
    return redis.error_reply('ERR kinship_void: ARGV')
end

local row = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if string.match(row, '^%S+') == ARGV[2] then
    return { 'bound', row }
end

local old, all = {}, redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
    if #all[i] ~= 22 and now - (tonumber(all[i + 1]) or 0) > 86400000 then
        old[#old + 1] = all[i]
    end
end

redis.call('HSET', KEYS[1], 'void:' .. ARGV[2], ARGV[3])
for _, field in ipairs(old) do
    if field ~= 'void:' .. ARGV[2] then
        redis.call('HDEL', KEYS[1], field)
    end
end
return { 'void', row }
