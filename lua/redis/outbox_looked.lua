#!lua
-- Drops the notes of outboxes that were looked at and found empty, unless one
-- was noted again meanwhile: its entry may have come after the look.
-- KEYS[1]  civic:outbox-notes:<name>:<group>, a hash: see outbox_note.lua
-- ARGV     an outbox's number and the mark that it had before the look, and so
--          on, up to 1,024 of them
-- Answer   how many notes went
if #ARGV == 0 or #ARGV % 2 ~= 0 then
    return redis.error_reply("ERR outbox_looked: ARGV")
end

local numbers, over = {}, {}

for i = 1, #ARGV, 2 do
    numbers[#numbers + 1] = ARGV[i]
end

local marks = redis.call("HMGET", KEYS[1], unpack(numbers))

for i, number in ipairs(numbers) do
    if marks[i] == ARGV[2 * i] then
        over[#over + 1] = number
    end
end

return #over == 0 and 0 or redis.call("HDEL", KEYS[1], unpack(over))
