-- 消息、同意与审计规则。修改本文件即可调整策略，无需编程人员，也无需重启。
-- 文件末尾的“示例”必须全部成立，新规则才会生效；改了数字，请同时改示例。
--
-- Rules of messages, consents and the audit trail.  Changing this file
-- changes the policy; nothing has to be restarted.  The examples at the end
-- must hold before a new version is taken: whoever changes a number changes
-- them too.
--
-- Input and output of each function stand above it.

local rules = {}

---------------------------------------------------------------------------
-- 消息 / Messages
---------------------------------------------------------------------------

-- 每人保留多少条消息（最多1000），多少天；先来的先清除
-- how many messages a person keeps (1000 at most), and for how many days
rules.messages_kept = 200
rules.message_days = 365

-- 哪些消息同时推送到外部消息服务（"*"：未列出的种类）
-- which kinds are also pushed to the message service ("*": all others)
rules.pushed = { ["*"] = true }

-- 推送失败后最多再试多久（秒）/ how long a push is tried (s)
rules.give_up_after = 86400

-- 输入 / input: kind
-- 输出 / output: messages, days
function rules.message_keep()
    return { messages = rules.messages_kept, days = rules.message_days }
end

-- 输入 / input: kind
-- 输出 / output: push, give_up_after
function rules.message_push(input)
    local push = rules.pushed[input.kind]
    if push == nil then
        push = rules.pushed["*"]
    end
    return { push = push == true, give_up_after = rules.give_up_after }
end

---------------------------------------------------------------------------
-- 同意书 / Texts of consent
--
-- 以下文字是示例，上线前请由法务改写并核对《个人信息保护法》第十七条、
-- 第二十九条。改了文字，version 加 1：已同意旧版的人会被请求重新同意。
-- flags：须逐项单独勾选的敏感个人信息，可用：face 人脸等生物识别、
-- health 医疗健康、minor 不满十四周岁、finance 金融账户、location 行踪轨迹、
-- identity 特定身份、religion 宗教信仰。
--
-- These texts are EXAMPLES: have them rewritten before people rely on them
-- (Personal Information Protection Law, articles 17 and 29).  A changed text
-- gets the next version; who consented to an older one is asked again.
-- flags: the kinds of sensitive data that are ticked one by one: face,
-- health, minor, finance, location, identity, religion.
---------------------------------------------------------------------------

-- 个人信息处理者 / who handles the data
rules.handler = { zh = "（示例）某省人事考试中心", en = "(example) Provincial "
    .. "Examination Centre" }
rules.contact = { zh = "（示例）电话 0000-0000000，工作日 8:30—17:30",
                  en = "(example) telephone 0000-0000000, working days "
                       .. "8:30 to 17:30" }

