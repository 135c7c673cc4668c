// See registration.t: after the office has given seats.

const { browser, check, is, look, shows } = require('./lib');
const { comeIn } = require('./captcha');

browser(async (all) => {
    const page = await comeIn(all, all.people[0]);

    // as it was until the office gave seats, a moment ago
    await page.route('**/ticket/tickets/2026-1', (route) => route.fulfill({
        status: 404, contentType: 'application/problem+json',
        body: JSON.stringify({ code: 'ticket_no_seat', status: 404,
            detail: '尚未安排座位。' }) }), { times: 1 });
    await page.goto(`${all.base}/web/application.html#2026-1`);
    await shows(page.getByText('尚未安排座位'), 'there is no seat yet');
    await shows(page.getByText('准考证号'), 'the ticket comes by itself');
    await shows(page.getByText('第一中学'), 'where');
    await shows(page.getByText('职业能力倾向测验'), 'what, and when');
    check(await page.locator('img.sheet').evaluate((image) =>
        image.decode().then(() => image.naturalWidth > 500)),
          'the sheet to look at');
    await look(page, 'ticket');

    const link = page.getByRole('link', { name: '打印准考证' });
    const pdf = await page.request.get(
        new URL(await link.getAttribute('href'), page.url()).href);

    is([pdf.status(), (await pdf.body()).subarray(0, 5).toString()],
       [200, '%PDF-'], 'and to print');
    await page.getByRole('button', { name: 'English' }).click();
    await shows(page.getByText('Admission ticket'), 'in English, too');
});
