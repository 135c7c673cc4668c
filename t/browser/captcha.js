/*
 * captcha.js - 账户登录 for the stories.
 */

/* As a screen reader finds it. */
const box = (page, name) => page.getByRole('textbox', { name, exact: true });

/* The answer of the captcha that the page shows: the sandbox tells it. */
function captchas(page) {
    const told = { answer: '', count: 0 };

    page.on('response', async (response) => {
        if (response.url().endsWith('/login/captchas') && response.ok()) {
            told.answer = (await response.json()).sandbox_answer;
            told.count++;
        }
    });
    return told;
}

/* Until a captcha came that has not been seen. */
async function another(told, before) {
    for (let i = 0; i < 400 && told.count <= before; i++) {
        await new Promise((resolve) => { setTimeout(resolve, 25); });
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
