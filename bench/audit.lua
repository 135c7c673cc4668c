-- Closed-loop load: posts that write, each to one of many keys, with the
-- tokens of a file in turn and an Idempotency-Key of its own.
--   wrk ... -- <path> <how many keys> <tokens file>
-- Ends with a line "WRK <requests/s> <p50 us> <p99 us> <errors> <requests>".

local heads, tails, at, sent, run = {}, {}, 0, 0, os.time()

function init(args)
    local tokens = {}

    for token in io.lines(args[3]) do
        tokens[#tokens + 1] = token
    end
    for key = 1, tonumber(args[2]) do
        local body = string.format('{"text":"%08d"}', key)

        heads[key] = "POST " .. args[1] .. " HTTP/1.1\r\n"
            .. "Host: 127.0.0.1\r\nContent-Type: application/json\r\n"
            .. "Authorization: Bearer " .. tokens[key % #tokens + 1] .. "\r\n"
            .. "Content-Length: " .. #body .. "\r\nIdempotency-Key: "
        tails[key] = "\r\n\r\n" .. body
    end
end

function request()
    at = at % #heads + 1
    sent = sent + 1
    return heads[at] .. string.format("%d-%012d", run, sent) .. tails[at]
end

function done(summary, latency)
    local e = summary.errors

    io.write(string.format("WRK %.1f %d %d %d %d\n",
        summary.requests / (summary.duration / 1e6), latency:percentile(50),
        latency:percentile(99),
        e.status + e.connect + e.read + e.write + e.timeout,
        summary.requests))
end
