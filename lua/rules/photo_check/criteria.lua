-- 照片报告的项目：名称、颜色的叫法、哪里不对、该怎么办。改文字就改这里。
-- The criteria of a photo's report: their names, what colours and faults are
-- called, and what to do.  Change the words here.
--
-- kind: objective 客观；subjective 主观，只提示；later 此时无法判断
-- kind: a subjective one only advises; "later" ones are for the comparison, or
-- for staff

local criteria = {}

criteria.list = {
    { name = "format", kind = "objective", zh = "格式", en = "Format" },
    { name = "bytes", kind = "objective", zh = "文件大小", en = "File size" },
    { name = "width", kind = "objective", zh = "宽度", en = "Width" },
    { name = "height", kind = "objective", zh = "高度", en = "Height" },
    { name = "ratio", kind = "objective", zh = "宽高比", en = "Ratio" },
    { name = "colour", kind = "objective", zh = "彩色", en = "Colour" },
    { name = "background", kind = "objective", zh = "背景颜色",
      en = "Background" },
    { name = "uniformity", kind = "subjective", zh = "背景均匀",
      en = "Even background" },
    { name = "sharpness", kind = "subjective", zh = "清晰度",
      en = "Sharpness" },
    { name = "brightness", kind = "subjective", zh = "亮度",
      en = "Brightness" },
    { name = "faces", kind = "objective", zh = "人脸数", en = "Faces" },
    { name = "face_size", kind = "subjective", zh = "头像比例",
      en = "Size of the face" },
    { name = "face_position", kind = "subjective", zh = "头像位置",
      en = "Position of the face" },
    { name = "roll", kind = "subjective", zh = "头部端正",
      en = "Upright head" },
    { name = "identity", kind = "later", zh = "本人比对",
      en = "The same person" },
    { name = "recent", kind = "later", zh = "近期", en = "Recent" },
    { name = "bareheaded", kind = "later", zh = "免冠", en = "Bare-headed" },
}

-- 不是可用的照片的原因：来自文件头或检测服务 / why it is no usable photo: by
-- its header, or the engine
criteria.wrongs = {
    not_jpeg = { zh = "不是JPG或JPEG格式", en = "not a JPEG" },
    damaged = { zh = "文件不完整或已损坏", en = "damaged or cut off" },
    unsupported = { zh = "不支持的JPEG（如CMYK、无损）",
                    en = "a kind of JPEG that photos are not (CMYK, "
                        .. "lossless)" },
    too_large = { zh = "尺寸过大", en = "too many pixels" },
    too_many_scans = { zh = "扫描次数或文件头异常",
                       en = "more scans or header than photos have" },
}

criteria.colours = {
    red = { zh = "红", en = "red" }, blue = { zh = "蓝", en = "blue" },
    white = { zh = "白", en = "white" }, other = { zh = "其他", en = "other" },
    mixed = { zh = "各处不一", en = "mixed" },
}

-- 不符合时的提示 / what to do about it
criteria.advice = {
    format = { zh = "请使用JPG或JPEG格式的照片重新上传",
               en = "Save the photo as JPG or JPEG and upload it again" },
    bytes = { zh = "请使用大小符合要求的照片，可使用照片处理工具",
              en = "Use a photo of the size that is wanted; the photo tool "
                  .. "can help" },
    width = { zh = "请使用宽度符合要求的照片；过小的照片不能放大，请重新拍摄",
              en = "Use a photo of the width that is wanted; one that is "
                  .. "too small cannot be enlarged, take it again" },
    height = { zh = "请使用高度符合要求的照片；过小的照片不能放大，请重新拍摄",
               en = "Use a photo of the height that is wanted; one that is "
                   .. "too small cannot be enlarged, take it again" },
    ratio = { zh = "建议裁剪为要求的宽高比，可使用照片处理工具",
              en = "Crop it to the ratio that is wanted; the photo tool can "
                  .. "help" },
    colour = { zh = "请使用彩色照片", en = "Use a photo in colour" },
    background = { zh = "背景颜色不符合要求，请在要求颜色的背景前重新拍摄",
                   en = "Take it again before a background of the colour "
                       .. "that is wanted" },
    uniformity = { zh = "背景不够均匀，建议使用无阴影、无图案的背景",
                   en = "Use a background without shadows or patterns" },
    sharpness = { zh = "照片可能模糊、不清晰，建议重新拍摄",
                  en = "It may be blurred: better take it again" },
    brightness = { zh = "照片可能太亮或太暗，建议在光线良好处拍摄",
                   en = "It may be too bright or too dark: find good light" },
    faces = { zh = "照片中须有且只有本人一张正面人脸",
              en = "There must be one face, yours, seen from the front" },
    face_size = { zh = "头像所占比例过小或过大，可使用照片处理工具",
                  en = "The face is too small or too large; the photo tool "
                      .. "can help" },
    face_position = { zh = "建议头像居中，可使用照片处理工具",
                      en = "Put the face into the middle; the photo tool can "
                          .. "help" },
    roll = { zh = "请勿歪头，建议重新拍摄",
             en = "Hold your head upright and take it again" },
    identity = { zh = "上传后与认证的人脸比对",
                 en = "It is compared with your face after the upload" },
    recent = { zh = "须为近期照片，由工作人员判断",
               en = "It must be recent, which only staff can tell" },
    bareheaded = { zh = "须为免冠照片，由工作人员判断",
                   en = "It must be bare-headed, which only staff can tell" },
}

return criteria
