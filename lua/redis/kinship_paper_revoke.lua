#!lua
-- Revokes a person's printed codes.
--
-- KEYS[1]  civic:{p:<pid>}:kincodes, see kinship_paper_issue.lua
-- KEYS[2]  the outbox "revoked": "<cti> <expires>"
-- KEYS[3]  the audit trail's outbox
-- ARGV[1]  the holder whose; "" for all
-- ARGV[2]  now, ms, business time: what is over needs no revoking
-- ARGV[3]  the entry for the audit trail
-- ARGV[4]  "forget": every token's text goes, also of codes that an unbinding
--          revoked; else ""
--
-- Answers how many were revoked now.  Their rows stay until they are over, for
-- the index of what is revoked is made anew of them; no text stays.

local holder, now = ARGV[1], tonumber(ARGV[2])

if not now or ARGV[3] == ''
   or (ARGV[4] ~= 'forget' and ARGV[4] ~= '') then
    return redis.error_reply('ERR kinship_paper_revoke: ARGV')
end

local rows = redis.call('HGETALL', KEYS[1])
local codes, texts = {}, {}

for i = 1, #rows, 2 do
    if ARGV[4] == 'forget' and string.find(rows[i], '^text:') then
        texts[#texts + 1] = rows[i]
    end
    local state, of, from, to = string.match(rows[i + 1],
        '^(%a+) (%S+) (%d+) (%d+)$')
    if state == 'valid' and #rows[i] == 32 and tonumber(to) > now
       and (holder == '' or of == holder) then
        codes[#codes + 1] = { rows[i], of, from, to }
    end
end

if #codes > 0 then
    redis.call('XADD', KEYS[3], '*', 'entry', ARGV[3])
end
for _, code in ipairs(codes) do
    redis.call('XADD', KEYS[2], '*', 'entry', code[1] .. ' ' .. code[4])
    redis.call('HSET', KEYS[1], code[1], table.concat({ 'revoked', code[2],
        code[3], code[4] }, ' '))
    redis.call('HDEL', KEYS[1], 'text:' .. code[1])
end
for _, field in ipairs(texts) do
    redis.call('HDEL', KEYS[1], field)
end
return #codes
