// See payment.t.

const { browser, check, is, shows } = require('./lib');
const { openPhone } = require('./phone');

async function scan(phone, content) {
    await phone.locator('#content').fill(content);
    await phone.getByRole('button', { name: '扫描' }).click();
}

/* What the mini-program's own page would call. */
async function tradePay(phone, { trade }) {
    const told = phone.evaluate((tradeNO) => globalThis.my.tradePay({ tradeNO }),
        trade);

    await shows(phone.getByText('¥88.00'), 'the phone says how much');
    await phone.getByRole('button', { name: '放弃付款' }).click();
    is(await told, { resultCode: '6001' }, 'given up');

    const again = phone.evaluate((tradeNO) => globalThis.my.tradePay({ tradeNO }),
        trade);

    await phone.getByRole('button', { name: '确认付款' }).click();
    is(await again, { resultCode: '9000' }, 'paid');
    is(await phone.evaluate((tradeNO) => globalThis.my.tradePay({ tradeNO }),
        trade), { resultCode: '4000' }, 'once');
}

async function code(phone, settings) {
    await scan(phone, settings.code);
    await shows(phone.getByText('报名费'), 'a code, and what it is for');
    await phone.getByRole('button', { name: '确认付款' }).click();
    await shows(phone.getByText('付款成功'), 'paid');
    await scan(phone, settings.code);
    await shows(phone.getByText('交易已付款'), 'once');
}

async function cashier(page) {
    await page.getByRole('combobox').selectOption('李晓红');
    await page.getByRole('button', { name: '继续' }).click();
    await shows(page.getByText('88.00'), 'the cashier says how much');
    await page.getByRole('button', { name: '确认付款' }).click();
    await page.waitForURL(/\/web\/\?.*trade_no=/);
    check(/[?&]sign=/.test(page.url()), 'back to the app, with a signature');
}

browser(async ({ open, trade, code: qr, link }) => {
    const phone = await open('/sandbox/phone');

    await openPhone(phone, '张伟');
    await tradePay(phone, { trade });
    await code(phone, { code: qr });
    await cashier(await open(link));
});
