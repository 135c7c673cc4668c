// See alipay.t: codes that do not live long.

const { browser, check, is, shows } = require('./lib');
const { openPhone } = require('./phone');

/* What is shown now, at once: the next moment it may be another one. */
async function codeOf(page) {
    await page.locator('#ticket').waitFor();
    return page.evaluate(() => ({
        link: document.querySelector('#ticket-phone a').getAttribute('href'),
        number: document.querySelector('#ticket-number').textContent,
    }));
}

async function changed(page, before) {
    await page.waitForFunction((href) => {
        const now = document.querySelector('#ticket-phone a');

        return now && now.getAttribute('href') !== href;
    }, before);
    return (await codeOf(page)).link;
}

browser(async ({ open }) => {
    const phone = await open('/sandbox/phone');

    await openPhone(phone, '李晓红').catch(() => openPhone(phone, 'li'));

    const page = await open('/web/#alipay');
    const { link: first, number } = await codeOf(page);

    check(await changed(page, first) !== first,
          'a code that nobody scans is replaced');
    await phone.locator('#content').fill(first);
    await phone.getByRole('button', { name: '扫描' }).click();
    await shows(page.getByText('已扫描'),
                'the one before can still be scanned');
    is((await codeOf(page)).number, number,
       'and the page shows its number again');

    await changed(page, first);
    await shows(page.getByText('用手机“支付宝”的“扫一扫”'),
                'after its end there is another');
    await phone.locator('#number').fill(number);
    await phone.getByRole('button', { name: '确认登录' }).click();
    await shows(phone.locator('#ticket .notice'),
                'and the phone is told that it is too late');

    await page.context().setOffline(true);
    await shows(page.locator('#network'), 'without network it says so');
    await Promise.all([
        shows(page.getByText('网络已恢复。'), 'and goes on after'),
        page.context().setOffline(false)]);
});
