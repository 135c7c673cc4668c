-- 报名前的步骤：各步的标题和说明，做到了哪一步。改文字就改这里；有哪些步骤、先后如何，
-- 在 login.lua。
-- Steps before one may apply: their titles and texts, and how far somebody is.
-- Change the words here; which steps there are, and in which order, stands in
-- login.lua.

local examples = require "lib/examples"

local steps = {}

-- {min_length} 密码最少几个字符 / characters of a password at least
-- 各步骤的标题和说明；phone、pc：该端的说明；waiting：照片待审核时的说明
-- titles and texts; phone, pc: where they differ; waiting: of a photograph
-- that a reviewer has yet to look at
steps.words = {
    enter = {
        title = { zh = "进入考试系统", en = "Enter the examination system" },
        text = { zh = "请将小程序添加到“我的小程序”。",
                 en = "Add the mini-program to \"My mini-programs\"." },
    },
    login = {
        title = { zh = "登录", en = "Log in" },
        text = { zh = "账户登录 · 支付宝扫码登录 · 电子社保卡扫码登录",
                 en = "By account, by Alipay's QR code, or by that of the "
                     .. "electronic social-security card" },
    },
    authorise = {
        title = { zh = "授权", en = "Authorise" },
        text = { zh = "请阅读身份信息授权书，同意后点击“授权”。",
                 en = "Read what is done with your identity; if you consent, "
                     .. "press \"Authorise\"." },
    },
    identity = {
        title = { zh = "身份验证", en = "Say who you are" },
        text = { zh = "请填写本人的姓名和身份证号，随后进行人脸识别认证。",
                 en = "Enter your own name and identity number; the face "
                     .. "comes next." },
    },
    face = {
        title = { zh = "人脸识别认证", en = "Show your face" },
        phone = { zh = "进入人脸识别认证，点击“同意协议并认证”，然后打开摄像头。",
                  en = "Begin, agree, and open the camera." },
        pc = { zh = "点击“进入人脸识别认证”和“同意协议并认证”，再用手机“支付宝”的"
                   .. "“扫一扫”扫描二维码；通过后点击电脑上的“身份认证完成”。",
               en = "Begin with the face and agree; then scan the QR code with "
                   .. "Alipay on your phone, and at last press \"My face was "
                   .. "checked\" on this page." },
    },
    password = {
        title = { zh = "设置密码", en = "Set a password" },
        text = { zh = "该密码用于登录注册系统。请考生牢记并妥善保管，防止信息被"
                     .. "他人篡改。密码至少{min_length}个字符，请勿使用常见密码、"
                     .. "身份证号、生日或姓名。",
                 en = "You log in with it. Remember it and keep it safe, so "
                     .. "that nobody changes what you entered. It has at "
                     .. "least {min_length|character|characters}; no common "
                     .. "password, nor your number, birthday or name." },
    },
    photo = {
        title = { zh = "上传电子照片", en = "Upload your photograph" },
        text = { zh = "近期免冠正面电子证件照，红底、蓝底或白底，JPG或JPEG格式，"
                     .. "大于20K，宽度不小于300像素，高度不低于420像素。可使用"
                     .. "“照片处理工具”。",
                 en = "A recent portrait from the front, without a hat, on "
                     .. "red, blue or white; JPG or JPEG, over 20 K, at least "
                     .. "300 pixels wide and 420 high." },
        waiting = { zh = "照片待人工比对，请等待审核人员处理；结果会在消息中告知。",
                    en = "A reviewer has yet to compare your photograph; a "
                        .. "message will tell you what came of it." },
    },
    verified = {
        title = { zh = "身份认证完成", en = "Who you are is proven" },
    },
    exam = {
        title = { zh = "本次考试", en = "This examination" },
        text = { zh = "点击“本次考试”，按流程完成网上报名。",
                 en = "Go on to apply for it." },
    },
}

