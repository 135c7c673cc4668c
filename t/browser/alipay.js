// See alipay.t.

const { browser, check, is, shows } = require('./lib');
const { confirm, numberOf, openPhone, scan } = require('./phone');

const other = (number) => (number === '07' ? '70' : '07');

async function refused({ open }) {
    const page = await open('/web/#alipay');
    const number = await numberOf(page);

    check(/^\d\d$/.test(number), 'two digits beside the code');
    check((await page.locator('#ticket-number').boundingBox()).height > 60,
          'which can be read across a room');
    check(/^data:image\/png;base64,/.test(await page.locator('#ticket-code')
        .getAttribute('src')), 'the code is a picture');
    await shows(page.getByText(/剩余 1:\d\d/), 'and how long it holds');

    const phone = await scan(page);

    check(!phone.url().includes('ticket'), 'the address does not keep it');
    await openPhone(phone, '张伟');
    await shows(phone.getByText('电脑正在请求登录'), 'the phone asks');
    await shows(phone.getByText(/浏览器：.*Chrom/), 'in which browser');
    await shows(page.getByText('已扫描'), 'the page knows');
    await phone.getByRole('button', { name: '拒绝' }).click();
    await shows(phone.getByText('已拒绝'), 'it refuses');
    await shows(page.getByText('您在手机上拒绝了登录。'), 'the page says so');
    await page.getByRole('button', { name: '刷新二维码' }).click();
    await numberOf(page);
    await shows(page.getByText('用手机“支付宝”的“扫一扫”'), 'and begins anew');
    await phone.close();
    return page;
}

async function wrongNumbers(page) {
    const number = await numberOf(page);
    const phone = await scan(page);

    await openPhone(phone, '张伟');
    await phone.getByText('电脑正在请求登录').waitFor();
    for (const left of [2, 1]) {
        await phone.locator('#number').fill(other(number));
        await phone.getByRole('button', { name: '确认登录' }).click();
        await phone.waitForFunction((text) => document.querySelector(
            '#ticket .notice')?.innerText.includes(text), `再试${left}次`);
        check(await phone.locator('#number').getAttribute('aria-invalid')
              === 'true', `a wrong number: ${left} tries are left`);
    }
    await phone.locator('#number').fill(other(number));
    await phone.getByRole('button', { name: '确认登录' }).click();
    await shows(phone.getByText('数字多次输入错误，二维码已失效。'),
                'after three the code is void');
    await shows(page.getByText('手机上多次输入的数字不正确'),
                'and the PC says why');
    await phone.close();
    await page.getByRole('button', { name: '刷新二维码' }).click();
}

async function loggedIn(page) {
    const number = await numberOf(page);
    const phone = await scan(page);

    await openPhone(phone, '张伟');
    await phone.getByText('电脑正在请求登录').waitFor();
    await phone.locator('#number').fill(number);
    await phone.getByRole('button', { name: '确认登录' }).click();
    await phone.locator('.consent').waitFor();
    await phone.getByRole('button', { name: '授权', exact: true }).click();
    await shows(phone.getByText('请阅读后勾选。'),
                'who has not ticked has not consented');
    await phone.locator('[name=agree]').check();
    await phone.getByRole('button', { name: '授权', exact: true }).click();
    await shows(phone.getByText('已确认登录'), '授权, then it is confirmed');
    await page.waitForURL('**/web/onboarding.html');
    check(true, 'and the page is in');
    is(await page.evaluate(() => fetch('/login/session')
        .then((answer) => answer.json()).then((it) => it.method)),
       'alipay_qr', 'by the code');
    is(await page.evaluate(() => document.cookie), '',
       'no script sees a secret');
}

/* The phone is another machine, and knows the citizen already. */
async function pasted({ open }) {
    const page = await open('/web/#alipay');
    const phone = await open('/sandbox/phone', { width: 400 });
    const number = await numberOf(page);

    await openPhone(phone, '张伟');
    await phone.locator('#content').fill('no ticket');
    await phone.getByRole('button', { name: '扫描' }).click();
    await shows(phone.locator('#scan .notice'), 'anything may be scanned');
    await phone.locator('#content').fill(await page.getByRole('link',
        { name: '用沙箱手机扫描' }).getAttribute('href'));
    await phone.getByRole('button', { name: '扫描' }).click();
    await phone.getByText('电脑正在请求登录').waitFor();
    await phone.reload();
    await shows(phone.getByText('张伟的手机'), 'a phone stays who it is');
    await phone.locator('#content').fill(await page.getByRole('link',
        { name: '用沙箱手机扫描', includeHidden: true })
        .getAttribute('href'));
    await phone.getByRole('button', { name: '扫描' }).click();
    await confirm(phone, number);
    await page.waitForURL('**/web/onboarding.html');
    check(true, 'and may scan twice');
}

browser(async (all) => {
    const page = await refused(all);

    await wrongNumbers(page);
    await loggedIn(page);
    await pasted(all);
});
