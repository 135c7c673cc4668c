#!lua
-- Records a person's consent to a purpose.  One that was given to the same
-- text stays as it is; one that was given to another text is replaced.
--
-- KEYS[1]  civic:{p:<pid>}:consents, a hash:
--            <purpose>           the id of the consent that holds
--            version:<purpose>   "<id> <version> <ms>" of that, read with it:
--                                until when it holds
--            erasing:<purpose>   "<id> <ms>": it ended, its data not erased
--                                yet; somebody is at it until then
--            record:<id>         the consent, sealed
--            text:<id>           "<version> <language> <digest>"
--            ended:<id>          "withdrawn <ms>", "replaced <ms>" or
--                                "retention_over <ms>"
--            withdrawn:<purpose> "<ms>": when it was withdrawn; until it is
--                                given again
--            erased:<id>         JSON: the proof of its deletion
--            :index              ids, the oldest first, with spaces
-- KEYS[2]  the audit trail's outbox
-- KEYS[3]  the outbox of retentions
-- KEYS[4]  civic:retention:{<tag>}, see civic_retention_done.lua
-- ARGV[1]  the purpose
-- ARGV[2]  an id for the consent
-- ARGV[3]  its record, sealed
-- ARGV[4]  version
-- ARGV[5]  language
-- ARGV[6]  digest
-- ARGV[7]  now, ms
-- ARGV[8]  how many records are kept; what holds, or is not erased, stays
-- ARGV[9]  ms: records that ended before may go
-- ARGV[10] the entry for the audit trail
-- ARGV[11] "carry": it was given before, under another pid; then it replaces
--          none but one to an older version, and one with its id, even if it
--          has ended since, is the same.  "automatic": nobody was asked; then
--          it replaces none, and is none after a withdrawal.  Else ""
-- ARGV[12] with "carry", ms: when it was given; a later withdrawal stands
-- ARGV[13] ms: until when it holds
-- ARGV[14] the entry for the set of retentions
-- ARGV[15] one that somebody else gave for the person, who now gives it: it is
--          replaced, to the same text, too; else ""
--
-- Answers {"given" | "existing", id, sealed record}; {"erasing"}: what was
-- kept under the consent before is still being erased; {"ask"}: not without
-- asking.

local key, purpose, id = KEYS[1], ARGV[1], ARGV[2]
local most, oldest = tonumber(ARGV[8]), tonumber(ARGV[9])

if purpose == '' or id == '' or ARGV[3] == '' or not tonumber(ARGV[7])
   or not tonumber(ARGV[4]) or not most or not oldest
   or not tonumber(ARGV[13]) or ARGV[14] == '' then
    return redis.error_reply('ERR civic_consent_give: ARGV')
end
if redis.call('HEXISTS', key, 'erasing:' .. purpose) == 1 then
    return { 'erasing' }
end

local active = redis.call('HGET', key, purpose)
local carry = ARGV[11] == 'carry'
if carry and redis.call('HEXISTS', key, 'record:' .. id) == 1 then
    return { 'existing', id, redis.call('HGET', key, 'record:' .. id) }
end
if carry and tonumber(redis.call('HGET', key, 'withdrawn:' .. purpose)
                      or 0) > tonumber(ARGV[12] or 0) then
    return { 'ask' }
end
if active and active ~= ARGV[15] then
    local version, language, digest = string.match(
        redis.call('HGET', key, 'text:' .. active) or '',
        '^(%S+) (%S+) (%S+)$')
    -- the same text in another language has another digest
    if version == ARGV[4] and (language ~= ARGV[5] or digest == ARGV[6])
       or carry and version and tonumber(version) >= tonumber(ARGV[4]) then
        return { 'existing', active, redis.call('HGET', key,
                                                'record:' .. active) }
    end
end

if ARGV[11] == 'automatic' and (active
   or redis.call('HEXISTS', key, 'withdrawn:' .. purpose) == 1) then
    return { 'ask' }
end

local ids = {}
for one in string.gmatch(redis.call('HGET', key, ':index') or '', '%S+') do
    ids[#ids + 1] = one
end

-- what has ended, needs no erasure and is old, or one too many
local kept, gone, over = {}, {}, #ids + 1 - most
for _, one in ipairs(ids) do
    local how, at = string.match(redis.call('HGET', key, 'ended:' .. one)
                                 or '', '^([%a_]+) (%d+)$')
    local over_for_good = how == 'replaced' or (how
        and redis.call('HEXISTS', key, 'erased:' .. one) == 1)
    if over_for_good and (#gone < over or tonumber(at) < oldest) then
        gone[#gone + 1] = one
    else
        kept[#kept + 1] = one
    end
end
kept[#kept + 1] = id

redis.call('HSET', key, 'record:' .. id, ARGV[3], 'text:' .. id,
           ARGV[4] .. ' ' .. ARGV[5] .. ' ' .. ARGV[6],
           ':index', table.concat(kept, ' '), purpose, id,
           'version:' .. purpose,
           id .. ' ' .. ARGV[4] .. ' ' .. ARGV[13])
redis.call('ZADD', KEYS[4], ARGV[13], ARGV[14])
if redis.call('XLEN', KEYS[3]) == 0 then
    redis.call('XADD', KEYS[3], '*', 'entry', 'due')
end
if active then
    redis.call('HSET', key, 'ended:' .. active, 'replaced ' .. ARGV[7])
end
redis.call('HDEL', key, 'withdrawn:' .. purpose)
for _, one in ipairs(gone) do
    redis.call('HDEL', key, 'record:' .. one, 'text:' .. one,
               'ended:' .. one, 'erased:' .. one)
end
redis.call('XADD', KEYS[2], '*', 'entry', ARGV[10])
return { 'given', id, ARGV[3] }
