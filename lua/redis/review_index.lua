#!lua
-- Takes an application into the index of its exam, unless a newer version of
-- it stands there, and moves the counts with it.
--
-- KEYS[1]  civic:{review:<exam>}:applications, a hash: pid -> "<version>
--          <state> <position> <paid> <order's version>"; "." is no position
-- KEYS[2]  civic:{review:<exam>}:counts, a hash: position -> how many are
--          submitted, approved or refused
-- KEYS[3]  civic:{review:<exam>}:paid, a set of pids: approved, and paid or
--          free
-- KEYS[4]  civic:{review:<exam>}:ids, a hash: application's id -> pid
-- ARGV[1]  the pid
-- ARGV[2]  what stands in KEYS[1] from now on
-- ARGV[3]  the application's id
--
-- Answers 1; or 0, if a newer one is there: nothing was written.

local form = '^(%d+) (%l+) (%S+) ([01]) (%d+)$'
local pid, id = ARGV[1], ARGV[3]
local version, state, position, paid, order = string.match(ARGV[2], form)

if pid == '' or id == '' or not version then
    return redis.error_reply('ERR review_index: ARGV')
end

local function counted(of, at)
    return at ~= nil and at ~= '.'
        and (of == 'submitted' or of == 'approved' or of == 'refused')
end

local its, was, had, _, before = string.match(
    redis.call('HGET', KEYS[1], pid) or '', form)

if its and (tonumber(its) > tonumber(version)
            or (its == version and tonumber(before) > tonumber(order))) then
    return 0
end

redis.call('HSET', KEYS[1], pid, ARGV[2])
redis.call('HSET', KEYS[4], id, pid)
if counted(state, position) then
    redis.call('HINCRBY', KEYS[2], position, 1)
end
if counted(was, had) then
    redis.call('HINCRBY', KEYS[2], had, -1)
end
if paid == '1' then
    redis.call('SADD', KEYS[3], pid)
else
    redis.call('SREM', KEYS[3], pid)
end
return 1
