// See card.t.

const { becomes, browser, check, is, shows } = require('./lib');

async function leave(page, base) {
    await page.goto(`${base}/web/#card`);
    for (const words of ['电子社保卡密码认证', '确认登录', '实名认证']) {
        await shows(page.getByText(words), words);
    }
    await page.getByRole('button', { name: '前往电子社保卡' }).click();
    await page.waitForURL('**/sandbox/card/authorize**');
}

const bar = (page) => new URL(page.url()).search;

browser(async ({ open, base }) => {
    const page = await open();
    const asked = [];

    page.on('request', (request) => asked.push(request));

    await leave(page, base);
    await page.locator('[name=card_password]').fill('000000');
    await page.getByRole('button', { name: '确认登录' }).click();
    await shows(page.getByText('密码错误'), 'a wrong card password');
    await page.getByRole('button', { name: '拒绝' }).click();
    await page.waitForURL('**/web/card.html*');
    await shows(page.getByText('您在电子社保卡上取消了登录'),
                'who refuses is told so');
    await becomes(() => bar(page), '', 'and the address bar is clean');
    await page.getByRole('link', { name: '返回登录页' }).click();
    await shows(page.locator('form#card'), 'and can begin again');

    await leave(page, base);
    await page.locator('[name=card_password]').fill('123456');
    await page.getByRole('button', { name: '确认登录' }).click();
    await page.waitForURL('**/web/onboarding.html');
    check(true, 'the holder is in');
    is(await page.evaluate(() => fetch('/login/session')
        .then((answer) => answer.json()).then((it) => it.method)), 'card',
       'by the card');
    check(asked.filter((r) => r.url().includes('code='))
        .every((r) => new URL(r.url()).pathname === '/web/card.html'),
          'the code stands in the way back alone');

    // The same address a second time, and in another browser.
    const back = asked.map((r) => r.url()).findLast((url) =>
        url.includes('/web/card.html?'));

    for (const [name, context] of [['a second time', page.context()],
                                   ['in another browser', undefined]])
    {
        const other = await open(back.slice(base.length), { context });

        await shows(other.getByText('本次登录已失效、已使用'), name);
        await other.reload();
        await other.waitForURL(context ? '**/web/onboarding.html'
                                       : '**/web/#card');
        check(true, `${name}, loaded anew: to where there is a way on`);
        await other.close();
    }
});
