-- 证件照规则。修改本文件即可调整政策，无需编程人员，也无需重启。
-- 文件末尾的“示例”必须全部成立，新规则才会生效；改了数字，请同时改示例。
-- 时间单位都是秒，大小单位都是字节，比例是 0 到 1 的数，另有说明的除外。
--
-- Rules of photos.  Changing this file changes the policy; nothing has to be
-- restarted.  The examples at the end must hold before a new version is
-- taken.  Times are seconds, sizes bytes, shares 0 to 1, unless said
-- otherwise.
--
-- Input and output of each function stand above it.  A function sees what was
-- measured, never a name, a number or a picture.
--
-- 数值都在本文件，改政策通常只改这里。文字和算法在 / The numbers stand here, and
-- so does most of what policy changes.  Words, and how to reckon, are in
--   photo_check/messages.lua  状态、按钮、不通过的原因、处理说明 / states, buttons,
--                             reasons of a refusal, what the tool has changed
--   photo_check/criteria.lua  各项目的名称与提示 / criteria, and what to do
--   photo_check/report.lua    报告怎样得出 / how a report is made
--   lib/tries.lua             次数 / how often

local messages = require "photo_check/messages"
local report = require "photo_check/report"
local tries = require "lib/tries"

local rules = {}

---------------------------------------------------------------------------
-- 各考试的照片要求 / What an exam asks of a photo
--
-- 每个考试一项，名称由接口的 profile 参数给出；default 为通知的要求：
-- “近期免冠正面电子证件照，红底、蓝底或白底，JPG或JPEG格式，大于20K，
-- 宽度不小于300像素，高度不低于420像素”。
-- refuse 中的项目不符合就不能通过；其余项目只作提示。主观评分的项目（清晰度、
-- 亮度等，见 subjective）无论如何不能放进 refuse。
--
-- One for each exam, by the parameter "profile"; "default" is the notice.
-- What stands in refuse keeps a photo from passing, all else is advice.
-- Scores of taste (see "subjective") are not allowed there.
---------------------------------------------------------------------------

rules.profiles = {
    default = {
        zh = "报名照片", en = "the photo of an application",
        more_than = 20480, most_bytes = 5242880,
        least_width = 300, least_height = 420, most_side = 4096,
        ratio = { 5, 7 }, ratio_tolerance = 0.02,
        backgrounds = { "red", "blue", "white" }, background_share = 0.85,
        refuse = { "format", "bytes", "width", "height", "background",
                   "colour", "faces" },
        -- 照片处理工具的目标 / what the tool aims at
        tool = { face_height = 0.38, max_width = 1200, max_height = 1680,
                 max_bytes = 1048576 },
    },
    -- 另一个考试的例子：只收白底，比例必须相符，文件较小
    -- another exam: white only, the ratio must be right, smaller files
    white_small = {
        zh = "白底一寸照片", en = "a small photo on white",
        more_than = 10240, most_bytes = 204800,
        least_width = 295, least_height = 413, most_side = 1200,
        ratio = { 5, 7 }, ratio_tolerance = 0.01,
        backgrounds = { "white" }, background_share = 0.9,
        refuse = { "format", "bytes", "width", "height", "ratio",
                   "background", "colour", "faces" },
        tool = { face_height = 0.38, max_width = 600, max_height = 840,
                 max_bytes = 204800 },
    },
}

---------------------------------------------------------------------------
-- 提示用的尺度 / Measures of advice; docs/photo.md says how far to trust them
---------------------------------------------------------------------------

-- 平均色差低于此值视为灰度照片 / the mean colour below which it is grey
rules.least_chroma = 6

-- 背景均匀：偏差不大于 / uniformity of the background, at most
rules.most_uneven = 12

-- 清晰度：不小于 / sharpness, at least
rules.least_sharpness = 25

-- 亮度平均值的范围，过暗、过亮部分的最大比例
-- the mean brightness, and how much of it may be dark or bright at most
rules.brightness = { 70, 210 }
rules.most_dark = 0.5
rules.most_bright = 0.5

-- 头部：脸高占照片高度的比例；脸中心的位置；头部倾斜角度（度）
-- the face's height as a share of the photo's, where its middle is, and by
-- how many degrees it may be tilted
rules.face_height = { 0.28, 0.65 }
rules.face_middle_x = { 0.4, 0.6 }
rules.face_middle_y = { 0.35, 0.65 }
rules.most_roll = 8

