// See paying.t: the page of the office.

const { TIMEOUT, browser, check, is, look, shows } = require('./lib');
const { logIn } = require('./staff');

const since = '2026-03-09T08:30:00+08:00';
const STUCK = [
    { refund_no: 'r-1', out_trade_no: 't-1', fen: 12050, since,
      why: 'ACQ.SELLER_BALANCE_NOT_ENOUGH' },
    { refund_no: 'r-2', out_trade_no: 't-2', fen: 5, since,
      why: 'ACQ.TRADE_HAS_FINISHED' },
    { order_id: 'o-3', out_trade_no: 't-3', fen: 100, since,
      why: 'payment_refund_late' },
    { refund_no: 'r-4', out_trade_no: 't-4', fen: 100, since,
      why: 'no_answer' },
];

const TO_DO = ['请充值', '线下退还', '由管理员按退款办理', '超过1小时没有答复'];

/* Looks again, as the office would, until it is so. */
async function until(page, found, name) {
    for (const end = Date.now() + TIMEOUT; Date.now() < end;) {
        await page.getByRole('button', { name: '重新查询' }).click();
        if (await found.waitFor({ timeout: 1000 }).then(() => 1, () => 0)) {
            break;
        }
    }
    await shows(found, name);
}

/* A refund that Alipay does refuse, until the seller has money again. */
async function one(page, { base, stuck }) {
    const row = page.locator('tbody tr');

    await until(page, row, 'what Alipay has just refused');
    is(await row.count(), 1, 'once');
    await shows(row.getByText('请充值'), 'what to do');
    await shows(row.getByText('ACQ.SELLER_BALANCE_NOT_ENOUGH'), 'and why');
    await shows(row.getByText('¥120.50'), 'how much');
    await shows(row.getByText(stuck, { exact: true }), 'of which trade');
    check(/^20\d\d年\d+月\d+日 \d\d:\d\d$/.test(
        await row.locator('td').first().innerText()), 'since when');
    await look(page, 'office-one');
    await fetch(`${base}/sandbox/alipay/faults`, { method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ method: 'alipay.trade.refund',
            fault: 'error_40004', count: 0 }) });
    await until(page, page.getByText('没有退不出去的款项。'),
                'what went back is gone');
}

browser(async (all) => {
    const page = await all.open('/web/office.html');

    await logIn(page, 'cashier', all.secret, 1);
    await one(page, all);
    await page.route('**/payment/stuck?*', (route) => route.fulfill({
        json: { total: 51, stuck: STUCK } }));
    await page.getByRole('button', { name: '重新查询' }).click();
    await shows(page.getByText('共51笔'), 'how much there is');
    for (const [i, words] of TO_DO.entries()) {
        const row = page.locator('tbody tr').nth(i);

        await shows(row.getByText(words), `${STUCK[i].why}: what to do`);
        await shows(row.getByText(`t-${i + 1}`), 'and which trade');
    }
    await shows(page.locator('tbody').getByText('¥0.05'), 'how much each is');
    await look(page, 'office');

    const [more] = await Promise.all([
        page.waitForRequest((it) => it.url().includes('/payment/stuck')),
        page.getByRole('button', { name: '下一页' }).click()]);

    is(new URL(more.url()).searchParams.get('offset'), '50', 'and the rest');
    await page.getByRole('button', { name: 'English' }).click();
    await shows(page.getByText('Money that does not go back'), 'in English');
    await page.getByRole('button', { name: 'Log out' }).click();
    await shows(page.locator('#staff form'), 'and out');
    await page.context().close();
});
