-- The peer in nginx-lua, as an OpenResty programmer would write it: checks a
-- bearer session in Redis, reads the user's profile, answers JSON.
--   two_trips(): the profile is asked for when the session is known
--   one_trip():  the token names the user, so both go out together

local cjson = require "cjson.safe"
local redis = require "nginx.redis"

local PORT = tonumber(os.getenv("BENCH_REDIS_PORT"))
local IDLE_MS, POOL = 60000, 128

local _M = {}

local function refuse(status, reason)
    ngx.status = status
    ngx.header.content_type = "application/json"
    ngx.print('{"error":"', reason, '"}')
end

local function bearer()
    local header = ngx.var.http_authorization

    if header and header:sub(1, 7) == "Bearer " and #header > 11 then
        return header:sub(8)
    end
end

local function connect()
    local store = redis:new()
    store:set_timeout(1000)

    local ok, err = store:connect("127.0.0.1", PORT)
    if not ok then
        ngx.log(ngx.ERR, "redis: ", err)
        return nil
    end

    return store
end

local function alive(session)
    return type(session) == "table" and session[1] ~= ngx.null
        and (tonumber(session[2]) or 0) >= ngx.time()
end

local function answer(session, fields)
    local profile = {}

    for i = 1, #fields, 2 do
        profile[fields[i]] = fields[i + 1]
    end

    ngx.header.content_type = "application/json"
    ngx.print(cjson.encode({
        uid = session[1], scope = session[3], profile = profile,
    }))
end

function _M.two_trips()
    local token = bearer()
    if not token then
        return refuse(401, "no token")
    end

    local store = connect()
    if not store then
        return refuse(503, "no store")
    end

    local session = store:hmget("session:" .. token, "uid", "exp", "scope")
    if not alive(session) then
        store:set_keepalive(IDLE_MS, POOL)
        return refuse(401, "no session")
    end

    local fields = store:hgetall("user:" .. session[1])
    store:set_keepalive(IDLE_MS, POOL)
    answer(session, fields)
end

function _M.one_trip()
    local token = bearer()
    local dot = token and token:find(".", 1, true)
    if not dot then
        return refuse(401, "no token")
    end

    local store = connect()
    if not store then
        return refuse(503, "no store")
    end

    store:init_pipeline(2)
    store:hmget("session:" .. token, "uid", "exp", "scope")
    store:hgetall("user:" .. token:sub(1, dot - 1))

    local replies = store:commit_pipeline()
    if not replies then
        return refuse(503, "no store")
    end

    store:set_keepalive(IDLE_MS, POOL)

    if not alive(replies[1]) then
        return refuse(401, "no session")
    end

    answer(replies[1], replies[2])
end

return _M
