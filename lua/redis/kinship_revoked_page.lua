#!lua
-- A page of the index of what is revoked, as one text: a hundred thousand
-- values would keep the worker busy.  Takes out what is over.
--
-- KEYS[1]  civic:{kinship}:revoked, see kinship_revoked.lua
-- ARGV[1]  the last member of the page before; "" at the beginning
-- ARGV[2]  s, business time: what ended before is taken out
-- ARGV[3]  how many members are looked at
--
-- Answers { the last member, or "" behind the end; 12 bytes for each: the
-- entry, and when it ends, s, big endian }.

local now, count = tonumber(ARGV[2]), tonumber(ARGV[3])

if not now or not count or count < 1 then
    return redis.error_reply('ERR kinship_revoked_page: ARGV')
end

local from = ARGV[1] == '' and '-' or '(' .. ARGV[1]
local members = redis.call('ZRANGEBYLEX', KEYS[1], from, '+', 'LIMIT', 0,
    count)
local kept = {}

for _, member in ipairs(members) do
    local entry, ends = string.match(member, '^([0-9a-f]+) (%d+)$')
    if entry and #entry == 16 and tonumber(ends) > now then
        kept[#kept + 1] = struct.pack('>I4I4I4',
            tonumber(string.sub(entry, 1, 8), 16),
            tonumber(string.sub(entry, 9), 16),
            math.min(tonumber(ends), 4294967295))
    else
        redis.call('ZREM', KEYS[1], member)
    end
end
return { #members == count and members[count] or '', table.concat(kept) }
