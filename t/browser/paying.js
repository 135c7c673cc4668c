// See paying.t.

const { browser, check, is, look, shows } = require('./lib');
const { comeIn } = require('./captcha');

const SCAN = '用沙箱手机扫描';
const WORDS = '付款成功后，考生须查看个人付款状态，确认显示“已付款”';

const order = (page, title) =>
    page.locator('section.order').filter({ hasText: title });

const state = (section) => section.locator('.state');

/* What a person does at Alipay's cashier. */
async function cashier(page, button = '确认付款') {
    await page.getByRole('combobox').selectOption('李晓红');
    await page.getByRole('button', { name: '继续' }).click();
    await shows(page.getByText('120.50'), 'the cashier says how much');
    await page.getByRole('button', { name: button }).click();
}

/* A code is shown; its link. */
async function code(section) {
    await section.getByRole('button', { name: '支付', exact: true }).click();
    await section.locator('.code img').waitFor();
    return section.getByRole('link', { name: SCAN }).getAttribute('href');
}

/* Somebody pays what a code holds, without a page. */
async function payElsewhere(base, number) {
    const answer = await fetch(`${base}/sandbox/alipay/payments`, {
        method: 'POST', headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ number, user: 'zhang' }) });

    return (await answer.json()).result_code;
}

async function before(page) {
    const section = order(page, '扫码的报名费');

    is(await state(section).innerText(), '未缴费', 'what is to be paid');
    await shows(section.getByText(WORDS), WORDS);
    await shows(section.getByText('逾期未缴费或未缴费的考生将被删除'),
                'and what becomes of who does not');
    await shows(section.getByText('¥120.50'), 'how much');
    await shows(order(page, '未到时间的报名费').getByText('起可以支付'),
                'what cannot be paid yet says from when on');
    is(await order(page, '未到时间的报名费').getByRole('button').count(), 0,
       'and has no button');
}

async function byCode(page) {
    const section = order(page, '扫码的报名费');

    await code(section);
    await look(page, 'payment-code');

    const [phone] = await Promise.all([page.context().waitForEvent('page'),
        section.getByRole('link', { name: SCAN }).click()]);

    await section.getByRole('button', { name: '我已付款' }).click();
    await shows(section.getByText('支付宝尚未确认付款'),
                'saying so is no payment');
    await cashier(phone);
    await shows(section.getByText('已付款', { exact: true }),
                'the page hears of it by itself');
    is(await section.locator('.code, button').count(), 0,
       'and has nothing more to press');
    await shows(section.getByText(WORDS), 'what to look at, again');
    await phone.close();
}

async function byPage(page) {
    const section = order(page, '网页的报名费');

    await section.getByLabel('在支付宝网页上支付').check();
    await section.getByRole('button', { name: '支付', exact: true }).click();
    await page.waitForURL('**/sandbox/phone/pay/**');
    await page.goBack();
    await shows(state(order(page, '网页的报名费')).getByText('未缴费'),
                'whoever comes back without paying has paid nothing');
    await order(page, '网页的报名费').getByLabel('在支付宝网页上支付').check();
    await order(page, '网页的报名费')
        .getByRole('button', { name: '支付', exact: true }).click();
    await page.waitForURL('**/sandbox/phone/pay/**');
    await cashier(page);
    await page.waitForURL('**/web/payment.html');
    await shows(state(order(page, '网页的报名费')).getByText('已付款'),
                'back from Alipay’s page it is paid');
    check(!/trade_no|sign/.test(page.url()), 'and nothing of it stands in the address');
}

/* The network goes while the phone pays. */
async function offline(page, { base }) {
    const section = order(page, '断网的报名费');
    const link = await code(section);

    await page.context().setOffline(true);
    await shows(page.locator('#network'), 'without network it says so');
    await section.getByRole('button', { name: '我已付款' }).click();
    await shows(section.locator('.notice[role=alert]').getByText('网络'),
                'nobody can be asked');
    is(await payElsewhere(base, link), '9000', 'the phone has its own');
    await page.context().setOffline(false);
    await shows(state(section).getByText('已付款'),
                'with the network comes 已付款', 60000);
}

/* Refused it stays where it is; taken, for it was quick, it goes back by
   itself. */
async function confirmTooLate(page, base) {
    const [answer] = await Promise.all([
        page.waitForResponse((it) => it.request().method() === 'POST'),
        page.getByRole('button', { name: '确认付款' }).click()]);

    if (answer.ok()) {
        await page.waitForURL('**/web/payment.html');
    } else {
        // the page may lead back by itself at the same moment
        await page.goto(`${base}/web/payment.html`)
            .catch(() => page.waitForURL('**/web/payment.html'));
    }
}