rules.consents = {
    -- 身份信息授权。身份证号单独不属于“特定身份”（GB/T 45574—2025 附录A：特定
    -- 身份指残障、不宜公开的职业等；居民身份证照片才列为敏感），登录也不收集证件
    -- 照片，所以没有须逐项勾选的 flags。本单位认定身份证号为敏感个人信息的，请与
    -- 法务商定后加上 flags 并将 version 加 1。
    --
    -- No flags: an identity number by itself is no "particular identity" of
    -- GB/T 45574-2025, annex A (that is a disability, an occupation that is
    -- not made public; of identity cards it lists the picture), and a login
    -- keeps no picture.  Who holds the number for sensitive adds a flag and
    -- the next version.
    identity = {
        version = 1,
        flags = {},
        retention_days = 1095,
        title = {
            zh = "身份信息授权书（示例）",
            en = "Authorisation to use your identity (example)",
        },
        alternative = {
            zh = "不同意的，可携带身份证到服务窗口，由工作人员为您办理。",
            en = "Without it, bring your identity card to the counter, where "
                .. "somebody does it for you.",
        },
        text = {
            zh = "目的：确认您的身份，建立并登录您的账户，防止他人冒名办理。"
                .. "\n方式：您填写或由您选择的登录服务（支付宝、电子社保卡）提供"
                .. "的信息，用于核对身份；号码和姓名加密保存，登录时记录时间、方式"
                .. "和设备。"
                .. "\n种类：姓名、身份证号码、登录服务给出的账户标识、登录记录。",
            en = "Why: to know who you are, to make your account and let you "
                .. "log in, and to keep others from acting in your name."
                .. "\nHow: what you type, or what the login service that you "
                .. "chose (Alipay, the electronic social-security card) tells "
                .. "us, is used to verify who you are; number and name are "
                .. "kept encrypted; of each login its time, its way and the "
                .. "device are noted."
                .. "\nWhat: name, identity number, the login service's "
                .. "identifier of your account, your logins.",
        },
    },
    face = {
        version = 1,
        flags = { "face" },
        retention_days = 180,
        title = {
            zh = "人脸信息处理同意书（示例）",
            en = "Consent to face authentication (example)",
        },
        alternative = {
            zh = "不同意不影响您办理：可携带身份证到服务窗口，由工作人员核对"
                .. "本人。",
            en = "You can go on without it: bring your identity card to the "
                .. "counter, where a person checks that it is you.",
        },
        text = {
            zh = "目的：确认正在办理的是您本人，防止他人冒名。"
                .. "\n方式：您用手机拍摄面部，由受委托的认证服务与身份证件信息"
                .. "比对；比对结果返回给我们。"
                .. "\n种类：面部图像（敏感个人信息）、姓名、身份证号码、比对结果"
                .. "与时间。认证服务返回面部图像的，加密保存，只用于核对报名照片，"
                .. "到期或者您撤回同意时删除。",
            en = "Why: to make sure that it is you who applies, and nobody "
                .. "in your name."
                .. "\nHow: you take a picture of your face with your phone; "
                .. "an authentication service that works for us compares it "
                .. "with your identity document and tells us the result."
                .. "\nWhat: the picture of your face (sensitive personal "
                .. "information), name, identity number, the result and its "
                .. "time. Where the service gives us the picture, it is kept "
                .. "encrypted, only to check the photograph of your "
                .. "application, and deleted in time or when you withdraw.",
        },
    },
    photo = {
        version = 1,
        flags = { "face" },
        retention_days = 730,
        title = {
            zh = "证件照处理同意书（示例）",
            en = "Consent to the use of your photograph (example)",
        },
        alternative = {
            zh = "不同意自动比对的，可携带近期证件照到服务窗口，由工作人员人工"
                .. "核对。",
            en = "Without it you can bring a recent photograph to the "
                .. "counter, where a person compares it.",
        },
        text = {
            zh = "目的：审核报名照片，制作准考证，考试时核对本人。"
                .. "\n方式：您上传的照片加密保存，由程序检查尺寸与底色，并与"
                .. "认证时的面部信息比对；无法自动比对的由审核人员查看。"
                .. "\n种类：证件照（其中的面部信息为敏感个人信息）、检查结果"
                .. "与时间。",
            en = "Why: to check the photograph of your application, to print "
                .. "your admission ticket, and to recognise you at the "
                .. "examination."
                .. "\nHow: the photograph that you upload is kept encrypted; "
                .. "a program checks its size and background and compares it "
                .. "with your authentication; a reviewer looks at what a "
                .. "program cannot compare."
                .. "\nWhat: the photograph (its face is sensitive personal "
                .. "information), the results of the checks and their time.",
        },
    },
    -- 一码通与亲属码。以下三份须与 kinship.lua 的规则一致：多少岁以下由监护人
    -- 同意（consent_purpose），本人人脸还是承诺（proof）。个人信息保护法第三十一条：
    -- 不满十四周岁的，由监护人同意。
    --
    -- Health codes.  What these say must be what kinship.lua does.  Under 14 a
    -- guardian consents (Personal Information Protection Law, article 31).
    health = {
        version = 1,
        flags = { "health" },
        retention_days = 365,
        title = {
            zh = "健康信息处理同意书（示例）",
            en = "Consent to the use of your health data (example)",
        },
        alternative = {
            zh = "不同意的，可携带身份证到核酸采样点或服务窗口，凭证件登记。",
            en = "Without it, bring your identity card to the sampling point "
                .. "or the counter, where you are registered by it.",
        },
        text = {
            zh = "目的：为您生成健康码，登记核酸检测，供您和为您绑定亲属码的家人"
                .. "查看结果，用于疫情防控。任何单位和个人不得将平台信息用于疫情"
                .. "防控之外的任何用途。"
                .. "\n方式：您的检测结果和防控措施加密保存；健康码的颜色在每次"
                .. "出示时按公布的规则得出，不保存。工作人员扫码时，看到颜色和隐去"
                .. "部分字的姓名。为您绑定亲属码的家人能出示您的健康码、下载离线码、"
                .. "查询检测结果；您能看到他们是谁，谁看过您的信息，并可随时提出"
                .. "异议，结束绑定。"
                .. "\n种类：姓名、身份证号码、核酸检测结果、防控措施（敏感个人"
                .. "信息：医疗健康），谁在何时为何查看。",
            en = "Why: to make your health code, to register tests, and to "
                .. "show the results to you and to relatives who hold your "
                .. "code, for the control of the epidemic. Nobody may use "
                .. "this information for anything else."
                .. "\nHow: your results and the measures that concern you are "
                .. "kept encrypted; the colour of the code is made by the "
                .. "published rules whenever it is shown, and not kept. Staff "
                .. "who scan it see the colour and a masked name. Relatives "
                .. "who hold your code can show it, print it, and see your "
                .. "results; you see who they are and who looked, and can "
                .. "object at any time, which ends it."
                .. "\nWhat: name, identity number, test results, measures "
                .. "(sensitive personal information: health); who looked, "
                .. "when and why.",
        },
    },
    health_child = {
        version = 1,
        flags = { "health", "minor" },
        retention_days = 365,
        title = {
            zh = "不满十四周岁未成年人健康信息处理同意书（示例）",
            en = "Consent to the use of a child's health data (example)",
        },
        alternative = {
            zh = "不同意的，可由监护人携带户口簿陪同到核酸采样点或服务窗口，"
                .. "凭证件登记。",
            en = "Without it, go with the child and the family's papers to "
                .. "the sampling point or the counter, where it is "
                .. "registered by them.",
        },
        text = {
            zh = "由监护人代为同意。"
                .. "\n目的：为孩子生成亲属码，登记核酸检测，供监护人查看结果，用于"
                .. "疫情防控。任何单位和个人不得将平台信息用于疫情防控之外的任何"
                .. "用途。"
                .. "\n方式：孩子的检测结果和防控措施加密保存；亲属码的颜色在每次"
                .. "出示时按公布的规则得出，不保存。工作人员扫码时，看到颜色和隐去"
                .. "部分字的姓名。绑定了这个孩子的监护人（最多三人）都能出示亲属码、"
                .. "下载离线码、查询检测结果，绑定时互相告知。"
                .. "\n种类：孩子的姓名、身份证号码、核酸检测结果、防控措施（敏感个人"
                .. "信息：医疗健康、不满十四周岁未成年人），谁在何时为何查看，由谁"
                .. "同意。",
            en = "A guardian gives it for the child."
                .. "\nWhy: to make the child's code, to register tests, and "
                .. "to show the results to the guardians, for the control of "
                .. "the epidemic. Nobody may use this information for "
                .. "anything else."
                .. "\nHow: the child's results and the measures that concern "
                .. "the child are kept encrypted; the colour of the code is "
                .. "made by the published rules whenever it is shown, and "
                .. "not kept. Staff who scan it see the colour and a masked "
                .. "name. All guardians who hold the code (three at most) "
                .. "can show it, print it, and see the results; they are "
                .. "told of each other."
                .. "\nWhat: the child's name, identity number, test results, "
                .. "measures (sensitive personal information: health, a "
                .. "child under 14); who looked, when and why; who "
                .. "consented.",
        },
    },
    -- 绑定人的同意，与“同意协议并认证”是同一次操作，所以没有另外勾选的 flags。
    -- 亲属本人的人脸在其面前由其本人完成。要求逐项勾选的，加上 flags 并将 version
    -- 加 1。
    -- Of who binds; the button "agree and authenticate" gives it, so nothing
    -- else is ticked.
    kinship = {
        version = 1,
        flags = {},
        retention_days = 365,
        title = {
            zh = "亲属码绑定协议（示例）",
            en = "Agreement on binding a relative's code (example)",
        },
        alternative = {
            zh = "不同意或亲属不便进行人脸识别的，可携带双方身份证件和关系证明到"
                .. "服务窗口，由工作人员核对后办理。",
            en = "Without it, or if your relative cannot show the face, bring "
                .. "both identity documents and a proof of kinship to the "
                .. "counter.",
        },
        text = {
            zh = "注册亲属码需要获取代申领人授权，亲属码确为本人身份证号码，瞒报、"
                .. "谎报信息或恶意绑定他人等将依法承担法律责任。"
                .. "\n目的：为您家中不便使用智能手机的老人、孩子申领和管理亲属码，用于"
                .. "疫情防控。任何单位和个人不得将平台信息用于疫情防控之外的任何"
                .. "用途。"
                .. "\n方式：您填写亲属的姓名和身份证号，由受委托的机构核对两者是否"
                .. "一致；再由亲属本人面对手机，由受委托的认证服务将其面部与身份"
                .. "证件信息比对，我们只得到比对结果，不保存亲属的面部图像。0-6岁的"
                .. "孩子不进行人脸识别，由您作出亲属码信息认证承诺。亲属的其他监护人"
                .. "会被告知；亲属本人可以看到您，并可结束绑定。您每次查看亲属的"
                .. "信息都有记录。"
                .. "\n种类：亲属的姓名、身份证号码、面部的比对结果（敏感个人信息），您与"
                .. "亲属的关系，您的承诺和操作记录。",
            en = "Registering a relative's code needs that person's "
                .. "authority; the number must be the person's own; whoever "
                .. "conceals or misstates something, or binds somebody with "
                .. "ill intent, answers for it by law."
                .. "\nWhy: to apply for and to manage the codes of elders and "
                .. "children of your family who have no smartphone, for the "
                .. "control of the epidemic. Nobody may use this information "
                .. "for anything else."
                .. "\nHow: you type your relative's name and identity number, "
                .. "and a service that works for us says whether they belong "
                .. "together; then the relative faces the phone, and an "
                .. "authentication service compares the face with the "
                .. "document. We get the result and keep no picture of your "
                .. "relative. Of a child of 0 to 6 no face is checked: you "
                .. "give a pledge. The relative's other guardians are told; "
                .. "your relative can see you, and end it. Each look at your "
                .. "relative's data is recorded."
                .. "\nWhat: your relative's name, identity number, the result "
                .. "of the comparison (sensitive personal information), what "
                .. "you are to each other, your pledge and what you did.",
        },
    },
}

