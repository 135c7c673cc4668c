// See paying.t: the page of the office.

const { browser, is, look, shows } = require('./lib');
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

browser(async ({ open, secret }) => {
    const page = await open('/web/office.html');

    await logIn(page, 'cashier', secret, 1);
    await shows(page.getByText('没有退不出去的款项。'), 'the server knows of none');
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
