// See journey.t.

const { becomes, browser, byKey, check, is, shows } = require('./lib');
const { captchas, another, login } = require('./captcha');
const { PASSWORD, face, goOn } = require('./journey');
const { confirm, consent, numberOf, openPhone, scan } = require('./phone');

const SCAN = '用沙箱手机扫描';
const CAMERA = '打开摄像头';

/* 支付宝 on the phone: face first, then the password. */
async function onThePhone({ open, sandbox: [zhang] }) {
    const phone = await open('/sandbox/phone', { width: 400 });

    await openPhone(phone, zhang.name);
    await shows(phone.getByText('添加到“我的小程序”'), '添加到“我的小程序”');
    await phone.getByRole('button', { name: '进入考试系统' }).click();
    is(await goOn(phone, { who: zhang, link: CAMERA,
        tries: [['fail', 'Z1147'], ['fail'], ['pass']] }),
       ['授权', '身份验证', '人脸识别认证', '设置密码', '身份认证完成'],
       'the phone’s order');
    await phone.context().close();
}

/* The same citizen on the PC: all is done. */
async function knownOnThePc({ open, sandbox: [zhang] }) {
    const page = await open('/web/#alipay');
    const number = await numberOf(page);
    const phone = await scan(page);

    await openPhone(phone, zhang.name);
    await confirm(phone, number);
    await page.waitForURL('**/web/onboarding.html');
    is(await goOn(page, {}), ['身份认证完成'],
       'who was authenticated skips all steps');
    await page.getByRole('button', { name: '退出登录' }).click();
    await page.waitForURL('**/web/');
    await page.context().close();

    const other = await open();
    const told = captchas(other);

    await other.goto(`${new URL(page.url()).origin}/web/`);
    await another(told, 0);
    await login(other, told, zhang.id_number, PASSWORD);
    await other.waitForURL('**/web/onboarding.html');
    is(await goOn(other, {}), ['身份认证完成'], 'by the new password, too');
    await other.context().close();
}

/* 支付宝扫码登录 of somebody new: the password comes first. */
async function onThePc({ open, sandbox: [, li] }) {
    const page = await open('/web/#alipay');
    const number = await numberOf(page);
    const phone = await scan(page);

    await openPhone(phone, li.name);
    await confirm(phone, number);
    await phone.close();
    await page.waitForURL('**/web/onboarding.html');
    await page.evaluate(() => fetch('/sandbox/alipay/faults', {
        method: 'POST', headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ fault: 'error_40004',
            sub_code: 'CERT_INFO_MISMATCH',
            method: 'alipay.user.certify.open.initialize' }) }));
    is(await goOn(page, { who: li, link: SCAN, tries: [['pass']],
                          refused: true }),
       ['设置密码', '身份验证', '人脸识别认证', '身份认证完成'],
       'the PC’s order');
    await page.context().close();
}

/* Who would rather not show a face, and then does. */
async function atTheCounter(page) {
    await page.getByRole('button', { name: '到服务窗口办理' }).click();
    await page.locator('strong.number').waitFor();
    check(/^[2-9A-Z -]{8,}$/.test(await page.locator('strong.number')
        .innerText()), 'a code for the counter');

    const code = () => page.locator('strong.number').innerText();
    const first = await code();

    await page.reload();
    await page.locator('strong.number').waitFor();
    is(await code(), first, 'which is there again after a reload');
    await page.getByRole('button', { name: '改用人脸识别' }).click();
    await page.getByRole('button', { name: '到服务窗口办理' }).click();
    await page.locator('strong.number').waitFor();
    is(await code(), first, 'and when it is asked for again');
    await page.getByRole('button', { name: '换新编号' }).click();
    await page.waitForFunction((old) => document.querySelector(
        'strong.number').innerText !== old, first);
    check(await code() !== first, 'another one only on purpose');
    await page.getByRole('button', { name: '窗口已办理，继续' }).click();
    await shows(page.getByText('窗口尚未办理完成。'),
                'where nobody has decided yet');
    await page.getByRole('button', { name: '改用人脸识别' }).click();
}

/* The face asks for the consent that the server names, whichever. */
async function consentNamed(page) {
    await page.route('**/face-auth/attempts', (route) => route.fulfill({
        status: 403, contentType: 'application/problem+json',
        body: JSON.stringify({ code: 'consent_required', status: 403,
            detail: '请先同意。', purpose: 'identity' }) }), { times: 1 });

    const [asked] = await Promise.all([
        page.waitForRequest('**/civic/consents/texts/*'),
        page.getByRole('button', { name: '进入人脸识别认证' }).click()]);

    check(asked.url().endsWith('/identity'), 'the consent that is named');
    await page.locator('.consent').waitFor();
    await page.reload();
    await page.getByRole('button', { name: '改用人脸识别' }).click();
}

