/*
 * relatives.js - people whose codes are bound, for the stories.
 */

const captcha = require('./captcha');
const { goOn } = require('./journey');

/* By password, and with the face that a code of one's own wants. */
async function comeIn(all, person) {
    const page = await captcha.comeIn(all, person);

    await goOn(page, { link: '用沙箱手机扫描', tries: [['pass']],
                       once: true });
    return page;
}

module.exports = { comeIn };