-- 小于照片高度这一比例、且远小于最大脸的，不算另一张脸
-- smaller faces than this share of the largest are not counted
rules.other_face = 0.35

---------------------------------------------------------------------------
-- 文件头的限度：超过的不交给解码程序 / Limits of the header: what is beyond
-- is never decoded
---------------------------------------------------------------------------

rules.most_header = 1048576
rules.most_scans = 60

-- 保存的照片不超过（至多 2 MB） / bytes of a photo that is kept, 2 MB at most
rules.most_stored = 2000000

-- 输入 / input: profile
-- 输出 / output: known, width, height, pixels, header, scans, stored
function rules.limits(input)
    local profile = rules.profiles[input.profile]
    if not profile then
        return { known = false }
    end
    return {
        known = true,
        width = profile.most_side,
        height = profile.most_side,
        pixels = profile.most_side * profile.most_side,
        header = rules.most_header,
        scans = rules.most_scans,
        stored = rules.most_stored,
    }
end

---------------------------------------------------------------------------
-- 期限与次数 / Lives, tries, turns
---------------------------------------------------------------------------

-- 照片保存多少天；处理后未提交的保存多久；照片地址多久有效（至多 300）
-- days that a photo is kept; how long a processed one waits; how long a
-- picture's URL is good (300 at most)
rules.keep_days = 365
rules.draft_life = 3600
rules.url_life = 300

-- 每个进程同时处理几张照片，另有几张可以排队；每次询问等待几毫秒
-- pictures of a worker at once, how many others may wait in line, and ms of
-- one question to the engine
rules.turns = 2
rules.line = 64
rules.timeout_ms = 10000

-- 检测或比对服务不可用时，试几次后转人工；首次间隔，每次加倍，直到上限
-- engine or provider down: tries before staff look at it; the first pause,
-- which doubles up to the longest
rules.tries = 12
rules.first_pause = 15
rules.longest_pause = 1800

-- 输出 / output: keep, draft, url, turns, line, timeout, tries, first_pause,
--               longest_pause
function rules.terms()
    return {
        keep = rules.keep_days * 86400,
        draft = rules.draft_life,
        url = rules.url_life,
        turns = rules.turns,
        line = rules.line,
        timeout = rules.timeout_ms,
        tries = rules.tries,
        first_pause = rules.first_pause,
        longest_pause = rules.longest_pause,
    }
end

-- 每人一个时段内最多检测几张 / pictures of a person in a window
rules.look_window = 3600
rules.looks = 60

-- 输入 / input: kind（upload, preview, process）, looked, since_window
-- 输出 / output: allow = true, fresh; or allow = false, reason, retry_after
function rules.look(input)
    return tries.in_window {
        done = input.looked, since = input.since_window, most = rules.looks,
        window = rules.look_window, reason = "photo_looks_limit",
    }
end

-- 照片处理工具：裁剪、缩小、编码的目标
-- the tool: what it crops, scales down and encodes to
-- 输入 / input: profile
-- 输出 / output: ratio, face_height, max_width, max_height, min_bytes,
--               max_bytes
function rules.process(input)
    local profile = rules.profiles[input.profile]
    local tool = profile.tool
    return {
        ratio = string.format("%d:%d", profile.ratio[1], profile.ratio[2]),
        face_height = tool.face_height,
        max_width = tool.max_width,
        max_height = tool.max_height,
        min_bytes = profile.more_than + 1,
        max_bytes = tool.max_bytes,
    }
end

---------------------------------------------------------------------------
-- 报告 / The report
--
-- 每个项目一次列全。kind: objective 客观；subjective 主观，只提示；later 此时
-- 无法判断：比对之后，或由工作人员判断。
-- All criteria at once.  A subjective one only advises, whatever a profile
-- says; "later" ones are for the comparison, or for staff.
---------------------------------------------------------------------------

