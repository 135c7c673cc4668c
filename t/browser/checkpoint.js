// See family.t: staff at an entrance, and codes of a family.

const { becomes, browser, check, is, look, shows } = require('./lib');
const { allow, seeing, show } = require('./camera');
const captcha = require('./captcha');
const { logIn } = require('./staff');

const answer = (page) => page.locator('#verdict .answer');

/* What a phone shows now. */
const codeOf = (phone, path) => phone.evaluate((of) => fetch(of, {
    headers: { 'Civic-Session': 'cookie' } }).then((got) => got.json())
    .then(({ code }) => code), path);

/* As a scanner does: it types, and presses Enter. */
async function scan(page, code) {
    is(await page.evaluate(() => document.activeElement.id), 'code',
       'the field waits for a scanner');
    await page.keyboard.insertText(code);
    await page.keyboard.press('Enter');
    await answer(page).waitFor();
    return answer(page).getAttribute('data-verdict');
}

async function family(phone) {
    const { codes } = await phone.evaluate(() => fetch('/kinship/codes', {
        headers: { 'Civic-Session': 'cookie' } }).then((got) => got.json()));

    return codes.find((code) => code.binding_id).binding_id;
}

/* With a phone in the hand: refused it says so; else the verdict is in sight,
   and no keyboard comes up over it. */
async function byCamera(all, phone) {
    const context = await seeing(await all.context({ width: 360,
                                                     height: 740 }));
    const page = await all.open('/web/checkpoint.html', { context });

    await logIn(page, 'bea', all.secret);
    await page.locator('#place').selectOption('public');
    await allow(page, false);
    await page.getByRole('button', { name: '用摄像头扫码' }).click();
    await shows(page.locator('.notice', { hasText: '无法使用摄像头' }),
                'a camera that is refused');
    await allow(page, true);
    await page.getByRole('button', { name: '用摄像头扫码' }).click();
    await page.locator('video').waitFor();
    await show(page, await codeOf(phone, '/kinship/code'));
    await shows(answer(page), 'what the camera sees');
    is(await answer(page).getAttribute('data-verdict'), 'genuine',
       'is verified');
    await becomes(() => answer(page).locator('h2').evaluate((each) =>
        each.getBoundingClientRect().bottom <= innerHeight), true,
    'and said where a phone shows it');
    check(await page.evaluate(() => document.activeElement.id !== 'code'),
          'without a keyboard');
    await context.close();
}

browser(async (all) => {
    const phone = await captcha.comeIn(all, all.people[0]);
    const relative = `/kinship/codes/${await family(phone)}`;
    const page = await all.open('/web/checkpoint.html');

    await logIn(page, 'ann', all.secret);
    await page.locator('#place').selectOption('public');
    is(await scan(page, await codeOf(phone, '/kinship/code')), 'genuine',
       'an own code');
    is(await answer(page).locator('h2').innerText(), '有效', 'in a word');
    is(await answer(page).locator('.colour').innerText(), '绿码',
       'the colour, too');
    check(/^测\*一/.test(await answer(page).locator('.owner').innerText()),
          'of whom, masked');
    await look(page, 'checkpoint');

    is(await scan(page, await codeOf(phone, relative)), 'genuine',
       'a relative’s');
    await shows(answer(page).getByText('亲属码'), 'is said to be one');
    await page.locator('#place').selectOption('airport');
    await shows(page.getByText('此处不适用亲属码'), 'a place that takes none');
    is(await scan(page, await codeOf(phone, relative)), 'not_here',
       'refuses it');
    await shows(answer(page).getByText('亲属码现阶段不适用于“一场两站”'),
                'and says why');
    is(await answer(page).getAttribute('data-colour'), null,
       'without a colour');
    is(await scan(page, 'https://example.com/'), 'other', 'something else');

    const old = await codeOf(phone, '/kinship/code');

    is(await scan(page, `${old.slice(0, -4)}AAAA`), 'forged', 'a forged one');
    await page.reload();
    await page.locator('#code').waitFor();
    is(await page.locator('#place').inputValue(), 'airport',
       'the place stays after a reload');
    await page.getByRole('button', { name: 'English' }).click();
    await shows(page.getByText('Relatives’ codes do not hold here.'),
                'in English, too');
    await page.context().close();
    await byCamera(all, phone);
});
