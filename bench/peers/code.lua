-- The peer that shows a relative's health code, as an OpenResty programmer
-- would write it: session, the guardian's list, the relative's record, a
-- colour, a token that is signed for this half minute, JSON.  What Civic keeps
-- sealed stands here in clear.
--   three_trips(): one after the other
--   two_trips():   the token names the user, so session and list go together

local cjson = require "cjson.safe"
local redis = require "nginx.redis"

local PORT = tonumber(os.getenv("BENCH_REDIS_PORT"))
local IDLE_MS, POOL = 60000, 128
local KEY = "0123456789abcdef0123456789abcdef"
local EVERY, DAY = 30, 86400

local _M = {}

local COLOURS = {
    red = { rank = 3, zh = "红码" }, yellow = { rank = 2, zh = "黄码" },
    green = { rank = 1, zh = "绿码" },
}
local MEASURES = {
    own_case = { "red", 7, "yellow" }, contact = { "red", 3, "yellow" },
    secondary_contact = { "yellow" }, arrival_abroad = { "red" },
    arrival_high = { "red" }, arrival_medium = { "yellow" },
    region_high = { "red" }, region_medium = { "yellow" },
    isolation = { "red" }, home = { "yellow" },
}
local RESULTS = { positive = "red", recheck = "yellow" }

local function refuse(status, reason)
    ngx.status = status
    ngx.header.content_type = "application/json"
    ngx.print('{"error":"', reason, '"}')
end

local function colour_of(facts, now)
    local best, reason, ends = "green", "nothing", nil

    local function offer(colour, why, till)
        if COLOURS[colour].rank > COLOURS[best].rank then
            best, reason, ends = colour, why, till
        end
    end

    local override = facts.override
    if override and (not override["until"] or now < override["until"]) then
        offer(override.colour, "override", override["until"])
        return best, reason, ends
    end
    local last
    for _, test in ipairs(facts.tests or {}) do
        if not last or test.at >= last.at then
            last = test
        end
    end
    if last and RESULTS[last.result] then
        offer(RESULTS[last.result], last.result)
    end
    for _, measure in ipairs(facts.measures or {}) do
        local kind = MEASURES[measure.kind] or { "yellow" }
        local till = measure["until"]
        if now >= measure.since then
            if not till or now < till then
                offer(kind[1], measure.kind, till)
            elseif kind[3] and now < till + kind[2] * DAY then
                offer(kind[3], measure.kind, till + kind[2] * DAY)
            end
        end
    end
    return best, reason, ends
end

local function masked(name)
    local first = name:match("^[%z\1-\127\194-\244][\128-\191]*") or ""

    return first .. "*"
end

local function answer(binding, place, health)
    local facts = cjson.decode(health[2])
    local now = ngx.time()
    local colour, reason, ends = colour_of(facts, now)
    local from = now - now % EVERY
    local payload = table.concat({ place.relative, binding, from, "kin" }, ".")

    ngx.header.content_type = "application/json"
    ngx.print(cjson.encode({
        kind = "kin", binding_id = binding, relation = place.relation,
        name = masked(health[1]), colour = colour,
        colour_label = COLOURS[colour].zh, reason = reason, ["until"] = ends,
        form = "sheet", label = "亲属码", band = "striped_" .. colour,
        code = payload .. "."
            .. ngx.encode_base64(ngx.hmac_sha1(KEY, payload)),
        issued_at = from, expires_at = from + EVERY,
        refresh_in = from + EVERY - now, shown_at = now,
    }))
end

local function alive(session)
    return type(session) == "table" and session[1] ~= ngx.null
        and (tonumber(session[2]) or 0) >= ngx.time()
end

local function connect()
    local store = redis:new()
    store:set_timeout(1000)

    if store:connect("127.0.0.1", PORT) then
        return store
    end
end

-- The place of that binding in the guardian's list: relative, relation.
local function place_of(kin, binding)
    for i = 1, #kin, 2 do
        local id, relation = kin[i + 1]:match("^bound (%S+) %d+ (%S+)$")

        if id == binding then
            return { relative = kin[i], relation = relation }
        end
    end
end

local function show(store, user, kin, binding)
    local place = place_of(kin, binding)

    if not place then
        store:set_keepalive(IDLE_MS, POOL)
        return refuse(404, "no binding")
    end

    store:init_pipeline(3)
    store:hget("guardians:" .. place.relative, user)
    store:hmget("health:" .. place.relative, "name", "facts", "version",
        "look:" .. user)
    store:hget("consents:" .. place.relative, "health_child")

    local replies = store:commit_pipeline()
    if not replies then
        return refuse(503, "no store")
    end

    store:set_keepalive(IDLE_MS, POOL)

    if replies[1] == ngx.null or replies[3] == ngx.null then
        return refuse(404, "not bound")
    end

    answer(binding, place, replies[2])
end

local function asked()
    local header = ngx.var.http_authorization
    local token = header and header:sub(1, 7) == "Bearer " and header:sub(8)

    return token, ngx.var.uri:match("[^/]+$")
end

function _M.three_trips()
    local token, binding = asked()
    local store = connect()
    if not store then
        return refuse(503, "no store")
    end

    local session = store:hmget("session:" .. token, "uid", "exp", "scope")
    if not alive(session) then
        store:set_keepalive(IDLE_MS, POOL)
        return refuse(401, "no session")
    end

    show(store, session[1], store:hgetall("kin:" .. session[1]), binding)
end

function _M.two_trips()
    local token, binding = asked()
    local user = token and token:match("^([^.]+)%.")
    local store = connect()
    if not store or not user then
        return refuse(503, "no store")
    end

    store:init_pipeline(2)
    store:hmget("session:" .. token, "uid", "exp", "scope")
    store:hgetall("kin:" .. user)

    local replies = store:commit_pipeline()
    if not replies or not alive(replies[1]) then
        store:set_keepalive(IDLE_MS, POOL)
        return refuse(401, "no session")
    end

    show(store, user, replies[2], binding)
end

return _M