-- 输入 / input: profile, file = { bytes, wrong, width, height },
--               measures 与 faces（检测服务的结果，没有则不给 / the engine's,
--               absent if there are none; docs/media-engine.md）
-- 输出 / output: verdict（passed, refused, unmeasured）, refused, advised,
--               unmeasured（个数 / counts）, criteria = { name, kind, result,
--               title, measured, limit, advice }，文字都有 zh 与 en / texts in
--               zh and en
function rules.judge(input)
    return report.judge(rules, input)
end

---------------------------------------------------------------------------
-- 文字 / Texts
---------------------------------------------------------------------------

-- 输入 / input: language（zh, en）, state, reason（没有则不给 / may be absent）
-- 输出 / output: title, title_pc, text, button, button_pc, reason
function rules.messages(input)
    return messages.state(input)
end

-- 上传时尚不能判断的项目，比对或人工审核之后怎样显示
-- what a report cannot tell at first, once it was compared or reviewed
-- 输入 / input: result（same, different, ...）, review = { approved, recent,
--               bareheaded }，没有则不给 / absent if there is none
-- 输出 / output: criteria = { name, result, measured }
function rules.found(input)
    return report.found(input)
end

-- 照片处理工具作了哪些改动，逐项说明 / what the tool has changed, one by one
-- 输入 / input: language, changes（docs/media-engine.md）
-- 输出 / output: texts
function rules.changes(input)
    return messages.changes(input)
end

---------------------------------------------------------------------------
-- 比对 / The comparison
--
-- 顺序：有认证时的人脸照片（且同意使用）的，由媒体引擎比对；没有的，且这里允许
-- 时，由支付宝与权威照片比对（需另行签约）；否则待人工比对。未同意使用人脸的，
-- 一律待人工比对。
-- First with the picture of the authenticated face, by the engine; without one
-- by Alipay with the authority's, if that is allowed here (a contract of its
-- own); else by staff.  Without the consent to the use of the face, by staff.
---------------------------------------------------------------------------

