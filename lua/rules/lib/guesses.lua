-- 猜测密码：考生（login.lua）和工作人员（staff.lua）用同样的办法，各有各的数值。
-- Guessing passwords: alike for citizens (login.lua) and staff (staff.lua),
-- each with numbers of their own.

local tries = require "lib/tries"

local guesses = {}

-- 数值 / of: free_guesses, free_guesses_known_device, first_wait,
--            longest_wait, most_guesses, forget_guesses_after,
--            address_attempts
-- 输入 / input: known_device, change, guesses, since_first, since_last,
--               address_attempts, address_resets_in
-- 输出 / output: allow = true, keep, fresh（重新计数 / count anew）; or
--               allow = false, reason, retry_after
function guesses.attempt(of, input)
    local address_counts = not input.known_device and not input.change
    if address_counts and input.address_attempts > of.address_attempts then
        return {
            allow = false,
            reason = "too_many_from_address",
            retry_after = input.address_resets_in,
        }
    end

    local keep = of.forget_guesses_after
    local since_last = input.since_last or keep
    if input.guesses == 0 or since_last >= keep then
        return { allow = true, fresh = true, keep = keep }
    end

    local free = of.free_guesses
    if input.known_device then
        free = of.free_guesses_known_device
    end

    local wait = keep
    if input.guesses < of.most_guesses then
        wait = tries.wait(input.guesses, free, of.first_wait,
                          of.longest_wait)
    end

    if since_last < wait then
        return {
            allow = false,
            reason = "too_many_guesses",
            retry_after = wait - since_last,
        }
    end
    return { allow = true, fresh = false, keep = keep }
end

local of = {
    free_guesses = 2, free_guesses_known_device = 4, first_wait = 10,
    longest_wait = 30, most_guesses = 6, forget_guesses_after = 100,
    address_attempts = 50,
}

local function attempt(known_device, n, since_last, address_attempts)
    return { of, {
        known_device = known_device, change = false, guesses = n,
        since_last = since_last, address_attempts = address_attempts,
        address_resets_in = 40,
    } }
end

local function refused(retry_after, reason)
    return { allow = false, reason = reason or "too_many_guesses",
             retry_after = retry_after }
end

local again = { allow = true, fresh = false, keep = 100 }
local anew = { allow = true, fresh = true, keep = 100 }

guesses.examples = {
    { call = "attempt", input = attempt(false, 0, nil, 50), output = anew },
    { call = "attempt", input = attempt(false, 1, 0, 50), output = again },
    { call = "attempt", input = attempt(false, 2, 9, 50),
      output = refused(1) },
    { call = "attempt", input = attempt(false, 2, 10, 50), output = again },
    { call = "attempt", input = attempt(false, 5, 0, 50),
      output = refused(30) },
    { call = "attempt", input = attempt(false, 6, 30, 50),
      output = refused(70) },
    { call = "attempt", input = attempt(false, 6, 100, 50), output = anew },
    { call = "attempt", input = attempt(true, 3, 0, 51), output = again },
    { call = "attempt", input = attempt(true, 4, 0, 51),
      output = refused(10) },
    { call = "attempt", input = attempt(false, 0, nil, 51),
      output = refused(40, "too_many_from_address") },
    -- 更改密码时，地址不计 / who changes the password is no stranger
    { call = "attempt",
      input = { of, { known_device = false, change = true, guesses = 0,
                      address_attempts = 51, address_resets_in = 40 } },
      output = anew },
}

return guesses
