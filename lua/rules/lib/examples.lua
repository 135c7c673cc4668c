-- 写示例用：一份输入，只改几处。
-- For writing examples: an input, with a few changes.

local examples = {}

-- 不改动原来的 / which stays as it is
function examples.but(base, changes)
    local input = {}
    for name, value in pairs(base) do
        input[name] = value
    end
    for name, value in pairs(changes) do
        input[name] = value
    end
    return input
end

-- 各示例都以 of 为第一个参数：部分的函数先收到数值，再收到输入
-- each is asked with "of" first: a part's function gets the numbers, then the
-- input
function examples.with(of, list)
    for _, example in ipairs(list) do
        example.input = { of, example.input or {} }
    end
    return list
end

examples.examples = {
    { call = "but", input = { { a = 1, b = 2 }, { b = 3, c = 4 } },
      output = { a = 1, b = 3, c = 4 } },
    { call = "with", input = { { n = 1 }, { { call = "x" } } },
      output = { { call = "x", input = { { n = 1 }, {} } } } },
}

return examples
