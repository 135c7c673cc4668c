-- 工作人员账号规则。修改本文件即可调整策略，无需编程人员，也无需重启。
-- 文件末尾的“示例”必须全部成立，新规则才会生效；改了数字，请同时改示例。
-- 时间单位都是秒。
--
-- Rules of staff accounts.  Changing this file changes the policy; nothing
-- has to be restarted.  The examples at the end must hold before a new
-- version is taken: whoever changes a number changes them too.  Times are
-- seconds.
--
-- Input and output of each function stand above it.  A function sees facts,
-- never a password or a name.
--
-- 数值都在本文件；算法在 / The numbers stand here; how to reckon with them in
--   lib/guesses.lua    猜测密码 / guessing
--   lib/passwords.lua  新密码 / new passwords

local examples = require "lib/examples"
local guesses = require "lib/guesses"
local passwords = require "lib/passwords"

local rules = {}

---------------------------------------------------------------------------
-- 登录 / Logging in
---------------------------------------------------------------------------

-- 初始密码的有效时间 / how long an initial password can be used
rules.initial_life = 259200

-- 同一网络地址在一个时段内的尝试上限；曾登录过的设备不受此限
-- attempts from one address in a window; known devices are exempt
rules.address_window = 600
rules.address_attempts = 60

-- 输出 / output: address_window, initial_life
function rules.login()
    return {
        address_window = rules.address_window,
        initial_life = rules.initial_life,
    }
end

-- 动态口令每 30 秒一个；允许早几个、晚几个（最多 10）
-- a code lasts 30 s; how many codes it may be late or early (10 at most)
rules.totp_before = 1
rules.totp_after = 1

-- 输出 / output: before, after
function rules.totp()
    return { before = rules.totp_before, after = rules.totp_after }
end

---------------------------------------------------------------------------
-- 猜测密码 / Guessing
---------------------------------------------------------------------------

-- 连续错误几次后开始等待：陌生设备，曾登录过的设备
-- free attempts before waiting: on unknown devices, on a known one
rules.free_guesses = 3
rules.free_guesses_known_device = 5

-- 第一次等待的时间；之后每错一次加倍，直到上限
-- the first wait; it doubles with each failure, up to the longest
rules.first_wait = 120
rules.longest_wait = 7200

-- 连续错误的上限（NIST SP 800-63B：不超过100次），达到后须等到计数过期
-- failures in a row at most (NIST SP 800-63B: 100); then only time helps
rules.most_guesses = 50

-- 多久没有新的错误，计数就清零 / after so long without a failure all is new
rules.forget_guesses_after = 86400

-- 输入 / input: known_device, change, guesses, since_first, since_last,
--               address_attempts, address_resets_in
-- 输出 / output: allow = true, keep, fresh（重新计数 / count anew）; or
--               allow = false, reason, retry_after
function rules.attempt(input)
    return guesses.attempt(rules, input)
end

---------------------------------------------------------------------------
-- 新密码 / New passwords
---------------------------------------------------------------------------

-- 最少和最多字符数；最多不超过128 / characters at least and at most
rules.min_length = 12
rules.max_length = 128

-- 至少几个不同的字符 / different characters at least
rules.min_distinct = 6

-- 大写、小写、数字、其他，至少几类（等级保护三级要求复杂度）
-- of upper case, lower case, digits and others, how many kinds
rules.min_classes = 3

-- 是否拒绝常见密码、包含账号名的密码
-- whether common passwords, and those with the account's name, are refused
rules.refuse_common = true
rules.refuse_personal = true

-- 输入 / input: length, distinct, lower, upper, digits, others, blocklisted,
--               has_name, same_as_old
-- 输出 / output: allow = true; or allow = false, reasons
function rules.password(input)
    return passwords.check(rules, input)
end

---------------------------------------------------------------------------
-- 角色 / Roles
---------------------------------------------------------------------------

-- 不能由同一人担任的角色。"*" 代表其他任何角色。
-- Roles that are not for the same person.  "*" is any other one.
rules.apart = {
    { "administrator", "*" },           -- 管理账号的人不办业务
    { "sampler", "laboratory" },        -- 采样的人不检测
}