-- 是否允许由支付宝比对；照片至多多少字节（接口上限 1 MB）；等待几毫秒
-- whether Alipay may be asked, bytes of a photo at most (1 MB is the
-- interface's limit), ms to wait
rules.source = false
rules.source_bytes = 1048576
rules.source_timeout_ms = 10000

-- 输入 / input: profile
-- 输出 / output: source, most_bytes, timeout
function rules.comparison()
    return {
        source = rules.source,
        most_bytes = rules.source_bytes,
        timeout = rules.source_timeout_ms,
    }
end

-- 每种比对方式：相似度不低于 same 的为本人，低于 different 的不是本人，两者之间
-- 由工作人员判断。数值的含义和误差见 docs/photo.md。没有列出的方式一律由工作人员
-- 判断。
-- For each method: from same on it is the person, under different it is not,
-- and between the two staff decide, as they do for a method that is not here.
-- docs/photo.md says what the numbers mean and how often they are wrong.
rules.similarity = {
    ["dlib-resnet-1"] = { same = 0.6, different = 0.35 },
}

-- 支付宝的分数没有公开的尺度：为 nil 时只看其结论；设为数字时，结论为通过但分数
-- 更低的由工作人员判断
-- The scale of Alipay's score is not public: nil looks at its verdict alone;
-- with a number staff look at what passed with less
rules.source_score = nil

-- 支付宝说不一致时是否直接不通过；否则由工作人员判断
-- whether Alipay's no refuses at once; else staff look at it
rules.source_refuses = true

-- 输入 / input: method; similarity，或 / or passed, score, mismatch
-- 输出 / output: result（same, different, unsure）
function rules.compared(input)
    if input.method == "alipay_source" then
        if not input.passed then
            return { result = rules.source_refuses and "different"
                              or "unsure" }
        end
        if rules.source_score
           and (input.score or -1) < rules.source_score then
            return { result = "unsure" }
        end
        return { result = "same" }
    end

    local limits = rules.similarity[input.method]
    if not limits or not input.similarity then
        return { result = "unsure" }
    end
    if input.similarity >= limits.same then
        return { result = "same" }
    end
    return { result = input.similarity < limits.different and "different"
                      or "unsure" }
end

-- 人工比对：每张照片由一名工作人员处理多少秒，逾期由他人处理
-- staff: for how many seconds a photo is one person's
rules.review_lease = 600

-- 输出 / output: lease, reasons = { { code, zh, en } }
function rules.review()
    return { lease = rules.review_lease,
             reasons = messages.staff_reasons() }
end

-- 哪些结果发送站内消息 / what is told by a message
rules.notices = { review = true, passed = true, refused = true }

-- 输入 / input: state, reason（原因代码，空格分隔 / codes, a space between）
-- 输出 / output: send, title_zh, title_en, text_zh, text_en
function rules.notice(input)
    if not rules.notices[input.state] then
        return { send = false }
    end
    return messages.notice(input)
end

---------------------------------------------------------------------------
-- 检查：数值写错时整个文件不生效，并说明哪一项不对。
-- Checks: a value that cannot work is refused with the whole file.
---------------------------------------------------------------------------

civic.whole(rules, "most_header", 1024, 4194304)
civic.whole(rules, "most_scans", 1, 1000)
civic.whole(rules, "most_stored", 65536, 2097152)
civic.whole(rules, "keep_days", 1, 36500)
civic.whole(rules, "draft_life", 60, 86400)
civic.whole(rules, "url_life", 1, 300)
civic.whole(rules, "turns", 1, 16)
civic.whole(rules, "line", 0, 1000)
civic.whole(rules, "timeout_ms", 1000, 30000)
civic.whole(rules, "tries", 1, 1000)
civic.whole(rules, "first_pause", 1, 86400)
civic.whole(rules, "longest_pause", 1, 86400)
civic.whole(rules, "look_window", 60, 2592000)
civic.whole(rules, "looks", 1, 100000)
civic.whole(rules, "source_bytes", 1024, 1048576)
civic.whole(rules, "source_timeout_ms", 1000, 30000)
civic.whole(rules, "review_lease", 30, 86400)
civic.number(rules, "least_chroma", 0, 255)
civic.number(rules, "most_uneven", 0, 255)
civic.number(rules, "least_sharpness", 0, 100000)
civic.number(rules, "most_dark", 0, 1)
civic.number(rules, "most_bright", 0, 1)
civic.number(rules, "most_roll", 0, 180)
civic.number(rules, "other_face", 0, 1)

-- 一个范围：从前一个数到后一个数 / a range: from one number to the other
local function check_range(name, most)
    local where = name .. ": "
    civic.number(rules[name], 1, 0, most, where)
    civic.number(rules[name], 2, rules[name][1], most, where)
end

check_range("brightness", 255)
check_range("face_height", 1)
check_range("face_middle_x", 1)
check_range("face_middle_y", 1)

for method, limits in pairs(rules.similarity) do
    local where = 'similarity["' .. method .. '"].'
    civic.number(limits, "same", 0, 1, where)
    civic.number(limits, "different", 0, limits.same, where)
end
for name, profile in pairs(rules.profiles) do
    local where = "profiles." .. tostring(name) .. ": "
    civic.whole(profile, "more_than", 0, 5242880, where)
    civic.whole(profile, "most_bytes", 1024, 5242880, where)
    civic.whole(profile, "least_width", 1, 4096, where)
    civic.whole(profile, "least_height", 1, 4096, where)
    civic.whole(profile, "most_side", 300, 4096, where)
    civic.number(profile, "ratio_tolerance", 0, 1, where)
    civic.number(profile, "background_share", 0, 1, where)
    report.check_profile(profile, where)
end

---------------------------------------------------------------------------
-- 示例 / Examples
---------------------------------------------------------------------------

-- 一张符合要求的照片，以及与它不同之处；报告缩写为每项结果的首字母：
-- A 通过 pass，r 不通过 refuse，a 提示 advise，- 未测得 unmeasured
-- A good photo and what differs from it; a report in short, a letter each
local function photo(change)
    local input = {
        profile = "default",
        file = { bytes = 81234, width = 600, height = 840 },
        measures = {
            width = 600, height = 840,
            grey = { is_grey = false, chroma = 31.2 },
            background = { colour = "blue", share = 0.98, uniformity = 2.1 },
            sharpness = 184.2,
            brightness = { mean = 128.4, dark_share = 0.02,
                           bright_share = 0.11 },
        },
        faces = { { left = 150, top = 200, width = 300, height = 400,
                    roll = -2.4 } },
    }
    if change then
        change(input)
    end
    return input
end

local letters = { pass = "A", refuse = "r", advise = "a", unmeasured = "-" }

-- 输入同 judge，输出 / as judge, in short: verdict, letters
function rules.judge_in_short(input)
    local said, text = rules.judge(input), ""
    for _, one in ipairs(said.criteria) do
        text = text .. letters[one.result]
    end
    return { verdict = said.verdict, letters = text }
end

local function judged(verdict, text, change)
    return { call = "judge_in_short", input = photo(change),
             output = { verdict = verdict, letters = text } }
end

rules.examples = {
    -- 顺序 / in this order: format bytes width height ratio colour background
    -- uniformity sharpness brightness faces face_size face_position roll
    -- identity recent bareheaded
    judged("passed", "AAAAAAAAAAAAAA---"),
    judged("refused", "rAAAAAAAAAAAAA---", function(p)
        p.file.wrong = "damaged" end),
    -- “大于20K”：20480 字节不行 / exactly 20 KB is not more than 20 KB
    judged("refused", "ArAAAAAAAAAAAA---", function(p)
        p.file.bytes = 20480 end),
    judged("passed", "AAAAAAAAAAAAAA---", function(p)
        p.file.bytes = 20481 end),
    judged("refused", "ArAAAAAAAAAAAA---", function(p)
        p.file.bytes = 5242881 end),
    judged("refused", "AArAaAAAAAAAAA---", function(p)
        p.file.width = 299 end),
    judged("passed", "AAAAAAAAAAAAAA---", function(p)
        p.file.width, p.file.height = 300, 420 end),
    judged("refused", "AAArAAAAAAAAAA---", function(p)
        p.file.width, p.file.height = 300, 419 end),
    judged("passed", "AAAAaAAAAAAAAA---", function(p)
        p.file.width = 700 end),
    judged("refused", "AAAAArAAAAAAAA---", function(p)
        p.measures.grey = { is_grey = true, chroma = 0.2 } end),
    judged("refused", "AAAAAArAAAAAAA---", function(p)
        p.measures.background.colour = "other" end),
    judged("refused", "AAAAAArAAAAAAA---", function(p)
        p.measures.background.share = 0.84 end),
    judged("refused", "AAAAAAAAAArAAA---", function(p)
        p.faces[2] = { left = 0, top = 0, width = 200, height = 250,
                       roll = 0 } end),
    judged("passed", "AAAAAAAAAAAAAA---", function(p)
        p.faces[2] = { left = 0, top = 0, width = 40, height = 40,
                       roll = 0 } end),
    judged("refused", "AAAAAAAAAAr------", function(p)
        p.faces = {} end),

    -- 主观评分再差，也不会单独使照片不通过
    -- scores of taste never refuse on their own, however bad they are
    judged("passed", "AAAAAAAaaaAaaa---", function(p)
        p.measures.background.uniformity = 60
        p.measures.sharpness = 0
        p.measures.brightness = { mean = 5, dark_share = 1,
                                  bright_share = 0 }
        p.faces[1] = { left = 0, top = 0, width = 30, height = 40,
                       roll = 40 } end),

    -- 未测得的必要项目不算通过 / what must be measured and is not
    judged("unmeasured", "AAAAAAAAAA-------", function(p)
        p.faces = nil end),
    judged("unmeasured", "AAAAA------------", function(p)
        p.measures, p.faces = nil, nil end),
    judged("refused", "rA---------------", function(p)
        p.file = { bytes = 81234, wrong = "not_jpeg" }
        p.measures, p.faces = nil, nil end),
    -- 多项同时不符 / several faults at once
    judged("refused", "ArrrAArAAAAAAA---", function(p)
        p.file.bytes, p.file.width, p.file.height = 100, 250, 350
        p.measures.background.colour = "mixed" end),

    -- 另一个考试 / the other exam
    judged("refused", "AAAAAArAAAAAAA---", function(p)
        p.profile = "white_small" end),
    judged("refused", "AAAArAAAAAAAAA---", function(p)
        p.profile, p.file.width = "white_small", 650
        p.measures.background.colour = "white" end),

    { call = "limits", input = { profile = "default" },
      output = { known = true, width = 4096, height = 4096,
                 pixels = 16777216, header = 1048576, scans = 60,
                 stored = 2000000 } },
    { call = "limits", input = { profile = "dance" },
      output = { known = false } },
    { call = "process", input = { profile = "default" },
      output = { ratio = "5:7", face_height = 0.38, max_width = 1200,
                 max_height = 1680, min_bytes = 20481,
                 max_bytes = 1048576 } },
    { call = "terms", input = {},
      output = { keep = 31536000, draft = 3600, url = 300, turns = 2,
                 line = 64, timeout = 10000, tries = 12, first_pause = 15,
                 longest_pause = 1800 } },
    { call = "look", input = { kind = "upload", looked = 0 },
      output = { allow = true, fresh = true } },
    { call = "look", input = { kind = "preview", looked = 60,
                               since_window = 3500 },
      output = { allow = false, reason = "photo_looks_limit",
                 retry_after = 100 } },
    { call = "look", input = { kind = "process", looked = 60,
                               since_window = 3600 },
      output = { allow = true, fresh = true } },

    { call = "messages", input = { language = "zh", state = "passed" },
      output = { title = "照片上传成功", title_pc = "上传通过",
                 text = "请点击“照片上传完成”。", button = "照片上传完成",
                 button_pc = "照片上传完成" } },
    { call = "messages", input = { language = "zh", state = "refused" },
      output = { title = "照片未通过", title_pc = "照片未通过",
                 text = "根据失败原因重新上传照片", button = "重新上传照片",
                 button_pc = "重新认证" } },
    { call = "messages", input = { language = "zh", state = "review" },
      output = { title = "待人工比对", title_pc = "待人工比对",
                 text = "照片符合要求，工作人员比对后通知您。" } },
    { call = "changes",
      input = { language = "zh", changes = {
          { name = "cropped", left = 40, top = 0, width = 500, height = 700 },
          { name = "encoded", quality = 88, bytes = 61234 } } },
      output = { texts = { "裁剪为 500 × 700 像素",
                           "重新保存为JPEG，59.8 KB" } } },
    { call = "messages",
      input = { language = "en", state = "refused", reason = "not_recent" },
      output = { title = "Your photo was not accepted",
                 title_pc = "Your photo was not accepted",
                 text = "See the reasons and upload another photo.",
                 button = "Upload another", button_pc = "Upload another",
                 reason = "it is not recent: take a new one" } },
    { call = "found", input = { result = "same" },
      output = { criteria = { {
          name = "identity", result = "pass",
          measured = { zh = "比对为本人", en = "the same person" } } } } },

    -- 比对 / the comparison
    { call = "comparison", input = { profile = "default" },
      output = { source = false, most_bytes = 1048576, timeout = 10000 } },
    { call = "compared", input = { method = "dlib-resnet-1",
                                   similarity = 0.6 },
      output = { result = "same" } },
    { call = "compared", input = { method = "dlib-resnet-1",
                                   similarity = 0.59 },
      output = { result = "unsure" } },
    { call = "compared", input = { method = "dlib-resnet-1",
                                   similarity = 0.34 },
      output = { result = "different" } },
    { call = "compared", input = { method = "another", similarity = 1 },
      output = { result = "unsure" } },
    { call = "compared", input = { method = "alipay_source", passed = true },
      output = { result = "same" } },
    { call = "compared", input = { method = "alipay_source",
                                   passed = false },
      output = { result = "different" } },
    { call = "notice", input = { state = "comparing", reason = "" },
      output = { send = false } },
    { call = "notice", input = { state = "review", reason = "" },
      output = { send = true, title_zh = "待人工比对",
                 title_en = "Waiting for staff",
                 text_zh = "照片符合要求，工作人员比对后通知您。",
                 text_en = "Staff will compare it and you will be told." } },
    { call = "notice", input = { state = "refused",
                                 reason = "not_recent not_bareheaded" },
      output = { send = true, title_zh = "照片未通过",
                 title_en = "Your photo was not accepted",
                 text_zh = "原因：不是近期照片，请重新拍摄；未免冠，请摘下帽子、头饰"
                     .. "后重新拍摄。根据失败原因重新上传照片。",
                 text_en = "Because it is not recent: take a new one; your "
                     .. "head is covered: take it again without a hat. See "
                     .. "the reasons and upload another photo." } },
}

return rules