-- 写错的步骤名不生效 / a step that nobody knows is refused with the file
function steps.check(of_channels)
    for channel, names in pairs(of_channels) do
        local name = "steps." .. channel
        for _, step in ipairs(names) do
            if not steps.words[step] then
                error(name .. ': "' .. tostring(step) .. '" is no step')
            end
        end
        if names[#names] ~= "exam" or names[#names - 1] ~= "verified" then
            error(name .. ': expected "verified", "exam" at its end')
        end
    end
end

-- 本系统有没有这一步 / whether the step is there at all
local function is_there(step, input)
    if step == "authorise" then
        return input.authorised ~= nil
    elseif step == "photo" then
        return input.photo ~= nil
    end
    return true
end

local function is_done(of, step, input)
    if step == "authorise" then
        return input.authorised
    elseif step == "identity" then
        return input.known
    elseif step == "face" then
        return input.proven
    elseif step == "password" then
        return input.has_password
    elseif step == "photo" then
        return input.photo == "passed"
            or input.photo == "waiting" and of.go_on_while_photo_waits
    end
    return step ~= "exam"
end

local skippable = { identity = true, face = true, photo = true }

local function state_of(of, step, input, next_step)
    local authenticated = not input.visitor and input.proven
        and (input.photo == nil or input.photo == "passed")
    if authenticated and skippable[step] then
        return "skipped"
    elseif is_done(of, step, input) and not (step == "verified" and next_step)
    then
        return "done"
    end
    return next_step and "later" or "next"
end

local function describe(of, step, state, channel, input)
    local words, language = steps.words[step], input.language
    local text = words[channel] or words.text
    if step == "photo" and input.photo == "waiting" then
        text = words.waiting
    end
    return {
        name = step,
        state = state,
        title = words.title[language],
        text = state ~= "skipped" and text
            and string.fill(text[language], { min_length = of.min_length })
            or nil,
    }
end

-- 输入、输出见 login.lua / input and output: see login.lua
function steps.onboarding(of, input)
    local channel = input.channel
        or of.phone_methods[input.method] and "phone" or "pc"
    local list, next_step = {}, nil
    for _, step in ipairs(of.steps[channel]) do
        if is_there(step, input) then
            local state = state_of(of, step, input, next_step)
            if state == "next" then
                next_step = step
            end
            list[#list + 1] = describe(of, step, state, channel, input)
        end
    end
    local service = {}
    for name, text in pairs(of.service) do
        service[name] = text[input.language]
    end
    return {
        channel = channel,
        complete = next_step == "exam",
        next = next_step,
        steps = list,
        service = service,
    }
end

-- 写示例用："face:next" ...，得到 onboarding 的中文答复
-- for examples: "face:next" ..., to what onboarding answers in Chinese
function steps.course(of, channel, next_step, ...)
    local list, service = {}, {}
    for i, text in ipairs { ... } do
        local word = string.split(text, ":")
        list[i] = describe(of, word[1], word[2], channel, { language = "zh" })
    end
    for name, text in pairs(of.service) do
        service[name] = text.zh
    end
    return {
        channel = channel, complete = next_step == "exam", next = next_step,
        steps = list, service = service,
    }
end

local of = {
    steps = { phone = { "face", "photo", "verified", "exam" },
              pc = { "password", "verified", "exam" } },
    phone_methods = { alipay = true },
    go_on_while_photo_waits = true,
    service = { name = { zh = "考试", en = "Exams" } },
    min_length = 8,
}

local function example(changes, ...)
    return {
        call = "onboarding",
        input = { of, examples.but({
            method = "alipay", language = "zh", visitor = true,
            proven = false, has_password = false,
        }, changes) },
        output = steps.course(of, ...),
    }
end

steps.examples = {
    example({}, "phone", "face", "face:next", "verified:later",
            "exam:later"),
    example({ photo = "none", proven = true }, "phone", "photo",
            "face:done", "photo:next", "verified:later", "exam:later"),
    -- 照片待审核时先往下走 / a photograph that waits stops nobody here
    { call = "onboarding",
      input = { of, { method = "alipay", language = "en", visitor = false,
                      proven = true, photo = "waiting" } },
      output = {
          channel = "phone", complete = true, next = "exam",
          service = { name = "Exams" },
          steps = {
              { name = "face", state = "done", title = "Show your face",
                text = steps.words.face.phone.en },
              { name = "photo", state = "done",
                title = "Upload your photograph",
                text = steps.words.photo.waiting.en },
              { name = "verified", state = "done",
                title = "Who you are is proven" },
              { name = "exam", state = "next", title = "This examination",
                text = "Go on to apply for it." } } } },
    example({ visitor = false, proven = true, photo = "passed" }, "phone",
            "exam", "face:skipped", "photo:skipped", "verified:done",
            "exam:next"),
    -- 密码的最少字符数写在说明里 / how long a password is stands in the text
    { call = "onboarding",
      input = { of, { channel = "pc", method = "card", language = "en",
                      visitor = true, has_password = false } },
      output = {
          channel = "pc", complete = false, next = "password",
          service = { name = "Exams" },
          steps = {
              { name = "password", state = "next", title = "Set a password",
                text = "You log in with it. Remember it and keep it safe, so "
                    .. "that nobody changes what you entered. It has at least "
                    .. "8 characters; no common password, nor your number, "
                    .. "birthday or name." },
              { name = "verified", state = "later",
                title = "Who you are is proven" },
              { name = "exam", state = "later", title = "This examination",
                text = "Go on to apply for it." } } } },
}

return steps
