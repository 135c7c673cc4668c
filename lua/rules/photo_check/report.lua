-- 照片的报告：每个项目测得什么、要求什么、符合与否。数值在 photo_check.lua，文字在
-- photo_check/criteria.lua，这里只有算法。
-- A photo's report: of each criterion what was measured, what is asked for, and
-- whether it is met.  Numbers stand in photo_check.lua and come as "of", words
-- in photo_check/criteria.lua; here is how to reckon with them.

local criteria = require "photo_check/criteria"
local words = require "lib/words"

local report = {}

local subjective = {}
for _, one in ipairs(criteria.list) do
    subjective[one.name] = one.kind ~= "objective"
end

local function both(text)
    return { zh = text, en = text }
end

local function within(value, range)
    return value >= range[1] and value <= range[2]
end

local function percent(share)
    return string.format("%.0f%%", share * 100)
end

-- 每个项目：符合与否（nil 为未测得）、测得值、要求
-- each: whether it is met (nil: not measured), what was measured, the limit
local check = {}

function check.format(file)
    local measured = file.wrong
        and (criteria.wrongs[file.wrong] or criteria.wrongs.damaged)
        or both("JPEG")
    return not file.wrong, measured, both("JPG / JPEG")
end

function check.bytes(file, profile)
    local least = words.kilobytes(profile.more_than)
    local most = words.kilobytes(profile.most_bytes)
    return file.bytes > profile.more_than and file.bytes <= profile.most_bytes,
        both(words.kilobytes(file.bytes)),
        { zh = "大于" .. least .. "，不超过" .. most,
          en = "more than " .. least .. ", at most " .. most }
end

local function side(value, least, most)
    local limit = { zh = string.format("%d 至 %d 像素", least, most),
                    en = string.format("%d to %d pixels", least, most) }
    if not value then
        return nil, nil, limit
    end
    return value >= least and value <= most,
        { zh = string.format("%d 像素", value),
          en = string.fill("{n|pixel|pixels}", { n = value }) }, limit
end

function check.width(file, profile)
    return side(file.width, profile.least_width, profile.most_side)
end

function check.height(file, profile)
    return side(file.height, profile.least_height, profile.most_side)
end

function check.ratio(file, profile)
    local limit = both(string.format("%d:%d", profile.ratio[1],
                                     profile.ratio[2]))
    if not file.width or file.height == 0 then
        return nil, nil, limit
    end
    local ratio = file.width / file.height
    return math.abs(ratio * profile.ratio[2] / profile.ratio[1] - 1)
            <= profile.ratio_tolerance,
        both(string.format("%.2f:%d", ratio * profile.ratio[2],
                           profile.ratio[2])), limit
end

function check.colour(_, _, measures, _, of)
    local limit = { zh = "彩色", en = "in colour" }
    if not measures then
        return nil, nil, limit
    end
    local grey = measures.grey.is_grey
        or measures.grey.chroma < of.least_chroma
    return not grey, grey and { zh = "灰度", en = "grey" } or limit, limit
end

function check.background(_, profile, measures)
    local zh, en = {}, {}
    for i, colour in ipairs(profile.backgrounds) do
        zh[i] = criteria.colours[colour].zh
        en[i] = criteria.colours[colour].en
    end
    local limit = { zh = table.concat(zh, "、") .. "，占比不低于"
                        .. percent(profile.background_share),
                    en = table.concat(en, ", ") .. ", at least "
                        .. percent(profile.background_share) }
    if not measures then
        return nil, nil, limit
    end
    local found, ok = measures.background, false
    for _, colour in ipairs(profile.backgrounds) do
        ok = ok or colour == found.colour
    end
    local name = criteria.colours[found.colour] or criteria.colours.other
    return ok and found.share >= profile.background_share,
        { zh = name.zh .. " " .. percent(found.share),
          en = name.en .. " " .. percent(found.share) }, limit
end

function check.uniformity(_, _, measures, _, of)
    local limit = { zh = string.format("不大于 %.1f", of.most_uneven),
                    en = string.format("at most %.1f", of.most_uneven) }
    if not measures then
        return nil, nil, limit
    end
    local value = measures.background.uniformity
    return value <= of.most_uneven, both(string.format("%.1f", value)),
        limit
end

function check.sharpness(_, _, measures, _, of)
    local limit = { zh = string.format("不小于 %.0f", of.least_sharpness),
                    en = string.format("at least %.0f",
                                       of.least_sharpness) }
    if not measures then
        return nil, nil, limit
    end
    return measures.sharpness >= of.least_sharpness,
        both(string.format("%.1f", measures.sharpness)), limit
end

function check.brightness(_, _, measures, _, of)
    local range = of.brightness
    local limit = { zh = string.format("%d 至 %d", range[1], range[2]),
                    en = string.format("%d to %d", range[1], range[2]) }
    if not measures then
        return nil, nil, limit
    end
    local found = measures.brightness
    return within(found.mean, range) and found.dark_share <= of.most_dark
            and found.bright_share <= of.most_bright,
        both(string.format("%.0f", found.mean)), limit
