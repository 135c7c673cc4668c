-- 绑定的通知：发生了什么，告诉谁，怎么说。改文字、不发某一种，都在这里。
-- Messages about bindings: what happened, who is told, in which words.  Change
-- the words here, or take a message away and it is not sent any more.

local messages = {}

-- 通知。["发生了什么"]["告诉谁"]；没有写的不通知。{relative} {guardian} 为隐去
-- 部分字的姓名。谁：guardian 这个绑定的绑定人，other 其他绑定人，relative 亲属
-- 本人（有账户时）。
-- Messages: [what happened][who is told]; what is not here is not told.  who:
-- the guardian of that binding, another one, the relative (with an account).
messages.words = {
    bound = {
        other = {
            zh = { "亲属码新增绑定", "{guardian}也绑定了{relative}的亲属码。如果"
                .. "您不认识这个人，请拨打服务电话或到服务窗口办理。" },
            en = { "Somebody else has bound a family code", "{guardian} has "
                .. "bound the code of {relative}, too. If you do not know "
                .. "who that is, call the service line or go to the "
                .. "counter." } },
        relative = {
            zh = { "您的健康码已被绑定", "{guardian}绑定了您的健康码，可以为您"
                .. "出示、查询检测结果。不同意的，请在“谁能出示我的码”中提出"
                .. "异议，绑定立即解除。" },
            en = { "Your health code was bound", "{guardian} holds your "
                .. "health code now, and can show it and see your results. "
                .. "If you do not agree, object to it: it ends at once." } },
    },
    proven = {
        guardian = {
            zh = { "绑定已核实", "您与{relative}的绑定已由服务窗口凭材料核实。" },
            en = { "A binding was proven", "The counter has proven your "
                .. "binding of {relative} by papers." } },
    },
    displaced = {
        guardian = {
            zh = { "亲属码绑定已解除", "{relative}的名额已满，您凭承诺的临时绑定"
                .. "已让位给经过核实的监护人。您是监护人的，请携带能证明关系的"
                .. "材料到服务窗口办理。" },
            en = { "A family code is not bound any more", "All places of "
                .. "{relative} were taken, and your provisional binding gave "
                .. "way to a proven guardian. If you are a guardian, bring "
                .. "papers that show it to the counter." } },
        other = {
            zh = { "亲属码绑定变更", "{guardian}对{relative}的临时绑定已解除。" },
            en = { "A family code has changed", "The provisional binding of "
                .. "{relative} by {guardian} has ended." } },
    },
    ended = {
        other = {
            zh = { "亲属码绑定变更", "{guardian}解除了对{relative}的绑定。" },
            en = { "A family code has changed",
                "{guardian} has ended the binding of {relative}." } },
        relative = {
            zh = { "您的健康码绑定已解除", "{guardian}不再绑定您的健康码。" },
            en = { "Your health code is not bound any more",
                "{guardian} does not hold your health code any more." } },
    },
    objected = {
        guardian = {
            zh = { "亲属码绑定已解除", "{relative}对绑定提出异议，绑定已解除，"
                .. "已下载的离线码随即失效。" },
            en = { "A family code is not bound any more", "{relative} has "
                .. "objected: the binding has ended, and what you printed "
                .. "does not count any more." } },
    },
    staff = {
        guardian = {
            zh = { "亲属码绑定已解除", "工作人员解除了您对{relative}的绑定，已"
                .. "下载的离线码随即失效。有疑问的，请拨打服务电话。" },
            en = { "A family code is not bound any more", "Staff have ended "
                .. "your binding of {relative}, and what you printed does "
                .. "not count any more. Call the service line if you have "
                .. "questions." } },
        other = {
            zh = { "亲属码绑定变更", "工作人员解除了{guardian}对{relative}的"
                .. "绑定。" },
            en = { "A family code has changed", "Staff have ended the "
                .. "binding of {relative} by {guardian}." } },
        relative = {
            zh = { "您的健康码绑定已解除", "工作人员解除了{guardian}对您的健康码"
                .. "的绑定。" },
            en = { "Your health code is not bound any more", "Staff have "
                .. "ended the binding by {guardian}." } },
    },
    -- 有新的检测结果；消息里不写结果。不想通知的，删去这一段
    -- a test has a result, which the message does not say; take it away, and
    -- guardians are not told
    tested = {
        guardian = {
            zh = { "家人有新的检测结果", "{relative}有新的核酸检测结果，请在"
                .. "“一码通”的“查询”中查看。" },
            en = { "A test of your family has a result", "{relative} has a "
                .. "new test result: see it under \"Test results\" of the "
                .. "health codes." } },
    },
    -- 临时绑定即将到期、已到期 / a pledge ends soon, has ended
    ending = {
        guardian = {
            zh = { "亲属码临时绑定即将到期", "您凭承诺对{relative}的临时绑定即将"
                .. "到期。请携带能证明关系的材料到服务窗口核实，核实后长期有效；未"
                .. "核实的，到期自动解除，之后可以重新绑定。" },
            en = { "A provisional binding ends soon", "Your binding of "
                .. "{relative} by a pledge ends soon. Bring papers that show "
                .. "what you are to the counter, and it stays; else it ends, "
                .. "and you can bind anew." } },
    },
    unproven = {
        guardian = {
            zh = { "亲属码临时绑定已到期", "您凭承诺对{relative}的临时绑定已到期"
                .. "解除。可以重新绑定，或携带能证明关系的材料到服务窗口办理。" },
            en = { "A provisional binding has ended", "Your binding of "
                .. "{relative} by a pledge was not proven in time. You can "
                .. "bind anew, or bring papers to the counter." } },
    },
    aged = {
        guardian = {
            zh = { "亲属码绑定已到期", "{relative}的年龄已超出亲属码的范围，绑定"
                .. "已解除，请由本人申领一码通。" },
            en = { "A family code is not bound any more", "{relative} "
                .. "is now older than relatives' codes are for. They apply "
                .. "for an own code." } },
    },
    withdrawn = {
        guardian = {
            zh = { "亲属码绑定已解除", "同意已撤回，您对{relative}的绑定随之解除。" },
            en = { "A family code is not bound any more", "A consent was "
                .. "withdrawn, and with it ended your binding of "
                .. "{relative}." } },
    },
    lost = {
        guardian = {
            zh = { "亲属码绑定已解除", "您绑定的亲属已达上限，对{relative}的绑定"
                .. "未能保留。" },
            en = { "A family code is not bound any more", "You hold as many "
                .. "family codes as you can: that of {relative} could not be "
                .. "kept." } },
    },
}

