// See family.t.

const { becomes, browser, byKey, check, is, look, shows } = require('./lib');
const { comeIn: logIn } = require('./captcha');
const { comeIn } = require('./relatives');
const { consent } = require('./phone');

const SCAN = '用沙箱手机扫描';

const card = (page) => page.locator('.health-code');
const button = (page, name) => page.getByRole('button', { name, exact: true });

/* Who has shown no face is led to where that is done. */
async function unproven({ open, base }, person) {
    const page = await logIn({ open, base }, person);

    await page.goto(`${base}/web/codes.html`);
    await button(page, '申领一码通').click();
    await page.getByRole('link', { name: '去完成身份认证' }).click();
    await shows(page.getByRole('heading', { name: '人脸识别认证' }),
                'there is a way to the face');
    await page.context().close();
}

/* 申领一码通, under a consent of one's own, whoever gave one before. */
async function ownCode(page) {
    await page.getByRole('link', { name: '一码通 · 亲属码' }).click();
    await byKey(button(page, '申领一码通'), '#view',
                page.locator('.consent'));
    await consent(page, '同意并申领');
    await shows(card(page), 'the own code is there');
    await becomes(() => page.evaluate(() => document.activeElement.className),
                  'label', 'and is read out');
    is(await card(page).locator('.label').innerText(), '一码通',
       'and says which it is');
    is(await card(page).locator('.colour').innerText(), '绿码',
       'its colour is a word');
    check((await card(page).locator('.reason').innerText()).length > 1,
          'with the reason');
    await look(page, 'own-code');
}

/* What stands still is a picture. */
async function itMoves(page) {
    const clock = card(page).locator('.seconds');
    const first = await clock.innerText();
    const runner = () => card(page).locator('.runner').evaluate((each) =>
        getComputedStyle(each).left);
    const left = await runner();

    check(/^\d\d:\d\d:\d\d$/.test(first), 'a clock with seconds');
    await page.waitForFunction((old) => document.querySelector(
        '.health-code .seconds').innerText !== old, first);
    check(await runner() !== left, 'and a band that moves');
}

/* The code is another one by itself; without network it says when it ends. */
async function itChanges(page) {
    const image = () => card(page).locator('img').getAttribute('src');
    const first = await image();

    check(/^data:image\/png/.test(first), 'a QR code');
    await page.waitForFunction((old) => document.querySelector(
        '.health-code img').getAttribute('src') !== old, first,
    { timeout: 15000 });
    check(await image() !== first, 'which another one follows');
}

async function offline(page) {
    await page.context().setOffline(true);
    await shows(page.getByText('网络已断开，此码已失效'),
                'without network the code is over in time', 30000);
    check(await card(page).locator('img.stale').count() === 1,
          'and is seen to be');
    await page.context().setOffline(false);
    await page.waitForFunction(() => !document.querySelector(
        '.health-code img.stale'), null, { timeout: 20000 });
    await shows(page.getByText('网络已恢复。'), 'with it there is a new one');
}

/* The store is away for a while: the code is over, the page says so, and goes
   on when it is back. Of what cannot be read nothing is shown. */
async function away(page, { expected }) {
    const path = '**/kinship/code**';

    expected.push(/\/kinship\/codes?: 503/);
    await page.route(path, (route) => route.fulfill({ status: 503,
        contentType: 'application/problem+json', body: JSON.stringify({
            code: 'store_unavailable', status: 503, retry_after: 1,
            detail: '系统暂时无法读写数据。' }) }));
    await shows(page.getByText('系统暂时不可用，此码已失效'),
                'a code is over without the store, too', 60000);
    is(await card(page).locator('img.stale').count(), 1, 'and seen to be');
    await page.unroute(path);
    await page.waitForFunction(() => !document.querySelector(
        '.health-code img.stale, .health-code .notice:not([hidden])'));
    await page.route(path, (route) => route.fulfill({ status: 503,
        contentType: 'application/problem+json', body: JSON.stringify({
            code: 'store_unavailable', status: 503, retry_after: 0,
            detail: '系统暂时无法读写数据。' }) }));
    await page.locator('#list a').last().click();
    await shows(page.getByText('系统暂时无法读写数据。'),
                'another one cannot be read');
    is(await card(page).count(), 0, 'and the one before does not stand still');
    await page.unroute(path);
    await button(page, '重新载入').click();
    await shows(card(page), 'one button, and it is there');
}

