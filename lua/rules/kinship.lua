-- 一码通与亲属码。
-- Health codes of oneself and one's family.

local rules = {}

rules.examples = {}

return rules
