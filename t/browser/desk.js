// See desk.t.

const { becomes, browser, check, is, look, shows } = require('./lib');
const { PASSWORD, code, logIn } = require('./staff');

const LEASE = 90000;            // ms, more than a lease lasts

const waiting = (page) => page.locator('.facts dd').first();
const press = (page, name) =>
    page.getByRole('button', { name }).first().click();
const name = (page) => page.locator('.columns .facts dd').first().innerText();

async function holds(page, what) {
    await shows(page.locator('.decision'), what);
}

/* Does what ends the item that stands there, until the next one does. */
async function goesOn(page, act, told, what) {
    const old = await page.locator('.decision').elementHandle();

    await act();
    await shows(page.getByText(told), told);
    await page.waitForFunction((form) => !form.isConnected, old);
    await holds(page, what);
}

/* The first login of somebody who was given a password. */
async function first(page, { initial }) {
    await press(page, '登录');
    await shows(page.locator('#name[aria-invalid]'), 'the name is asked for');
    await page.locator('#name').fill('new');
    await page.locator('#password').fill(initial);
    await press(page, '登录');
    await shows(page.locator('#new_password'), 'a password of their own first');
    await page.locator('#old_password').fill(initial);
    await page.locator('#new_password').fill(PASSWORD);
    await press(page, '保存');
    await page.getByRole('button', { name: '取得密钥' }).waitFor();
    await page.locator('#password').fill(PASSWORD);
    await press(page, '取得密钥');

    const secret = await page.locator('.secret').innerText();

    await page.locator('#totp').fill(code(secret));
    await press(page, '确认');
    await shows(page.locator('#name'), 'then they log in with both');
    await logIn(page, 'new', secret, 1);
    await shows(page.locator('#inside'), 'and are in');
    await press(page, '退出登录');
    await shows(page.locator('#staff form'), 'and out');
}

async function approve(page, { photos_waiting: all }) {
    await shows(waiting(page).getByText(String(all)), 'how many wait');
    await look(page, 'desk');
    await press(page, '取下一件');
    await holds(page, 'one of them');
    check(/\*/.test(await name(page)), 'its name is masked');
    check(await page.locator('.pictures img').first().evaluate(
        (image) => image.decode().then(() => image.naturalWidth >= 300)),
          'its picture');
    await look(page, 'desk-photo');
    is(await page.locator('.decision input:checked').count(), 0,
       'nothing is ticked beforehand');
    await press(page, '通过');
    await shows(page.locator('[name=recent][aria-invalid]'),
                'whoever has not looked cannot approve');
    is(await page.locator('.decision [aria-invalid]').count(), 2,
       'told where');

    const before = await name(page);

    await page.reload();
    await press(page, '取下一件');
    await holds(page, 'after a reload');
    is(await name(page), before, 'it is the same one');
    await page.locator('[name=recent]').check();
    await page.locator('[name=bareheaded]').check();
    await goesOn(page, () => press(page, '通过'), '已通过。',
                 'and the next one is there');
    check(await name(page) !== before, 'indeed another');
}

/* Everything by keys. */
async function refuse(page) {
    const before = await name(page);

    await page.locator('h2').focus();
    await page.keyboard.press('x');
    await shows(page.locator('fieldset[name=reasons][aria-invalid]'),
                'nobody is refused without a reason');
    await page.locator('h2').focus();
    await page.keyboard.press('3');
    is(await page.locator('fieldset[name=reasons] input:checked').count(), 1,
       'a reason by its digit');
    await page.locator('#note').pressSequentially('fax');
    is([await name(page), await page.locator('#note').inputValue()],
       [before, 'fax'], 'what is typed is no key');
    await page.locator('h2').focus();
    await goesOn(page, () => page.keyboard.press('x'), '已不通过。',
                 'the next one');
    await page.keyboard.press('f');
    await shows(page.getByText('已放回。'), 'put back');
    await page.getByLabel(/使用快捷键/).uncheck();
    await page.locator('body').press('n');
    is(await page.locator('.decision').count(), 0, 'keys can be switched off');
    await page.getByLabel(/使用快捷键/).check();
    await page.locator('body').press('n');
    await holds(page, 'and on');
}

/* Two people never hold the same one. */
async function two(page, { open, secret }) {
    const other = await open('/web/review.html#photos');

    await logIn(other, 'bob', secret);
    await press(other, '取下一件');
    await holds(other, 'a second reviewer has one');
    check(await name(other) !== await name(page), 'another one');
    await shows(other.getByText('时间已到'), 'a lease ends', LEASE);
    await becomes(() => other.locator('.decision').count(), 0,
                  'and with it what was shown');
    await other.context().close();
}

async function loggedOut(page, { secret }) {
    await press(page, '取下一件');
    await holds(page, 'one more');

    const before = await name(page);

    await page.locator('[name=recent]').check();
    await page.locator('#note').fill('请重新拍摄');
    await page.context().clearCookies();
    await press(page, '放回');
    await shows(page.locator('#staff .notice'),
                'whose session is over is told');
    await logIn(page, 'ann', secret, 1);
    await press(page, '取下一件');
    await holds(page, 'and goes on');
    is(await name(page), before, 'with the same one');
    is([await page.locator('#note').inputValue(),
        await page.locator('[name=recent]').isChecked()],
       ['请重新拍摄', true], 'and what was typed and ticked');
    await press(page, '放回');
    await page.getByRole('button', { name: 'English' }).click();
    await shows(page.getByText('Photos that wait'), 'in English, too');
}

browser(async (all) => {
    const page = await all.open('/web/review.html#photos');

    await first(page, all);
    await logIn(page, 'ann', all.secret);
    await approve(page, all);
    await refuse(page);
    await two(page, all);
    await shows(page.getByText('时间已到'), 'her time is over, too', LEASE);
    await loggedOut(page, all);
    await page.context().close();
});
