-- What a rule file may see is fewer names than LuaJIT has: see
-- docs/architecture.md.  Scripts run in Redis.
std = {
    read_globals = {
        "assert", "error", "ipairs", "math", "next", "pairs", "pcall",
        "select", "string", "table", "tonumber", "tostring", "type",
    },
}
files["lua/rules"] = { read_globals = { "civic", "require" } }
max_line_length = 80
files["lua/redis"] = { read_globals = { "KEYS", "ARGV", "redis", "cjson",
    "struct", "unpack" } }