async function fill(page, { name, id_number }, relation) {
    await page.locator('#name').fill(name);
    await page.locator('#id_number').fill(id_number);
    if (relation) {
        await page.locator('#relation').selectOption({ label: relation });
    }
    await button(page, '确认绑定').click();
}

const errorAt = (page, id) => page.locator(`#${id}[aria-invalid] ~ .error`)
    .first();

/* All that can be wrong, where it is. */
async function refusals(page, [girl, , , man], self) {
    await page.getByRole('link', { name: '绑定亲属关系' }).click();
    await shows(page.getByText('可为家中0-16岁未成年人及60岁以上老人申领，每个用户最多7位亲属。'),
                'whom, and how many: as the rules say');
    await button(page, '确认绑定').click();
    await shows(errorAt(page, 'name'), 'a name is needed');
    is(await page.locator('#view [aria-invalid]').count(), 3,
       'so are number and relation');
    await look(page, 'binding');
    await fill(page, { ...girl, id_number: '610102202106150006' }, '子女');
    check(/^请输入正确的身份证/.test(await errorAt(page, 'id_number')
        .innerText()), 'a number that is none');
    await fill(page, man);
    is(await errorAt(page, 'id_number').innerText(),
       '暂时只支持绑定16岁以下及60岁以上的亲属', 'somebody of 30');
    await fill(page, self);
    await shows(errorAt(page, 'id_number'), 'oneself');
    await fill(page, { ...girl, name: '张大雨' });
    await shows(page.getByText('姓名与身份证号不一致'),
                'a name that is not that number’s');
    is(await page.locator('#name').inputValue(), '张大雨',
       'what was typed is still there');
}

/* Ticks what is there, and no more. */
async function agree(page) {
    await page.locator('.consent').first().waitFor();
    for (const tick of await page.locator('#view input[type=checkbox]').all()) {
        check(!await tick.isChecked(), 'nothing is ticked beforehand');
        await tick.check();
    }
    await button(page, '同意协议并认证').click();
}

/* Asked for, and taken back: nothing is left of it. */
async function takeBack(page, where) {
    await button(page, '撤回本次申请').click();
    await page.waitForFunction(() =>
        document.querySelector('#name')?.value === '');
    is(await button(page, '撤回本次申请').count(), 0,
       `${where}: who takes it back begins anew`);
}

async function takenBack(page, girl) {
    is(await button(page, '撤回本次申请').count(), 0,
       'nothing is asked for yet');
    await fill(page, girl, '子女');
    await page.locator('.consent').first().waitFor();
    await takeBack(page, 'at the agreement');
    await fill(page, girl, '子女');
    await button(page, '返回修改').click();
    is(await page.locator('#name').inputValue(), girl.name,
       'who goes back finds what was typed');
    await takeBack(page, 'at what was typed');
}

/* A consent that only the camera misses: the one that it names. */
async function consentNamed(page) {
    await page.route('**/face-auth/attempts', (route) => route.fulfill({ status: 403,
        contentType: 'application/problem+json', body: JSON.stringify({
            code: 'consent_required', status: 403, detail: '请先同意。',
            purpose: 'face' }) }), { times: 1 });
    await agree(page);
    await shows(page.getByRole('heading', { name: '先同意' }),
                'one more consent');
    await consent(page, '同意并继续');
    await page.locator('[name=agreed]').waitFor();
}

/* What is agreed to is read in the language that is chosen; what was typed and
   ticked stays. */
async function speaks(page, girl) {
    await page.locator('#name').fill(girl.name);
    await page.locator('#relation').selectOption({ label: '子女' });
    await page.getByRole('button', { name: 'English' }).click();
    await becomes(() => page.locator('#relation option').nth(1).innerText(),
                  'child', 'relations in English');
    is(await page.locator('#name').inputValue(), girl.name,
       'and what was typed stays');
    await page.locator('#id_number').fill(girl.id_number);
    await button(page, 'Continue').click();
    await page.locator('[name=agreed]').check();
    await page.getByRole('button', { name: '中文' }).click();
    await shows(page.locator('.consent', { hasText: '注册亲属码需要获取' }),
                'the agreement in Chinese, as soon as that is chosen');
    check(await page.locator('[name=agreed]').isChecked(),
          'with what was ticked');
    await page.goBack();
    await shows(card(page), 'the browser’s back button leads to the own code');
    await page.goForward();
    await becomes(() => page.locator('#name').inputValue(), girl.name,
                  'and forward to what was typed');
    await takeNothing(page);
}

