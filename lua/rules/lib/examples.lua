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

examples.examples = {
    { call = "but", input = { { a = 1, b = 2 }, { b = 3, c = 4 } },
      output = { a = 1, b = 3, c = 4 } },
}

return examples
