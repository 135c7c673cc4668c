#!lua
-- Moves an application on from what was read, or begins one.  What must
-- follow stands in outboxes of the same step.
--
-- KEYS[1]  civic:{p:<pid>}:review, a hash:
--            application:<exam>  "<state> <version> <since> <id> <position>
--                                <submitted> <due> <reversal> <reviewer>":
--                                ms, since real time, the other two business
--                                time or 0; "." is no position yet, "-" no
--                                reversal and no reviewer
--            form:<exam>         sealed: answers, reasons, who decided
--            past:<exam>         sealed: submissions and decisions before
--            order:<exam>        "<since> <order>": the order that was opened
--                                for the approval of that instant
-- KEYS[2]  the outbox of what follows
-- KEYS[3]  the outbox of orders that are to be looked at
-- KEYS[4]  the outbox of what others are told
-- KEYS[5]  the audit trail's outbox; any of them without an entry for it
-- ARGV[1]  the exam
-- ARGV[2]  the application as it was read; "": there was none
-- ARGV[3]  the application that comes
-- ARGV[4]  its form, sealed; "" if it stays
-- ARGV[5]  its past, sealed; "" if it stays
-- ARGV[6]  the entry for KEYS[2], or ""
-- ARGV[7]  the entry for KEYS[3] and KEYS[4], or ""
-- ARGV[8]  the entry for KEYS[5], or ""
--
-- Answers {1, application}; {0, the application that is there, or ""}: then
-- nothing was written.

local key, exam = KEYS[1], ARGV[1]
local form = '^(%l+) (%d+) %d+ (%S+) %S+ %d+ %d+ %S+ %S+$'
local state, version, id = string.match(ARGV[3], form)

local leads = {
    [''] = { draft = true },
    draft = { draft = true, submitted = true, withdrawn = true },
    submitted = { submitted = true, approved = true, refused = true,
                  withdrawn = true },
    refused = { refused = true, submitted = true, approved = true,
                withdrawn = true },
    approved = { approved = true, refused = true, removed = true,
                 withdrawn = true },
    withdrawn = { draft = true },
}

if exam == '' or not state
   or (ARGV[2] == '' and (version ~= '1' or ARGV[4] == '')) then
    return redis.error_reply('ERR review_move: ARGV')
end

local found = redis.call('HGET', key, 'application:' .. exam) or ''
if found ~= ARGV[2] then
    return { 0, found }
end

local was, before, its = '', 0, id
if found ~= '' then
    was, before, its = string.match(found, form)
end
if not was or its ~= id or tonumber(version) ~= tonumber(before) + 1
   or not (leads[was] or {})[state] then
    return redis.error_reply('ERR review_move: ' .. (was or '?') .. ' to '
                             .. state)
end

redis.call('HSET', key, 'application:' .. exam, ARGV[3])
if ARGV[4] ~= '' then
    redis.call('HSET', key, 'form:' .. exam, ARGV[4])
end
if ARGV[5] ~= '' then
    redis.call('HSET', key, 'past:' .. exam, ARGV[5])
end
if ARGV[6] ~= '' then
    redis.call('XADD', KEYS[2], '*', 'entry', ARGV[6])
end
if ARGV[7] ~= '' then
    redis.call('XADD', KEYS[3], '*', 'entry', ARGV[7])
    redis.call('XADD', KEYS[4], '*', 'entry', ARGV[7])
end
if ARGV[8] ~= '' then
    redis.call('XADD', KEYS[5], '*', 'entry', ARGV[8])
end
return { 1, ARGV[3] }
