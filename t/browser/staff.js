/*
 * staff.js - staff at their page, for the stories.
 */

const { createHmac } = require('crypto');

const PASSWORD = 'Upper-Floor-2026';

function bytesOf(base32) {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
    const bits = [...base32.replace(/\s/g, '')].map((c) =>
        alphabet.indexOf(c).toString(2).padStart(5, '0')).join('');

    return Buffer.from(bits.match(/.{8}/g).map((each) => parseInt(each, 2)));
}

/* RFC 6238, as the authenticator shows it; ahead: steps from now. */
function code(secret, ahead = 0) {
    const step = Buffer.alloc(8);

    step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + ahead));

    const mac = createHmac('sha1', bytesOf(secret)).update(step).digest();
    const at = mac[19] & 15;

    return String((mac.readUInt32BE(at) & 0x7fffffff) % 1000000)
        .padStart(6, '0');
}

async function logIn(page, name, secret, ahead = 0) {
    await page.locator('#name').fill(name);
    await page.locator('#password').fill(PASSWORD);
    await page.locator('#totp').fill(code(secret, ahead));
    await page.getByRole('button', { name: '登录', exact: true }).click();
}

module.exports = { PASSWORD, code, logIn };
