// See registration.t.

const { browser, check, is, look, shows } = require('./lib');
const { comeIn } = require('./captcha');
const { choosePosition, field, fillIn, saved, submit } =
    require('./applicant');
const { goOn } = require('./journey');
const { logIn } = require('./staff');

const SCAN = '用沙箱手机扫描';
const WORDS = '修改提交信息或申请其他职位，保存提交，等待再次审核';

const state = (page) => page.locator('.application .state');
const press = (page, name) =>
    page.getByRole('button', { name }).first().click();
const becomes = (page, label, name) =>
    shows(state(page).getByText(label), name);

/* From the login to an application that was handed in, its photo not seen by
   anybody yet. */
async function apply(all) {
    const page = await comeIn(all, all.people[0]);

    await goOn(page, { link: SCAN, tries: [['pass']] });
    await page.locator('#step input[type=file]')
        .setInputFiles(`${all.photos}/good.jpg`);
    await press(page, '上传照片');
    await press(page, '继续');
    await page.getByRole('link', { name: '本次考试' }).click();
    await page.getByRole('link', { name: '报名', exact: true }).click();
    await becomes(page, '未提交', 'the form');
    await fillIn(page);
    await choosePosition(page, 'P00003');
    await page.getByLabel('信息真实有效').check();
    await submit(page);
    await shows(page.locator('fieldset[name=photo][aria-invalid]'),
                'a photo that nobody has seen yet holds it up');
    return page;
}

async function reviewer({ open, secret }, name, ahead) {
    const page = await open('/web/review.html', { width: 1280 });

    await logIn(page, name, secret, ahead);
    await shows(page.getByRole('heading', { name: /2026年/ }),
                `${name} is at work`);
    return page;
}

/* Until something waits there.  What is taken may come as the button is pressed
   once more. */
async function takes(desk, name) {
    const item = desk.locator('.decision');

    for (let i = 0; i < 40 && !await item.count(); i++) {
        await desk.getByRole('button', { name: '取下一件' })
            .click({ timeout: 1000 }).catch(() => {});
        await item.waitFor({ timeout: 1000 }).catch(() => {});
    }
    await shows(item, name);
}

/* The desk is rid of what was decided. */
const rid = (desk) => desk.locator('.decision').waitFor({ state: 'hidden' });

async function photo(page, desk) {
    await desk.getByRole('link', { name: '照片比对' }).click();
    await desk.getByText('待人工比对').waitFor();
    await takes(desk, 'a photo that waits');
    await desk.locator('[name=recent]').check();
    await desk.locator('[name=bareheaded]').check();
    await press(desk, '通过');
    await shows(desk.getByText('已通过。'), 'the photo is approved');
    await desk.getByRole('link', { name: '资格审核' }).click();
    await shows(page.getByText('上传通过'), 'which its owner is told there');
    await press(page, '照片上传完成');
    await shows(page.getByText('✓ 照片已通过'), 'which its owner finishes');
    await submit(page);
    await becomes(page, '待审核', 'so it can be submitted');
}

async function refuse(page, desk, { people: [person] }) {
    await takes(desk, 'a reviewer takes it');
    await shows(desk.getByText(person.id_number), 'sees who it is');
    await shows(desk.getByText('青海大学'), 'what was filled in');
    await shows(desk.getByText('本科及以上学历'), 'what the position asks for');
    check(await desk.locator('.pictures img').evaluate((image) =>
        image.decode().then(() => image.naturalWidth >= 300)), 'the photo');
    await look(desk, 'desk-application');
    await desk.getByRole('button', { name: '延长' }).click();
    await desk.locator('h2').focus();
    await desk.keyboard.press('x');
    await shows(desk.locator('fieldset[name=reasons][aria-invalid]'),
                'a refusal has a reason');
    await desk.locator('[name="reasons.other"]').check();
    await press(desk, '不通过');
    await shows(desk.locator('#note[aria-invalid]'),
                'one of them needs a note');
    await desk.locator('#note').fill('毕业院校请填写全称');
    await press(desk, '不通过');
    await shows(desk.getByText('已不通过。'), 'refused');
    await rid(desk);
    await becomes(page, '审核不通过', 'the page hears of it by itself');
    await shows(page.getByText('毕业院校请填写全称'), 'and why');
    await shows(page.getByText(WORDS), WORDS);
    await look(page, 'application-refused');
}

async function amend(page, desk) {
    await field(page, 'school').fill('青海大学（西宁）');
    await saved(page);
    await page.getByLabel('信息真实有效').check();
    await press(page, '保存提交');
    await becomes(page, '待审核', 'and is handed in again');
    await takes(desk, 'which a reviewer gets');
    await desk.getByText('经过').click();
    await shows(desk.getByText('毕业院校请填写全称'), 'with what was before');
    await desk.locator('h2').focus();
    await desk.keyboard.press('3');
    await desk.keyboard.press('x');
    await shows(desk.getByText('已不通过。'), 'refused by keys, by mistake');
    await rid(desk);
    await becomes(page, '审核不通过', 'once more');
}

/* One proposes, the other confirms. */
async function reverse(page, desk, all) {
    const bob = await reviewer(all, 'bob');

    await desk.getByText('纠正已作出的决定').click();
    await desk.locator('#id_number').fill(all.people[0].id_number);
    await press(desk, '查找已决定的报名');
    await desk.getByRole('button', { name: '打开' }).first().click();
    await desk.locator('.decision').waitFor();
    await press(desk, '提出纠正');
    await shows(desk.locator('#why[aria-invalid]'), 'with a reason');
    await desk.locator('#why').fill('按错了，符合条件');
    await press(desk, '提出纠正');
    await shows(desk.getByText('已提出纠正'), 'one proposes to turn it round');
    await bob.reload();
    await bob.getByText('纠正已作出的决定').click();
    await bob.getByRole('button', { name: '打开' }).first().click();
    await shows(bob.getByText('按错了，符合条件'), 'another reads why');
    await look(bob, 'desk-reversal');
    await bob.locator('h2').focus();
    await bob.keyboard.press('a');
    await shows(bob.getByText('已纠正。'), 'and confirms it');
    await bob.context().close();
    await becomes(page, '未缴费', 'so it is approved, and to be paid');
}

async function pay(page, { base }) {
    await press(page, /^支付$/);
    await page.locator('.code img').waitFor();
    await look(page, 'application-pay');

    const number = await page.getByRole('link', { name: SCAN })
        .getAttribute('href');

    await fetch(`${base}/sandbox/alipay/payments`, { method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ number, user: 'zhang' }) });
    await becomes(page, '已付款', 'paid');
    await shows(page.getByText('尚未安排座位'), 'and waits for a seat');
    await page.goto(`${base}/web/payment.html`);
    await page.getByRole('link', { name: '查看报名' }).click();
    await becomes(page, '已付款', 'the payments’ page leads back');
}

browser(async (all) => {
    const page = await apply(all);
    const desk = await reviewer(all, 'ann');

    await photo(page, desk);
    await refuse(page, desk, all);
    await amend(page, desk);
    await reverse(page, desk, all);
    await pay(page, all);
    is(await page.locator('#apply').count(), 0, 'nothing is left to fill in');
});