local function other_than(roles, role)
    for _, other in ipairs(roles) do
        if other ~= role then
            return other
        end
    end
    return nil
end

local function has(roles, role)
    for _, other in ipairs(roles) do
        if other == role then
            return true
        end
    end
    return false
end

-- 输入 / input: roles
-- 输出 / output: allow = true; or allow = false, reason, first, second
function rules.roles(input)
    for _, pair in ipairs(rules.apart) do
        local first, second = pair[1], pair[2]
        if second == "*" then
            second = other_than(input.roles, first)
        elseif not has(input.roles, second) then
            second = nil
        end
        if second and has(input.roles, first) then
            return {
                allow = false, reason = "roles_conflict",
                first = first, second = second,
            }
        end
    end
    return { allow = true }
end

---------------------------------------------------------------------------
-- 会话与设备 / Sessions and devices
---------------------------------------------------------------------------

-- 会话最长时间、多久不用就失效：一般工作人员，管理员，首次设置
-- a session's whole life, and its life without use: of staff, of
-- administrators, of who still must set password or TOTP secret
rules.session_lifetime = 28800
rules.session_idle = 1800
rules.administrator_lifetime = 7200
rules.administrator_idle = 600
rules.first_lifetime = 900
rules.first_idle = 300

-- 多久记录一次使用；同时保留的会话数
-- how coarsely use is noted; sessions that an account keeps
rules.session_refresh = 30
rules.sessions_kept = 3

-- 设备在最后一次登录后多久不再算“曾登录过”；最多记住几台
-- how long a device stays known after its last login; how many are kept
rules.device_life = 2592000
rules.devices_kept = 5

-- 输入 / input: roles, must_set
-- 输出 / output: lifetime, idle, refresh, keep, device_life, devices
function rules.session(input)
    local lifetime, idle = rules.session_lifetime, rules.session_idle
    if has(input.roles, "administrator") then
        lifetime, idle = rules.administrator_lifetime, rules.administrator_idle
    end
    if input.must_set then
        lifetime, idle = rules.first_lifetime, rules.first_idle
    end
    return {
        lifetime = lifetime,
        idle = idle,
        refresh = rules.session_refresh,
        keep = rules.sessions_kept,
        device_life = rules.device_life,
        devices = rules.devices_kept,
    }
end

---------------------------------------------------------------------------
-- 检查：数值写错时整个文件不生效，并说明哪一项不对、允许多少。
-- Checks: a value that cannot work is refused with the whole file, by its
-- name and with what is allowed.
---------------------------------------------------------------------------

civic.whole(rules, "initial_life", 60, 31622400)
civic.whole(rules, "address_window", 1, 86400)
civic.whole(rules, "address_attempts", 1, 1000000)
civic.whole(rules, "totp_before", 0, 10)
civic.whole(rules, "totp_after", 0, 10)
civic.whole(rules, "free_guesses", 1, 100)
civic.whole(rules, "free_guesses_known_device", 1, 100)
civic.whole(rules, "first_wait", 1, 86400)
civic.whole(rules, "longest_wait", 1, 86400)
civic.whole(rules, "most_guesses", 1, 100)
civic.whole(rules, "forget_guesses_after", 60, 34560000)
civic.whole(rules, "min_length", 1, 128)
civic.whole(rules, "max_length", 8, 128)
civic.whole(rules, "min_distinct", 1, 128)
civic.whole(rules, "min_classes", 1, 4)
civic.whole(rules, "session_lifetime", 60, 31622400)
civic.whole(rules, "session_idle", 0, 31622400)
civic.whole(rules, "administrator_lifetime", 60, 31622400)
civic.whole(rules, "administrator_idle", 0, 31622400)
civic.whole(rules, "first_lifetime", 60, 31622400)
civic.whole(rules, "first_idle", 0, 31622400)
civic.whole(rules, "session_refresh", 1, 86400)
civic.whole(rules, "sessions_kept", 1, 100)
civic.whole(rules, "device_life", 60, 63244800)
civic.whole(rules, "devices_kept", 1, 50)

if rules.max_length < rules.min_length then
    error("max_length: expected no less than min_length")
end

