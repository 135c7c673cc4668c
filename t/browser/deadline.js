// See application.t: registration ends while somebody fills in the form.

const { TIMEOUT, browser, is, look, shows } = require('./lib');
const { comeIn } = require('./captcha');
const { field, saved } = require('./applicant');

browser(async (all) => {
    const page = await comeIn(all, all.people[1]);
    const left = page.getByText(/剩余 \d:\d\d/);

    await page.goto(`${all.base}/web/application.html#2026-1`);
    await field(page, 'school').fill('青海大学');
    await saved(page);
    await shows(left, 'the last minutes are counted');
    await shows(page.getByText('报名已截止，没有提交的报名不再审核。'),
                'then it is said what becomes of it', TIMEOUT + all.left);
    is(await page.locator('#apply').count(), 0, 'and there is no form');
    is(await left.count(), 0, 'nor a clock');
    await look(page, 'application-over');
    await page.context().close();
});