-- 每份同意书都有的部分 / what every text goes on with
local function rest(consent, language)
    if language == "en" then
        return string.fill("\nHow long: {days|day|days} from your ",
                           { days = consent.retention_days })
            .. "consent, or until you withdraw it, if that is earlier."
            .. "\nWho: " .. rules.handler.en .. "; " .. rules.contact.en .. "."
            .. "\nYour rights: you may see, copy, correct and delete your "
            .. "information, and withdraw this consent at any time as easily "
            .. "as you give it: under \"My consents\", or by the telephone "
            .. "above. After that we stop at once and delete what was kept "
            .. "under it; what was done before stays valid."
            .. "\nAnother way: " .. consent.alternative.en
    end
    return "\n保存期限：自同意之日起" .. consent.retention_days .. "日；您撤回"
        .. "同意的，到撤回时为止。"
        .. "\n处理者：" .. rules.handler.zh .. "；" .. rules.contact.zh .. "。"
        .. "\n您的权利：您可以查阅、复制、更正、删除本人信息，也可以随时撤回"
        .. "同意，撤回与同意同样方便：在“我的同意”中办理，或拨打上述电话。撤回后"
        .. "我们立即停止处理并删除依此保存的信息；撤回前已进行的处理仍然有效。"
        .. "\n其他方式：" .. consent.alternative.zh