end

-- 远小于最大脸的不算 / without those that are far smaller than the largest
local function count(of, faces)
    local n = 0
    for _, face in ipairs(faces) do
        if face.height >= faces[1].height * of.other_face then
            n = n + 1
        end
    end
    return n
end

function check.faces(_, _, _, faces, of)
    local limit = both("1")
    if not faces then
        return nil, nil, limit
    end
    local n = count(of, faces)
    return n == 1, both(string.format("%d", n)), limit
end

local function range_of_shares(range)
    local text = percent(range[1]) .. " – " .. percent(range[2])
    return both(text)
end

function check.face_size(_, _, measures, faces, of)
    local limit = range_of_shares(of.face_height)
    if not measures or not faces or not faces[1] then
        return nil, nil, limit
    end
    local share = faces[1].height / measures.height
    return within(share, of.face_height), both(percent(share)), limit
end

function check.face_position(_, _, measures, faces, of)
    local across = range_of_shares(of.face_middle_x)
    local down = range_of_shares(of.face_middle_y)
    local limit = { zh = "横向 " .. across.zh .. "，纵向 " .. down.zh,
                    en = across.en .. " across, " .. down.en .. " down" }
    if not measures or not faces or not faces[1] then
        return nil, nil, limit
    end
    local face = faces[1]
    local x = (face.left + face.width / 2) / measures.width
    local y = (face.top + face.height / 2) / measures.height
    return within(x, of.face_middle_x) and within(y, of.face_middle_y),
        { zh = "横向 " .. percent(x) .. "，纵向 " .. percent(y),
          en = percent(x) .. " across, " .. percent(y) .. " down" }, limit
end

function check.roll(_, _, _, faces, of)
    local limit = { zh = string.format("不超过 %d°", of.most_roll),
                    en = string.format("at most %d°", of.most_roll) }
    if not faces or not faces[1] then
        return nil, nil, limit
    end
    return math.abs(faces[1].roll) <= of.most_roll,
        both(string.format("%.1f°", faces[1].roll)), limit
end

local function later()
    return nil, nil, nil
end

check.identity, check.recent, check.bareheaded = later, later, later

local nothing = { zh = "未测得", en = "not measured" }

-- 输入、输出见 photo_check.lua / input and output: see photo_check.lua
function report.judge(of, input)
    local profile = of.profiles[input.profile]
    local out = { verdict = "passed", refused = 0, advised = 0,
                  unmeasured = 0, criteria = {} }
    local refuses, missing = {}, false

    for _, name in ipairs(profile.refuse) do
        refuses[name] = not subjective[name]
    end
    for i, one in ipairs(criteria.list) do
        local ok, measured, limit = check[one.name](
            input.file, profile, input.measures, input.faces, of)
        local result = ok and "pass" or "advise"

        if ok == nil then
            result = "unmeasured"
            out.unmeasured = out.unmeasured + 1
            missing = missing or refuses[one.name] == true
        elseif not ok and refuses[one.name] then
            result = "refuse"
            out.refused = out.refused + 1
        elseif not ok then
            out.advised = out.advised + 1
        end
        out.criteria[i] = {
            name = one.name, kind = one.kind, result = result,
            title = { zh = one.zh, en = one.en },
            measured = measured or nothing, limit = limit,
            advice = result ~= "pass" and criteria.advice[one.name] or nil,
        }
    end
    if out.refused > 0 then
        out.verdict = "refused"
    elseif missing then
        out.verdict = "unmeasured"
    end
    return out
end

-- 比对或人工审核之后，见 photo_check.lua / once it was compared or reviewed
function report.found(input)
    local found, review = {}, input.review
    local function tell(name, result, zh, en)
        found[#found + 1] = { name = name, result = result,
                              measured = { zh = zh, en = en } }
    end
    if review and review.approved then
        tell("identity", "pass", "审核人员已比对", "compared by a reviewer")
        tell("recent", "pass", "审核人员已确认", "a reviewer says so")
        tell("bareheaded", "pass", "审核人员已确认", "a reviewer says so")
    elseif review then
        return { criteria = found }
    elseif input.result == "same" then
        tell("identity", "pass", "比对为本人", "the same person")
    elseif input.result == "different" then
        tell("identity", "refuse", "与本人不一致", "another person")
    end
    return { criteria = found }
end

-- 一项要求里的名称都有，且主观项目不在 refuse 中
-- the names of a profile are there, and refuse has no score of taste
function report.check_profile(profile, where)
    for _, refused in ipairs(profile.refuse) do
        if subjective[refused] == nil then
            error(where .. 'nothing is called "' .. tostring(refused) .. '"')
        end
        if subjective[refused] then
            error(where .. refused .. " is a score of taste, or told later, "
                .. "and never refuses on its own")
        end
    end
    for _, colour in ipairs(profile.backgrounds) do
        if not criteria.colours[colour] then
            error(where .. 'no colour is called "' .. tostring(colour) .. '"')
        end
    end
end

return report