/* Whoever does not want to consent to the face goes to the counter. */
async function withoutConsent(page) {
    const button = (name) => page.getByRole('button', { name });

    await byKey(button('进入人脸识别认证'), '#step', page.locator('.consent'));
    await byKey(button('到服务窗口办理'), '#step',
                page.locator('strong.number'));
    await byKey(button('改用人脸识别'), '#step', button('进入人脸识别认证'));
}

/* The store is away while the page waits for the phone: it is not the network
   that is gone, and whoever reads so looks for it. */
async function storeAway(page, expected) {
    expected.push(/attempts\/[^/]*\/wait: 503/);
    await page.route('**/face-auth/attempts/*/wait', (route) => route.fulfill({
        status: 503, contentType: 'application/problem+json',
        body: JSON.stringify({ code: 'store_unavailable', status: 503,
            detail: '系统暂时无法读写数据。', retry_after: 1 }) }));
    await page.getByRole('button', { name: '进入人脸识别认证' }).click();
    await consent(page, '同意协议并认证');
    await shows(page.locator('#network').getByText('系统暂时不可用'),
                'it is the service that is away');
    is(await page.locator('#network').getByText('网络已断开').count(), 0,
       'and not the network');
    await page.unroute('**/face-auth/attempts/*/wait');
    await page.reload();
}

/* 账户登录 of somebody who was registered, but never seen. */
async function byAccount({ open, base, people: [person], expected }) {
    const page = await open();
    const told = captchas(page);

    await page.goto(`${base}/web/`);
    await another(told, 0);
    await login(page, told, person.id_number, person.password);
    await page.waitForURL('**/web/onboarding.html');
    await page.goto(`${base}/web/`);
    await shows(page.getByText('您已登录'), 'who is in sees no form');
    await becomes(() => page.locator('#account').isVisible(), false,
                  'indeed none');
    await page.getByRole('link', { name: '继续办理' }).click();
    await atTheCounter(page);
    await consentNamed(page);
    await withoutConsent(page);
    await storeAway(page, expected);
    is(await goOn(page, { link: SCAN, tries: [['pass']], begun: true }),
       ['人脸识别认证', '身份认证完成'],
       'authorised by itself, and the face comes next');
    await page.context().close();
}

async function cardLogin(page) {
    await page.getByRole('button', { name: '前往电子社保卡' }).click();
    await page.locator('[name=card_password]').fill('123456');
    await page.getByRole('button', { name: '确认登录' }).click();
    await page.waitForURL('**/web/onboarding.html');
}

/* 忘记密码: a face, another login, a new password. */
async function forgotten(page) {
    await page.getByText('忘记密码，重新设置').click();
    await page.getByRole('button', { name: '重新设置密码' }).click();
    await face(page, { link: SCAN, tries: [['pass']], once: true });
    await page.waitForURL('**/web/');
    await page.locator('.ways a[href="#card"]').click();
    await cardLogin(page);
    is(await goOn(page, {}), ['设置密码', '身份认证完成'],
       'who has forgotten the password sets another one');
}

/* 电子社保卡 of the same: everything is there. */
async function byCard({ open, base }) {
    const page = await open(`/web/#card`);

    await cardLogin(page);
    is(await goOn(page, { link: SCAN, tries: [['pass']] }),
       ['身份认证完成'], 'the card leads to the same person');
    await forgotten(page);
    await page.goto(`${base}/web/onboarding.html`);
    await page.getByRole('button', { name: 'English' }).click();
    await shows(page.getByText('Who you are is proven').first(),
                'in English, too');
    await page.getByRole('button', { name: '中文' }).click();
    // all was read anew: nothing is under way that would lead there first
    await page.locator('#step .done').getByText('身份认证完成').waitFor();
    await page.context().clearCookies();
    await page.reload({ waitUntil: 'commit' });
    await page.waitForURL('**/web/');
    await shows(page.getByText('请先登录。'),
                'whose session is over is led to the login');
    await page.context().close();
}

browser(async (all) => {
    await onThePhone(all);
    await knownOnThePc(all);
    await onThePc(all);
    await byAccount(all);
    await byCard(all);
});
