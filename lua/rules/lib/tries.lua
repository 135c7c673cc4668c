-- 次数与等待：几次以内不用等，之后每次加倍；一个时段内最多几次。
-- 各规则文件共用，数值写在各自的文件里，这里只有算法。
--
-- Tries and waits: so many are free, then each wait doubles; so many in a
-- window.  Shared by rule files: the numbers stand in theirs, here is how to
-- reckon with them.

local tries = {}

-- 已试 done 次之后要等多久：不到 free 次为 0，恰为 free 次为 first，之后每次
-- 加倍，直到 longest
-- how long to wait after so many tries: nothing before there were "free", then
-- "first", which doubles up to "longest"
function tries.wait(done, free, first, longest)
    if done < free then
        return 0
    end
    local wait = first
    for _ = 1, done - free do
        wait = wait * 2
        if wait >= longest then
            return longest
        end
    end
    return wait
end

-- 一个时段内最多几次 / so many in a window
-- 输入 / input: done 已有几次, since 时段开始至今（还没有则不给 / absent: it has
--               not begun）, most, window, reason
-- 输出 / output: allow = true, fresh（重新计数 / count anew）; or
--               allow = false, reason, retry_after
function tries.in_window(input)
    if input.done == 0 or not input.since or input.since >= input.window then
        return { allow = true, fresh = true }
    end
    if input.done >= input.most then
        return { allow = false, reason = input.reason,
                 retry_after = input.window - input.since }
    end
    return { allow = true, fresh = false }
end

local function in_window(done, since)
    return { done = done, since = since, most = 3, window = 60,
             reason = "too_many" }
end

tries.examples = {
    { call = "wait", input = { 4, 5, 30, 100 }, output = 0 },
    { call = "wait", input = { 5, 5, 30, 100 }, output = 30 },
    { call = "wait", input = { 6, 5, 30, 100 }, output = 60 },
    { call = "wait", input = { 7, 5, 30, 100 }, output = 100 },
    { call = "wait", input = { 1000, 5, 30, 100 }, output = 100 },
    -- 第一次就要等的，也等那么久 / the first wait is what it is
    { call = "wait", input = { 5, 5, 200, 100 }, output = 200 },

    { call = "in_window", input = in_window(0),
      output = { allow = true, fresh = true } },
    { call = "in_window", input = in_window(2, 0),
      output = { allow = true, fresh = false } },
    { call = "in_window", input = in_window(3, 59),
      output = { allow = false, reason = "too_many", retry_after = 1 } },
    { call = "in_window", input = in_window(3, 60),
      output = { allow = true, fresh = true } },
}

return tries
