#!lua
-- The fault that is next, which is used up by this.
-- KEYS[1]  the faults of a method
-- Answers it, or nil if none waits.

return redis.call("LPOP", KEYS[1])