---------------------------------------------------------------------------
-- 示例 / Examples
---------------------------------------------------------------------------

local good = {
    length = 16, distinct = 9, lower = 8, upper = 2, digits = 4, others = 2,
    blocklisted = false, has_name = false, same_as_old = false,
}

local function but(changes)
    return examples.but(good, changes)
end

local function refused(...)
    return {
        allow = false, reasons = { ... }, min_length = 12, max_length = 128,
        min_distinct = 6, min_classes = 3,
    }
end

local function attempt(known_device, wrong, since_last, address_attempts)
    return {
        known_device = known_device, change = false, guesses = wrong,
        since_first = since_last, since_last = since_last,
        address_attempts = address_attempts, address_resets_in = 40,
    }
end

local function session(lifetime, idle)
    return {
        lifetime = lifetime, idle = idle, refresh = 30, keep = 3,
        device_life = 2592000, devices = 5,
    }
end

rules.examples = {
    { call = "login", input = {},
      output = { address_window = 600, initial_life = 259200 } },
    { call = "totp", input = {}, output = { before = 1, after = 1 } },

    -- 第一次；错两次还可以试；错三次等两分钟，之后加倍
    -- the first; two failures are free; three cost two minutes, then more
    { call = "attempt", input = attempt(false, 0, nil, 1),
      output = { allow = true, fresh = true, keep = 86400 } },
    { call = "attempt", input = attempt(false, 2, 1, 3),
      output = { allow = true, fresh = false, keep = 86400 } },
    { call = "attempt", input = attempt(false, 3, 20, 4),
      output = { allow = false, reason = "too_many_guesses",
                 retry_after = 100 } },
    { call = "attempt", input = attempt(false, 4, 239, 4),
      output = { allow = false, reason = "too_many_guesses",
                 retry_after = 1 } },
    { call = "attempt", input = attempt(false, 49, 0, 4),
      output = { allow = false, reason = "too_many_guesses",
                 retry_after = 7200 } },
    { call = "attempt", input = attempt(false, 50, 7200, 4),
      output = { allow = false, reason = "too_many_guesses",
                 retry_after = 79200 } },
    { call = "attempt", input = attempt(false, 50, 86400, 4),
      output = { allow = true, fresh = true, keep = 86400 } },
    -- 曾登录过的设备另行计数 / a known device is counted apart
    { call = "attempt", input = attempt(true, 4, 0, 61),
      output = { allow = true, fresh = false, keep = 86400 } },
    { call = "attempt", input = attempt(true, 5, 0, 1),
      output = { allow = false, reason = "too_many_guesses",
                 retry_after = 120 } },
    { call = "attempt", input = attempt(false, 0, nil, 61),
      output = { allow = false, reason = "too_many_from_address",
                 retry_after = 40 } },

    { call = "password", input = good, output = { allow = true } },
    { call = "password", input = but { length = 11 },
      output = refused("password_too_short") },
    { call = "password", input = but { length = 129 },
      output = refused("password_too_long") },
    { call = "password", input = but { upper = 0, digits = 0 },
      output = refused("password_classes") },
    { call = "password", input = but { distinct = 5, blocklisted = true },
      output = refused("password_simple", "password_common") },
    { call = "password", input = but { has_name = true, same_as_old = true },
      output = refused("password_personal", "password_unchanged") },

    { call = "roles", input = { roles = { "administrator" } },
      output = { allow = true } },
    { call = "roles", input = { roles = { "reviewer", "office", "door" } },
      output = { allow = true } },
    { call = "roles", input = { roles = { "office", "administrator" } },
      output = { allow = false, reason = "roles_conflict",
                 first = "administrator", second = "office" } },
    { call = "roles", input = { roles = { "sampler", "laboratory" } },
      output = { allow = false, reason = "roles_conflict",
                 first = "sampler", second = "laboratory" } },

    { call = "session", input = { roles = { "door" }, must_set = false },
      output = session(28800, 1800) },
    { call = "session",
      input = { roles = { "administrator" }, must_set = false },
      output = session(7200, 600) },
    { call = "session",
      input = { roles = { "administrator" }, must_set = true },
      output = session(900, 300) },
}

return rules