-- 输入、输出见 kinship.lua / input and output: see kinship.lua
function messages.message(input)
    local words = messages.words[input.what]
    words = words and words[input.to]
    if not words then
        return { send = false }
    end
    local function with(nobody)
        local function name(of)
            return (not of or of == "" or of == "*") and nobody or of
        end
        return { relative = name(input.relative),
                 guardian = name(input.guardian) }
    end
    return { send = true, title_zh = words.zh[1], title_en = words.en[1],
             text_zh = string.fill(words.zh[2], with("家人")),
             text_en = string.fill(words.en[2], with("a relative")) }
end

for what, by in pairs(messages.words) do
    for to, words in pairs(by) do
        for _, language in ipairs { "zh", "en" } do
            if not words[language] or #words[language] ~= 2 then
                error("messages." .. what .. "." .. to .. "." .. language
                    .. ": expected a title and a text")
            end
        end
    end
end

messages.examples = {
    { call = "message", input = { what = "ended", to = "other",
          relative = "张*", guardian = "李*", how = "face" },
      output = { send = true, title_zh = "亲属码绑定变更",
                 title_en = "A family code has changed",
                 text_zh = "李*解除了对张*的绑定。",
                 text_en = "李* has ended the binding of 张*." } },
    -- 信息已删除的人没有姓名 / who was erased has no name any more
    { call = "message", input = { what = "objected", to = "guardian",
          relative = "*", guardian = "李*", how = "face" },
      output = { send = true, title_zh = "亲属码绑定已解除",
                 title_en = "A family code is not bound any more",
                 text_zh = "家人对绑定提出异议，绑定已解除，已下载的离线码随即"
                     .. "失效。",
                 text_en = "a relative has objected: the binding has ended, "
                     .. "and what you printed does not count any more." } },
    { call = "message", input = { what = "tested", to = "guardian",
          relative = "张*", guardian = "李*", how = "pledge" },
      output = { send = true, title_zh = "家人有新的检测结果",
                 title_en = "A test of your family has a result",
                 text_zh = "张*有新的核酸检测结果，请在“一码通”的“查询”中查看。",
                 text_en = "张* has a new test result: see it under \"Test "
                     .. "results\" of the health codes." } },
    { call = "message", input = { what = "ended", to = "guardian",
          relative = "张*", guardian = "李*", how = "face" },
      output = { send = false } },
}

return messages