/* Two windows show the same code; a third way is paid as well. */
async function twice(page, { base, open, expected }) {
    const section = order(page, '重复的报名费');
    const link = await code(section);
    const other = await open('/web/payment.html',
                             { context: page.context() });

    is(await code(order(other, '重复的报名费')), link,
       'another window gets the same code');
    await section.getByRole('button', { name: '换一种支付方式' }).click();
    await section.getByLabel('在支付宝网页上支付').check();
    await section.getByRole('button', { name: '支付', exact: true }).click();
    await page.waitForURL('**/sandbox/phone/pay/**');
    await page.getByRole('combobox').selectOption('李晓红');
    await page.getByRole('button', { name: '继续' }).click();
    await page.getByRole('button', { name: '确认付款' }).waitFor();
    is(await payElsewhere(base, link), '9000', 'the code is paid meanwhile');
    await shows(state(order(other, '重复的报名费')).getByText('已付款'),
                'the other window says so');
    expected.push(/409/);
    await confirmTooLate(page, base);
    is(await state(order(page, '重复的报名费')).innerText(), '已付款',
       'it stays paid');
    is(await order(page, '重复的报名费')
        .getByRole('button', { name: '支付' }).count(), 0,
       'and cannot be paid once more');
    await other.close();
}

/* The office, without a page. */
async function office({ base, office: token }, method, path, body) {
    const answer = await fetch(`${base}/payment${path}`, { method,
        headers: { Authorization: `Bearer ${token}`,
                   'Content-Type': 'application/json' },
        body: JSON.stringify(body) });

    return answer.json();
}

async function givenBack(page, all) {
    const { base, orders, people: [person] } = all;
    const section = order(page, '退款的报名费');

    is(await payElsewhere(base, await code(section)), '9000', 'paid');
    await shows(state(section).getByText('已付款'), 'and seen');

    const { orders: found } = await office(all, 'POST', '/look-up',
        { id_number: person.id_number });
    const { version } = found.find((each) => each.order_id === orders.back);

    await office(all, 'POST', `/orders/${orders.back}/refunds`, {
        id_number: person.id_number, version, fen: 12050,
        reason: '考试取消' });
    await page.reload();
    await shows(state(order(page, '退款的报名费')).getByText(/退款/),
                'it goes back');
    await shows(state(order(page, '退款的报名费')).getByText('已退款'),
                'and went, which the page hears of', 60000);
    await shows(order(page, '退款的报名费').getByText('退款 ¥120.50'),
                'how much');
}

/* The deadline passes before the page's eyes. */
async function tooLate(page, all) {
    const { base, people: [person] } = all;
    const until = new Date(Date.now() + 10000).toISOString()
        .replace(/\.\d+Z/, 'Z');

    await office(all, 'POST', '/orders', { id_number: person.id_number,
        item: 'late', title: '逾期的报名费', fen: 12050, until });
    await page.goto(`${base}/web/payment.html`);
    await shows(order(page, '逾期的报名费').getByText('缴费已截止'),
                'after the deadline nothing can be paid');
    is(await order(page, '逾期的报名费')
        .getByRole('button', { name: '支付', exact: true }).count(), 0,
       'there is no button');
    await shows(state(order(page, '逾期的报名费')).getByText('逾期未缴费'),
                'whoever has not paid by then is told', 60000);
    is(await order(page, '逾期的报名费').locator('.code, button').count(), 0,
       'and can do no more');
}

browser(async (all) => {
    const page = await comeIn(all, all.people[0]);

    await page.goto(`${all.base}/web/payment.html`);
    await before(page);
    await look(page, 'payment');
    await byCode(page);
    await byPage(page);
    await offline(page, all);
    await twice(page, all);
    await givenBack(page, all);
    await tooLate(page, all);
    await look(page, 'payment-all');
    await page.getByRole('button', { name: 'English' }).click();
    await shows(page.getByText('Paid', { exact: true }), 'in English, too');
    // a page that still waits for its orders would be led there by itself
    await page.goto('about:blank');
    await page.context().clearCookies();
    await page.goto(`${all.base}/web/payment.html`, { waitUntil: 'commit' });
    await page.waitForURL('**/web/');
    await page.waitForLoadState('networkidle');
});
