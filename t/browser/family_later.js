// See family.t: a day after the binding.

const { browser, is, shows } = require('./lib');
const captcha = require('./captcha');

browser(async (all) => {
    const page = await captcha.comeIn(all, all.people[0]);

    await page.goto(`${all.base}/web/`);
    await page.getByRole('link', { name: '一码通' }).click();
    await page.getByRole('link', { name: /张\*雨/ }).click();
    await page.getByRole('button', { name: '解绑', exact: true }).click();
    await page.getByRole('button', { name: '确认解绑' }).click();
    await page.locator('.health-code .label', { hasText: '一码通' }).waitFor();
    await shows(page.getByText('一码通').last(), 'back at the own code');
    is(await page.getByRole('link', { name: /张\*雨/ }).count(), 0,
       'unbound, a day later');
});