/* A request that was left open is asked for again, and is the same. */
async function takeNothing(page) {
    await button(page, '确认绑定').click();
    await page.locator('.consent').first().waitFor();
    await takeBack(page, 'in the other language');
}

async function pledge(page, girl) {
    await takenBack(page, girl);
    await speaks(page, girl);
    await fill(page, girl, '子女');
    await shows(page.getByText('注册亲属码需要获取代申领人授权，亲属码确为本人身份证号码，瞒报、谎报信息或恶意绑定他人等将依法承担法律责任'),
                'the agreement, with who is liable');
    await shows(page.getByRole('heading', { name: '亲属码信息认证承诺' }),
                'and the pledge');
    await look(page, 'agreement');
    await button(page, '同意协议并认证').click();
    await shows(page.locator('[name=pledged][aria-invalid]'),
                'which has to be given');
    await shows(page.locator('[name=agreed][aria-invalid]'),
                'as has the agreement');
    await agree(page);
    await shows(page.getByText('绑定成功'), 'the girl is bound');
    await page.getByRole('link', { name: '查看亲属码' }).click();
    await shows(card(page), 'her code');
    is(await card(page).locator('.label').innerText(), '亲属码', 'is a relative’s');
    is(await card(page).locator('.owner').innerText(), '张*雨 · 子女',
       'with a masked name, and who she is');
    is(await card(page).getAttribute('data-form'), 'sheet',
       'of another form than an own one');
    await look(page, 'relative');
}

async function camera(page, result) {
    const [phone] = await Promise.all([page.context().waitForEvent('page'),
        page.getByRole('link', { name: SCAN }).click()]);

    await phone.waitForLoadState();
    await phone.locator(`[value=${result}]`).click();
    await phone.getByText(result === 'pass' ? '认证通过' : '认证未通过')
        .waitFor();
    await phone.close();
}

/* The grandmother's face: once it fails. */
async function face(page, grandmother) {
    await page.getByRole('link', { name: '绑定亲属关系' }).click();
    await fill(page, grandmother, '父母');
    await page.locator('.consent').first().waitFor();
    is(await page.locator('[name=pledged]').count(), 0,
       'no pledge where a face is asked for');
    await consentNamed(page);
    await agree(page);
    await shows(page.getByText('由亲属本人在手机上完成人脸识别'), 'her face');
    await takeBack(page, 'at the face');
    await fill(page, grandmother, '父母');
    await agree(page);
    await shows(page.getByText('由亲属本人在手机上完成人脸识别'),
                'a code for a phone');
    await look(page, 'relative-face');
    await camera(page, 'fail');
    await button(page, '亲属认证完成').click();
    await button(page, '重新认证').click();
    await button(page, '重新认证').waitFor({ state: 'hidden' });
    await camera(page, 'pass');
    await shows(page.getByText('手机上已完成'), 'the page hears of it', 15000);
    await button(page, '亲属认证完成').click();
    await shows(page.getByText('绑定成功'), 'the grandmother is bound');
}

/* 列表切换, by the keyboard alone. */
async function switching(page) {
    const list = page.locator('#list a');

    // the view has come, and taken the focus
    await page.locator('.health-code .label:focus').waitFor();
    is(await list.count(), 4, 'all codes are listed');
    await list.nth(0).focus();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await shows(page.getByText('张*雨 · 子女'), 'another by two keys');
    await becomes(() => page.evaluate(() => document.activeElement.className),
                  'label', 'which is read out');
    is(await page.locator('#list [aria-current]').count(), 1,
       'the list says which is open');
}

