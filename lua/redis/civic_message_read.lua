#!lua
-- Marks a message as read, or all up to it: one that came meanwhile, and
-- that the reader has not seen, stays unread.
--
-- KEYS[1]  civic:{p:<pid>}:messages, see civic_message.lua
-- KEYS[2]  absent, or the audit trail's outbox
-- ARGV[1]  the message's id
-- ARGV[2]  "one"; "all": and all older ones
-- ARGV[3]  the entry for the audit trail
--
-- Answers how many were unread before; -1 if there is no such message.

if ARGV[2] ~= 'one' and ARGV[2] ~= 'all' then
    return redis.error_reply('ERR civic_message_read: ARGV')
end

local entries, at = {}, 0
for entry in string.gmatch(redis.call('HGET', KEYS[1], 'index') or '',
                           '%S+') do
    entries[#entries + 1] = entry
    if string.match(entry, '^[^:]+') == ARGV[1] then
        at = #entries
    end
end
if at == 0 then
    return -1
end

local marked = 0
for i = ARGV[2] == 'one' and at or 1, at do
    if string.sub(entries[i], -1) == '0' then
        entries[i] = string.sub(entries[i], 1, -2) .. '1'
        marked = marked + 1
    end
end
if marked > 0 then
    redis.call('HSET', KEYS[1], 'index', table.concat(entries, ' '))
    if KEYS[2] then
        redis.call('XADD', KEYS[2], '*', 'entry', ARGV[3])
    end
end
return marked
