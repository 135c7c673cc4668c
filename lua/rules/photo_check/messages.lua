-- 照片的文字：各状态的标题和按钮，不通过的原因，处理工具改了什么。改文字就改这里。
-- Words about photos: titles and buttons of each state, reasons of a refusal,
-- what the tool has changed.  Change them here.

local words = require "lib/words"

local messages = {}

-- title、button 用于手机，title_pc、button_pc 用于电脑（没有则相同）
-- for phones, and, where they differ, for PCs
messages.states = {
    processed = {
        zh = { title = "照片已处理", text = "请核对处理后的照片，符合后提交。",
               button = "上传照片" },
        en = { title = "The photo was processed",
               text = "Look at it, and submit it if it is right.",
               button = "Use this photo" } },
    checking = {
        zh = { title = "照片已收到，等待检测",
               text = "检测服务暂时不可用，恢复后自动检测，照片不会丢失，请勿重复"
                   .. "上传。" },
        en = { title = "Your photo was received",
               text = "It cannot be checked right now and will be as soon as "
                   .. "that is possible. Nothing is lost; do not upload it "
                   .. "again." } },
    comparing = {
        zh = { title = "照片已收到，等待比对",
               text = "照片符合要求，系统正在与认证的人脸比对。" },
        en = { title = "Your photo is being compared",
               text = "It meets the requirements and is being compared with "
                   .. "your face." } },
    review = {
        zh = { title = "待人工比对",
               text = "照片符合要求，工作人员比对后通知您。" },
        en = { title = "Waiting for staff",
               text = "Staff will compare it and you will be told." } },
    passed = {
        zh = { title = "照片上传成功", title_pc = "上传通过",
               text = "请点击“照片上传完成”。", button = "照片上传完成" },
        en = { title = "Your photo was accepted",
               text = "Press the button to finish.", button = "Finish" } },
    finished = {
        zh = { title = "照片上传完成", text = "请进行下一步。" },
        en = { title = "Finished", text = "Go on with the next step." } },
    refused = {
        zh = { title = "照片未通过", text = "根据失败原因重新上传照片",
               button = "重新上传照片", button_pc = "重新认证" },
        en = { title = "Your photo was not accepted",
               text = "See the reasons and upload another photo.",
               button = "Upload another" } },
}

-- 不是报告的原因。staff = true 的供工作人员选用，申请人会看到这些文字。
-- Reasons that are none of the report.  Staff choose among those with
-- staff = true; the applicant reads these texts.
messages.reasons = {
    face_differs = {
        zh = "照片与认证的人脸不一致，请上传本人近期照片",
        en = "it is not the face that was authenticated: upload a recent "
            .. "photo of yourself" },
    not_the_person = {
        staff = true,
        zh = "照片与本人不一致，请上传本人照片",
        en = "it does not show you: upload a photo of yourself" },
    not_recent = {
        staff = true,
        zh = "不是近期照片，请重新拍摄",
        en = "it is not recent: take a new one" },
    not_bareheaded = {
        staff = true,
        zh = "未免冠，请摘下帽子、头饰后重新拍摄",
        en = "your head is covered: take it again without a hat" },
    not_frontal = {
        staff = true,
        zh = "不是正面照片，请正对镜头重新拍摄",
        en = "it is not taken from the front: look into the camera" },
    face_covered = {
        staff = true,
        zh = "面部被遮挡，请露出完整面部后重新拍摄",
        en = "your face is covered in part: take it again" },
    retouched = {
        staff = true,
        zh = "照片修饰过度或不是真人拍摄，请使用未修饰的照片",
        en = "it was changed too much, or is no photograph: use one as it "
            .. "was taken" },
    poor_quality = {
        staff = true,
        zh = "照片不清晰，请在光线良好处重新拍摄",
        en = "it cannot be seen clearly: take it again in good light" },
    unreadable = {
        staff = true,
        zh = "照片无法查看，请重新上传",
        en = "the picture cannot be looked at: upload it again" },
}

