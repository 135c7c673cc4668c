/*
 * captcha.js - 账户登录 for the stories.
 */

const { TIMEOUT } = require('./lib');

/* As a screen reader finds it. */
const box = (page, name) => page.getByRole('textbox', { name, exact: true });

/* The answer of the captcha that the page shows: the sandbox tells it. */
function captchas(page) {
    const told = { page, answer: '', count: 0 };

    page.on('response', async (response) => {
        if (!response.url().endsWith('/login/captchas') || !response.ok()) {
            return;
        }

        // a page that goes away takes its answers with it
        const captcha = await response.json().catch(() => null);

        if (captcha) {
            told.answer = captcha.sandbox_answer;
            told.image = captcha.image;
            told.count++;
        }
    });
    return told;
}

/* Until a captcha came that has not been seen, and the page shows it: whatever
   was typed before goes with the old one. */
async function another(told, before) {
    for (let i = 0; i < TIMEOUT / 25 && told.count <= before; i++) {
        await new Promise((resolve) => { setTimeout(resolve, 25); });
    }
    if (told.count > before) {
        await told.page.waitForFunction((image) => document.querySelector(
            '#captcha-image').getAttribute('src') === image, told.image);
    }
    return told.answer;
}

async function login(page, told, number, password) {
    await box(page, '身份证号').fill(number);
    await page.locator('#password').fill(password);
    await box(page, '验证码').fill(told.answer);
    await page.getByRole('button', { name: '登录' }).click();
}

/* A page of somebody who has logged in by account. */
async function comeIn({ open, base }, person) {
    const page = await open();
    const told = captchas(page);

    await page.goto(`${base}/web/`);
    await another(told, 0);
    await login(page, told, person.id_number, person.password);
    await page.waitForURL('**/web/onboarding.html');
    return page;
}

module.exports = { another, box, captchas, comeIn, login };
