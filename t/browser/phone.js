/*
 * phone.js - what a citizen does with the sandbox phone, for the stories.
 */

const { check, is, shows } = require('./lib');

/* Opens the mini-program on somebody's phone. */
async function openPhone(phone, who) {
    await phone.getByRole('combobox').selectOption(who);
    await phone.getByRole('button', { name: /打开小程序/ }).click();
    await phone.locator('#inside').waitFor();
}

/* The number that a page shows beside its code. */
async function numberOf(page) {
    await page.locator('#ticket').waitFor();
    return page.locator('#ticket-number').innerText();
}

/* Scans a page's code: a click on the link beside it opens the phone. */
async function scan(page) {
    const [phone] = await Promise.all([page.context().waitForEvent('page'),
        page.getByRole('link', { name: '用沙箱手机扫描' }).click()]);

    await phone.waitForLoadState();
    return phone;
}

/* Titles that stand over a text and begin it, too. */
const twice = (page) => page.locator('form:has(.consent) h3').evaluateAll(
    (titles) => titles.map(({ innerText }) => innerText).filter((title) =>
        document.querySelector('form:has(.consent)').innerText
            .split(title).length > 2));

/* Ticks all boxes of the consent that is shown, and presses the button. */
async function consent(page, button) {
    await page.locator('.consent').waitFor();
    check(await page.locator('form:has(.consent) input[type=checkbox]:checked')
        .count() === 0, 'nothing is ticked beforehand');
    is(await twice(page), [], 'no title of a text is said twice');
    for (const box of await page.locator(
        'form:has(.consent) input[type=checkbox]').all())
    {
        await box.check();
    }
    await page.getByRole('button', { name: button, exact: true }).click();
}

/* Types the number and confirms, with the consent if it is asked for. */
async function confirm(phone, number) {
    await phone.locator('#number').fill(number);
    await phone.getByRole('button', { name: '确认登录' }).click();
    if (await Promise.race([
        phone.locator('.consent').waitFor().then(() => true),
        phone.getByText('已确认登录').waitFor().then(() => false)]))
    {
        await consent(phone, '授权');
    }
    await shows(phone.getByText('已确认登录'), 'the phone has confirmed');
}

module.exports = { confirm, consent, numberOf, openPhone, scan };