async function early(page) {
    await button(page, '解绑').click();
    await button(page, '取消').click();
    await button(page, '解绑').click();
    await button(page, '确认解绑').click();
    await shows(page.getByText('绑定亲情码成员24小时后，才能进行解绑操作哦'),
                'too early');
    await shows(page.locator('#view .notice').getByText('可解绑时间'),
                'and from when on');
    is(await page.locator('#list a').count(), 4, 'all are still there');
}

async function english(page) {
    await page.getByRole('button', { name: 'English' }).click();
    await shows(card(page).getByText('child'), 'in English, too');
    await look(page, 'relative-en');
    await page.getByRole('button', { name: '中文' }).click();
    await shows(card(page).getByText('子女'), 'and back');
}

/* 下载离线码, for all; to print, and to keep. */
async function sheet(page) {
    await page.locator('#more').getByRole('link', { name: '下载离线码' }).click();
    await shows(page.getByText('7天', { exact: true }),
                'how long it holds, as the rules say');
    for (const box of await page.locator('[name=who]').all()) {
        await box.uncheck();
    }
    await button(page, '下载离线码').click();
    await shows(page.locator('#view .notice:visible'), 'somebody is chosen');
    await button(page, '全家').click();
    is(await page.locator('[name=who]:checked').count(), 4, 'the whole family');
    await button(page, '下载离线码').click();
    await shows(page.getByText('离线码已生成'), 'a sheet is made');
    await shows(page.locator('img.sheet'), 'and shown');
    check(await page.locator('img.sheet').evaluate((image) =>
        image.decode().then(() => image.naturalWidth > 300)),
          'as a picture that can be read');
    await page.getByText('不能保存到相册怎么办').click();
    await shows(page.getByText('请点击“允许”'), 'what to do with a refusal');
    await look(page, 'sheet');
    for (const [name, type] of [['保存至相册', 'image/png'],
        ['打印（PDF）', 'application/pdf']])
    {
        const link = page.getByRole('link', { name });

        is(await link.evaluate((each) => fetch(each.href).then((answer) =>
            answer.headers.get('Content-Type'))), type, name);
    }

    const [saved] = await Promise.all([page.waitForEvent('download'),
        page.getByRole('link', { name: '保存至相册' }).click()]);

    check(saved.suggestedFilename().endsWith('.png'), 'a file for the album');
}

/* 查询: nobody was tested yet. */
async function tests(page) {
    await page.getByRole('link', { name: '查询' }).click();
    await shows(page.getByRole('heading', { name: '核酸检测结果查询' }),
                'results');
    is(await page.locator('#view section').count(), 4,
       'of everybody, in one view');
    await look(page, 'tests');
}

/* Who is bound sees by whom, who looked, and ends it. */
async function other(all, person) {
    const page = await comeIn(all, person);

    await ownCode(page);
    await page.getByRole('link', { name: '谁能出示我的码' }).click();
    await shows(page.getByText('经亲属本人人脸核实'), 'who holds the own code');
    await look(page, 'guardians');
    await page.getByRole('link', { name: '谁查看过' }).click();
    await shows(page.locator('.looks li'), 'who looked at it');
    check((await page.locator('.looks li').allInnerTexts()).every((line) =>
        /监护人 测\*一/.test(line) && /疫情防控/.test(line)),
          'each with who, and what for');
    await look(page, 'looks');
    await page.getByRole('link', { name: '谁能出示我的码' }).click();
    await button(page, '提出异议并解除').click();
    await button(page, '确认解除').click();
    await shows(page.getByText('没有人绑定您的健康码。'), 'nobody any more');
    await page.context().close();
}

browser(async (all) => {
    const { people: [mother, elder], family } = all;

    await unproven(all, elder);

    const page = await comeIn(all, mother);

    await ownCode(page);
    await itMoves(page);
    await refusals(page, family, mother);
    await pledge(page, family[0]);
    await face(page, family[2]);
    await face(page, elder);
    await page.getByRole('link', { name: '查看亲属码' }).click();
    await switching(page);
    await english(page);
    await early(page);
    await sheet(page);
    await tests(page);
    await other(all, elder);
    await page.getByRole('link', { name: /本人/ }).first().click();
    await card(page).locator('.label', { hasText: '一码通' }).waitFor();
    await itChanges(page);
    await offline(page);
    await away(page, all);
    is(await page.locator('#list a').count(), 3, 'whoever objected is gone');
});
