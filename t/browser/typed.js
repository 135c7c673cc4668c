// See application.t: sessions that end while somebody is typing, and the two
// kinds of people who share a browser.

const { another, captchas, comeIn, login } = require('./captcha');
const { becomes, browser, check, is, look, shows } = require('./lib');
const { field, saved } = require('./applicant');
const { logIn } = require('./staff');

const APPLY = '/web/application.html#2026-1';

const press = (page, name) => page.getByRole('button', { name }).click();

/* What this browser keeps, of this tab and for good. */
const kept = (page) => page.evaluate(() => [
    JSON.stringify(sessionStorage), JSON.stringify(localStorage)]);

/* The session is over when the field is left unsaved. */
async function endsWhileTyping(page, value) {
    await page.context().clearCookies();
    await field(page, 'phone').fill(value);
    await page.waitForURL('**/web/');
    await shows(page.getByText('尚未保存的内容，本人登录后恢复。'),
                'what was not saved waits for who typed it');

    const [tab, always] = await kept(page);

    check(tab.includes(value) && !always.includes(value),
          'in this tab, and not for good');
}

async function samePerson(page, told, person) {
    const before = told.count;

    await endsWhileTyping(page, '13911112222');
    await another(told, before);
    await login(page, told, person.id_number, person.password);
    await page.waitForURL(`**${APPLY}`);
    await shows(page.getByText('已恢复您退出登录前尚未保存的内容'),
                'it is said to be there again');
    is(await field(page, 'phone').inputValue(), '13911112222', 'and is');
    await saved(page);
    check(!(await kept(page))[0].includes('13911112222'),
          'and is kept no longer');
    await page.reload();
    await field(page, 'phone').waitFor();
    is(await field(page, 'phone').inputValue(), '13911112222',
       'the server has it');
}

async function anotherPerson(page, told, { people: [, other], base }) {
    const before = told.count;

    await endsWhileTyping(page, '13933334444');
    await another(told, before);
    await login(page, told, other.id_number, other.password);
    await page.waitForURL('**/web/onboarding.html');
    await page.locator('#step h2').waitFor();
    check(!(await kept(page))[0].includes('13933334444'),
          'who is somebody else ends it');
    await page.goto(`${base}${APPLY}`);
    await field(page, 'phone').waitFor();
    is(await field(page, 'phone').inputValue(), '', 'and sees nothing of it');
}

/* The same browser, later: staff, and citizens' pages. */
async function staff(page, { base, secret }) {
    await page.goto(`${base}/web/review.html`);
    await shows(page.getByText('本浏览器已以个人身份登录'),
                'a citizen on the page of staff is told');
    await look(page, 'citizen-here');
    await press(page, '退出个人登录，继续');
    await logIn(page, 'ann', secret);
    await shows(page.locator('#inside'), 'staff are in');
    await page.route('**/review/queue', (route) => route.fulfill({ json: {
        working: false, opens_at: '2026-03-09T14:30:00+08:00', exams: [] } }));
    await page.reload();
    await shows(page.getByText('2026年3月9日 14:30'),
                'out of hours they are told when they work next');
    await page.unroute('**/review/queue');
    for (const place of [APPLY, '/web/', '/web/payment.html',
        '/web/onboarding.html'])
    {
        await page.goto('about:blank');
        await page.goto(base + place);
        await shows(page.getByText('本浏览器已登录工作人员账号'),
                    `staff at ${place} are told`);
        is(await page.locator('#failure').isVisible(), false,
           'and nothing fails');
    }
    await look(page, 'staff-here');
    is(await page.getByRole('link', { name: '返回工作人员页面' })
        .getAttribute('href'), 'review.html', 'with the way to their page');
    await press(page, '退出工作人员账号，继续');
    await page.waitForURL('**/web/');
    await becomes(() => page.locator('#account').isVisible(), true,
                  'who logs out can log in');
}

browser(async (all) => {
    const { people: [person], base } = all;
    const page = await comeIn(all, person);
    const told = captchas(page);

    await page.goto(`${base}${APPLY}`);
    await page.getByText('撤回报名', { exact: true }).click();
    await press(page, '确认撤回报名');
    await field(page, 'phone').waitFor();
    await samePerson(page, told, person);
    await anotherPerson(page, told, all);
    await staff(page, all);
    await page.context().close();
});