end

-- 输入 / input: purpose, language（zh, en）
-- 输出 / output: found = false; or found = true, version, title, text, flags,
--               retention_days, handler, contact, alternative
function rules.consent_text(input)
    local consent = rules.consents[input.purpose]
    if not consent then
        return { found = false }
    end
    local language = input.language
    local title = consent.title[language]
    return {
        found = true,
        version = consent.version,
        title = title,
        text = title .. "\n" .. consent.text[language]
            .. rest(consent, language),
        flags = consent.flags,
        retention_days = consent.retention_days,
        handler = rules.handler[language],
        contact = rules.contact[language],
        alternative = consent.alternative[language],
    }
end

-- 同意是否有效：看到的就是现行文本，每一项敏感信息都已单独勾选。
-- Whether a consent counts: what was shown is the text of now, and each kind
-- of sensitive data was ticked.
-- 输入 / input: purpose, language, version, digest（所见文本 / as shown）,
--               current_version, current_digest, flags（勾选 / as ticked）,
--               relation（self 本人；否则为代为同意者与本人的关系 / self, or
--               what the one who consents is to the person）, now
-- 输出 / output: allow = true; or allow = false, reason, missing（须勾选而未
--               勾选 / to be ticked）, unasked（未要求 / not asked for）
function rules.consent_check(input)
    if input.version ~= input.current_version
       or input.digest ~= input.current_digest then
        return { allow = false, reason = "consent_text_changed" }
    end

    local asked, missing, unasked = {}, {}, {}
    for _, flag in ipairs(rules.consents[input.purpose].flags) do
        asked[flag] = true
        if input.flags[flag] ~= true then
            missing[#missing + 1] = flag
        end
    end
    for flag in pairs(input.flags) do
        if not asked[flag] then
            unasked[#unasked + 1] = flag
        end
    end
    table.sort(unasked)
    if #missing > 0 or #unasked > 0 then
        return { allow = false, reason = "consent_flags", missing = missing,
                 unasked = unasked }
    end
    return { allow = true }
end

-- 已作的同意是否仍然有效：所同意的版本不低于现行版本。低于的，须重新同意。
-- Whether a consent that was given still counts: it was to the version of now
-- (or a newer one, while another machine has the new file already).  Who gave
-- one to an older version is asked again.
-- 输入 / input: purpose, version（已同意的 / consented to）
-- 输出 / output: holds
function rules.consent_holds(input)
    local consent = rules.consents[input.purpose]
    return { holds = consent == nil or input.version >= consent.version }
end

-- 同意书的保存期限（retention_days）已满：同意自动终止，依此保存的信息随即
-- 删除，并通知本人。
-- Once the retention_days of a consent are over it ends by itself, what was
-- kept under it is erased, and the person is told this.
-- 输入 / input: purpose
-- 输出 / output: title_zh, title_en, text_zh, text_en
function rules.consent_over(input)
    local consent = rules.consents[input.purpose]
    local title = consent and consent.title
        or { zh = "个人信息处理同意书", en = "Your consent" }
    return {
        title_zh = "同意的保存期限已满",
        title_en = "A consent has come to its end",
        text_zh = "您所作的《" .. title.zh .. "》，保存期限已满。我们已停止处理，"
            .. "并删除依此保存的信息。如需继续办理，请重新阅读同意书并作出同意。",
        text_en = "The time of your consent \"" .. title.en .. "\" is over. "
            .. "We have stopped, and are deleting what was kept under it. To "
            .. "go on, please read the text again and consent anew.",
    }
end

-- 同意记录：每人最多保留多少条（最多200），结束后保留多少天。有效的、尚未删除
-- 数据的不清除。（个人信息保护影响评估记录至少保存三年）
-- how many records a person keeps (200 at most), and for how long after the
-- consent ended; what holds, or whose data is not erased yet, stays
rules.consents_kept = 100
rules.consent_days = 1095

-- 输出 / output: records, days
function rules.consent_keep()
    return { records = rules.consents_kept, days = rules.consent_days }
end

---------------------------------------------------------------------------
-- 审计 / The audit trail
---------------------------------------------------------------------------

-- 审计记录保存天数（等级保护要求六个月以上，至少183）
-- days that the audit trail is kept (six months at least: from 183 on)
rules.audit_days = 400

-- 输出 / output: days
function rules.audit_keep()
    return { days = rules.audit_days }
end

---------------------------------------------------------------------------
-- 检查：上面的数值与文字写错时，整个文件不生效，并说明哪一项不对。
--
-- Checks: a value above that cannot work is refused with the whole file, by
-- its name; nobody finds out from a page that fails.
---------------------------------------------------------------------------

local most_days = 36500

local known = { face = true, health = true, minor = true, finance = true,
                location = true, identity = true, religion = true }

local function refuse(name, expected, found)
    if type(found) == "string" then
        found = '"' .. found .. '"'
    elseif found == nil then
        found = "nothing"
    elseif type(found) ~= "number" and type(found) ~= "boolean" then
        found = "a " .. type(found)
    end
    error(name .. ": expected " .. expected .. ", found " .. tostring(found))
end

local function check_table(name, value)
    if type(value) ~= "table" then
        refuse(name, "a table", value)
    end
end

local function check_texts(name, value)
    check_table(name, value)
    for _, language in ipairs { "zh", "en" } do
        local text = value[language]
        if type(text) ~= "string" or text == "" then
            refuse(name .. "." .. language, "a text", text)
        end
    end
end

-- a list, so that none of its entries is overlooked
local function check_flags(name, flags)
    check_table(name, flags)
    local listed = {}
    for i in ipairs(flags) do
        listed[i] = true
    end
    for i, flag in pairs(flags) do
        if not listed[i] then
            refuse(name, 'a list such as { "face" }', i)
        elseif not known[flag] then
            refuse(name, "face, health, minor, finance, location, identity "
                .. "or religion", flag)
        end
    end
end

-- as in an address: small letters, digits and "_"
local function check_purpose(purpose)
    local name = 'consents["' .. tostring(purpose) .. '"]'
    local expected = "a name of 1 to 32 small letters, digits and _"
    if type(purpose) ~= "string" or #purpose < 1 or #purpose > 32 then
        refuse(name, expected, purpose)
    end
    for i = 1, #purpose do
        local byte = string.byte(purpose, i)
        local letter = byte >= 97 and byte <= 122
        local other = byte == 95 or byte >= 48 and byte <= 57
        if not letter and (i == 1 or not other) then
            refuse(name, expected, purpose)
        end
    end
end

local function check_consent(purpose, consent)
    check_purpose(purpose)
    local name = "consents." .. purpose
    check_table(name, consent)
    civic.whole(consent, "version", 1, 999999999, name .. ": ")
    civic.whole(consent, "retention_days", 1, most_days, name .. ": ")
    check_flags(name .. ": flags", consent.flags)
    for _, member in ipairs { "title", "text", "alternative" } do
        check_texts(name .. ": " .. member, consent[member])
    end
    for _, language in ipairs { "zh", "en" } do
        rules.consent_text { purpose = purpose, language = language }
        rules.consent_over { purpose = purpose }
    end
end

civic.whole(rules, "messages_kept", 1, 1000)
civic.whole(rules, "message_days", 1, 3650)
civic.whole(rules, "give_up_after", 1, 2592000)
civic.whole(rules, "consents_kept", 1, 200)
civic.whole(rules, "consent_days", 1, most_days)
civic.whole(rules, "audit_days", 183, most_days)

check_table("pushed", rules.pushed)
for kind, push in pairs(rules.pushed) do
    if type(push) ~= "boolean" then
        refuse("pushed." .. tostring(kind), "true or false", push)
    end
end

check_texts("handler", rules.handler)
check_texts("contact", rules.contact)
check_table("consents", rules.consents)
for purpose, consent in pairs(rules.consents) do
    check_consent(purpose, consent)
end

---------------------------------------------------------------------------
-- 示例 / Examples
---------------------------------------------------------------------------

local function check(flags, changes)
    local input = {
        purpose = "face", language = "zh", version = 1, digest = "d1",
        current_version = 1, current_digest = "d1", flags = flags,
        relation = "self", now = 1773028800000,
    }
    for name, value in pairs(changes or {}) do
        input[name] = value
    end
    return input
end

-- 示例不随版本号改变 / the same whatever the version is
local current = rules.consents.face.version

local changed = { allow = false, reason = "consent_text_changed" }

rules.examples = {
    { call = "message_keep", input = {},
      output = { messages = 200, days = 365 } },
    { call = "message_push", input = { kind = "review.approved" },
      output = { push = true, give_up_after = 86400 } },

    { call = "consent_text", input = { purpose = "nothing", language = "zh" },
      output = { found = false } },
    { call = "consent_check", input = check { face = true },
      output = { allow = true } },
    { call = "consent_check", input = check { face = false },
      output = { allow = false, reason = "consent_flags",
                 missing = { "face" }, unasked = {} } },
    { call = "consent_check", input = check {},
      output = { allow = false, reason = "consent_flags",
                 missing = { "face" }, unasked = {} } },
    { call = "consent_check", input = check { face = true, health = true },
      output = { allow = false, reason = "consent_flags",
                 missing = {}, unasked = { "health" } } },
    { call = "consent_check", input = check({ face = true }, { version = 2 }),
      output = changed },
    { call = "consent_check",
      input = check({ face = true }, { digest = "d2" }),
      output = changed },

    -- 身份信息授权没有须勾选的项 / nothing to tick
    { call = "consent_check", input = check({}, { purpose = "identity" }),
      output = { allow = true } },
    { call = "consent_check",
      input = check({ identity = true }, { purpose = "identity" }),
      output = { allow = false, reason = "consent_flags",
                 missing = {}, unasked = { "identity" } } },

    -- 监护人为孩子作出的，两项都须勾选 / for a child both are ticked
    { call = "consent_check",
      input = check({ health = true },
                    { purpose = "health_child", relation = "mother" }),
      output = { allow = false, reason = "consent_flags",
                 missing = { "minor" }, unasked = {} } },
    { call = "consent_check",
      input = check({ health = true, minor = true },
                    { purpose = "health_child", relation = "mother" }),
      output = { allow = true } },
    { call = "consent_check", input = check({}, { purpose = "kinship" }),
      output = { allow = true } },

    { call = "consent_holds", input = { purpose = "face", version = current },
      output = { holds = true } },
    { call = "consent_holds",
      input = { purpose = "face", version = current - 1 },
      output = { holds = false } },
    { call = "consent_holds", input = { purpose = "nothing", version = 1 },
      output = { holds = true } },

    { call = "consent_keep", input = {},
      output = { records = 100, days = 1095 } },
    { call = "audit_keep", input = {}, output = { days = 400 } },
}

return rules
