// See alipay.t: codes that do not live long.

const { browser, check, is, shows } = require('./lib');
const { numberOf, openPhone } = require('./phone');

const link = (page) => page.locator('#ticket-phone a').getAttribute('href');

async function changed(page, before) {
    await page.waitForFunction((href) => {
        const now = document.querySelector('#ticket-phone a');

        return now && now.getAttribute('href') !== href;
    }, before, { timeout: 15000 });
    return link(page);
}

browser(async ({ open }) => {
    const phone = await open('/sandbox/phone');

    await openPhone(phone, '李晓红').catch(() => openPhone(phone, 'li'));

    const page = await open('/web/#alipay');
    const number = await numberOf(page);
    const first = await link(page);

    check(await changed(page, first) !== first,
          'a code that nobody scans is replaced');
    await phone.locator('#content').fill(first);
    await phone.getByRole('button', { name: '扫描' }).click();
    await shows(page.getByText('已扫描'),
                'the one before can still be scanned');
    is(await numberOf(page), number, 'and the page shows its number again');

    await changed(page, first);
    await shows(page.getByText('用手机“支付宝”的“扫一扫”'),
                'after its end there is another');
    await phone.locator('#number').fill(number);
    await phone.getByRole('button', { name: '确认登录' }).click();
    await shows(phone.locator('#ticket .notice'),
                'and the phone is told that it is too late');

    await page.context().setOffline(true);
    await shows(page.locator('#network'), 'without network it says so');
    await page.context().setOffline(false);
    await shows(page.getByText('网络已恢复。'), 'and goes on after', 15000);
});
