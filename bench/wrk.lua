-- Closed-loop load: prepared requests with the tokens of a file, in turn.
--   wrk ... -- <path> <tokens file or -> [header]
-- A path behind a token in the file is that token's own.
-- Ends with a line "WRK <requests/s> <p50 us> <p99 us> <errors> <requests>".

local requests, at = {}, 0

function init(args)
    local tail = " HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        .. (args[3] and args[3] .. "\r\n" or "")

    if args[2] == "-" then
        requests[1] = "GET " .. args[1] .. tail .. "\r\n"
        return
    end

    for line in io.lines(args[2]) do
        local token, path = line:match("^(%S+) ?(%S*)$")

        requests[#requests + 1] = "GET " .. (path == "" and args[1] or path)
            .. tail .. "Authorization: Bearer " .. token .. "\r\n\r\n"
    end
end

function request()
    at = at % #requests + 1
    return requests[at]
end

function done(summary, latency)
    local e = summary.errors

    io.write(string.format("WRK %.1f %d %d %d %d\n",
        summary.requests / (summary.duration / 1e6), latency:percentile(50),
        latency:percentile(99),
        e.status + e.connect + e.read + e.write + e.timeout,
        summary.requests))
end
