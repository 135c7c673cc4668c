#!lua
-- Takes a text away: whoever asks first has it.
-- KEYS[1]  where
-- Answers the text, or nil if there is none.

local text = redis.call("GET", KEYS[1])

redis.call("DEL", KEYS[1])

return text