for code, reason in pairs(messages.reasons) do
    if string.find(code, " ", 1, true) or #code > 40 then
        error('reasons: "' .. tostring(code) .. '" is no code')
    end
    if type(reason.zh) ~= "string" or type(reason.en) ~= "string" then
        error("reasons." .. code .. ": lacks zh or en")
    end
end

-- 原因代码（可有多个，空格分隔）的文字 / texts of codes, a space between
local function reason_text(codes, language)
    local texts, from = {}, 1
    codes = (codes or "") .. " "
    while from <= #codes do
        local space = string.find(codes, " ", from, true)
        local reason = messages.reasons[string.sub(codes, from, space - 1)]
        if reason then
            texts[#texts + 1] = reason[language]
        end
        from = space + 1
    end
    if #texts == 0 then
        return nil
    end
    return table.concat(texts, language == "zh" and "；" or "; ")
end

-- 输入、输出见 photo_check.lua / input and output: see photo_check.lua
function messages.state(input)
    local of = messages.states[input.state][input.language]
    return {
        title = of.title,
        title_pc = of.title_pc or of.title,
        text = of.text,
        button = of.button,
        button_pc = of.button_pc or of.button,
        reason = reason_text(input.reason, input.language),
    }
end

-- 工作人员可选的原因，按代码排列 / what staff choose from, by code
function messages.staff_reasons()
    local codes, reasons = {}, {}
    for code, reason in pairs(messages.reasons) do
        if reason.staff then
            codes[#codes + 1] = code
        end
    end
    table.sort(codes)
    for i, code in ipairs(codes) do
        reasons[i] = { code = code, zh = messages.reasons[code].zh,
                       en = messages.reasons[code].en }
    end
    return reasons
end

-- 站内消息，见 photo_check.lua / a message: see photo_check.lua
function messages.notice(input)
    local of = messages.states[input.state]
    local out = {
        send = true,
        title_zh = of.zh.title, title_en = of.en.title,
        text_zh = of.zh.text, text_en = of.en.text,
    }
    local zh = reason_text(input.reason, "zh")
    if zh then
        out.text_zh = "原因：" .. zh .. "。" .. out.text_zh .. "。"
        out.text_en = "Because " .. reason_text(input.reason, "en") .. ". "
            .. out.text_en
    end
    return out
end

-- 处理工具改了什么 / what the tool has changed
messages.change_texts = {
    zh = {
        turned = function(c) return string.format("旋转 %d°", c.degrees) end,
        cropped = function(c)
            return string.format("裁剪为 %d × %d 像素", c.width, c.height) end,
        scaled = function(c)
            return string.format("缩小为 %d × %d 像素", c.width, c.height) end,
        encoded = function(c)
            return "重新保存为JPEG，" .. words.kilobytes(c.bytes) end,
    },
    en = {
        turned = function(c)
            return string.format("Turned by %d°", c.degrees) end,
        cropped = function(c)
            return string.format("Cropped to %d × %d pixels", c.width,
                                 c.height) end,
        scaled = function(c)
            return string.format("Scaled down to %d × %d pixels", c.width,
                                 c.height) end,
        encoded = function(c)
            return "Saved anew as JPEG, " .. words.kilobytes(c.bytes) end,
    },
}

function messages.changes(input)
    local texts = {}
    for i, change in ipairs(input.changes) do
        local text = messages.change_texts[input.language][change.name]
        texts[i] = text and text(change) or change.name
    end
    return { texts = texts }
end

messages.examples = {
    { call = "changes",
      input = { language = "en", changes = {
          { name = "turned", degrees = 90 }, { name = "painted" } } },
      output = { texts = { "Turned by 90°", "painted" } } },
    { call = "state",
      input = { language = "zh", state = "refused",
                reason = "unknown not_recent" },
      output = { title = "照片未通过", title_pc = "照片未通过",
                 text = "根据失败原因重新上传照片", button = "重新上传照片",
                 button_pc = "重新认证",
                 reason = "不是近期照片，请重新拍摄" } },
}

return messages
