// See application.t.

const { browser, check, is, look, shows } = require('./lib');
const { another, captchas, comeIn, login } = require('./captcha');
const { choosePosition, field, fillIn, saved, submit } =
    require('./applicant');
const { goOn } = require('./journey');

const APPLY = '/web/application.html#2026-1';

const state = (page) => page.locator('.application .state');
const invalid = (page, name) =>
    page.locator(`[name="${name}"][aria-invalid]`);

/* From the login to the form. */
async function arrive(all) {
    const page = await comeIn(all, all.people[0]);

    await goOn(page, { link: '用沙箱手机扫描', tries: [['pass']] });
    await page.getByRole('link', { name: '本次考试' }).click();
    await page.waitForURL('**/web/exam.html');
    await page.getByRole('link', { name: '报名', exact: true }).click();
    await shows(state(page).getByText('未提交'), 'nothing is submitted yet');
    await shows(page.getByText(/剩余 2[34]小时/), 'and how long it can be');
    await look(page, 'application-empty');
    return page;
}

async function allThatIsWrong(page) {
    await submit(page);
    await shows(invalid(page, 'position'), 'a position is asked for');
    for (const name of ['gender', 'education', 'school', 'graduated',
                        'years', 'phone', 'disabled'])
    {
        check(await field(page, name).first().getAttribute('aria-invalid')
            === 'true', `so is ${name}`);
    }
    check(await invalid(page, 'declaration').count() === 1,
          'and that it is true');
    is(await invalid(page, 'answers.email').count(), 0,
       'what is optional is not');
    is(await page.evaluate(() => document.activeElement.name), 'declaration',
       'the first of them has the focus');
    await look(page, 'application-wrong');
    await field(page, 'gender').last().check();
    is(await field(page, 'gender').first().getAttribute('aria-invalid'), null,
       'what is answered is not marked any more');
}

async function whatIsAsked(page) {
    is(await field(page, 'degree').isVisible(), false,
       'what depends on something else is not asked');
    await field(page, 'education').selectOption('e3');
    await shows(field(page, 'degree'), 'until that is answered so');
    await field(page, 'education').selectOption('e1');
    is(await field(page, 'degree').isVisible(), false, 'and back');
    await field(page, 'disabled').first().check();
    await shows(field(page, 'arrangements'), 'by yes, too');
}

async function savedAsTyped(page) {
    await Promise.all([
        page.waitForResponse((it) => it.request().method() === 'PATCH'),
        field(page, 'school').fill('西宁师范')]);
    await saved(page);
    await field(page, 'phone').fill('12');
    await field(page, 'phone').blur();
    await shows(invalid(page, 'answers.phone'),
                'what is wrong is told while one types');
    await shows(page.getByText('例如：13897000000'),
                'with what a right one looks like');
    check(await page.evaluate(() => document.activeElement
        !== document.querySelector('[name="answers.phone"]')),
          'and takes the focus from nobody');
    await submit(page);
    await shows(page.getByText('请改正标出的内容'),
                'nobody submits other than they see');
    await page.context().setOffline(true);
    await field(page, 'school').fill('西宁师范');
    await field(page, 'years').fill('１２');
    await submit(page);
    await shows(page.getByText('还有内容没有保存'), 'nor what is not saved');
    await shows(invalid(page, 'answers.phone'), 'where what is wrong stays told');
    await page.context().setOffline(false);
    await page.waitForResponse((it) => it.request().method() === 'PATCH'
        && it.ok());
    await page.reload();
    await shows(state(page), 'after a reload');
    is(await field(page, 'years').inputValue(), '12',
       'full-width digits are digits');
    is(await field(page, 'school').inputValue(), '西宁师范',
       'what was right is there');
    is(await field(page, 'phone').inputValue(), '', 'what was wrong is not');
}

/* Two windows save; each sees what the other did. */
async function twoWindows(page, { open }) {
    const other = await open(APPLY, { context: page.context() });

    await field(other, 'email').waitFor();
    await field(other, 'email').fill('somebody@example.cn');
    await saved(other);
    await field(page, 'school').fill('青海民族大学');
    await shows(page.getByText('已在其他窗口或手机上修改'),
                'another window has saved: that is told');
    await saved(page);
    is([await field(page, 'email').inputValue(),
        await field(page, 'school').inputValue()],
       ['somebody@example.cn', '青海民族大学'],
       'its part was taken over, one’s own stays');
    await other.reload();
    await field(other, 'school').waitFor();
    is(await field(other, 'school').inputValue(), '青海民族大学',
       'and the server has both');
    await other.close();
}

async function badNetwork(page) {
    await page.context().setOffline(true);
    await field(page, 'years').fill('7');
    await field(page, 'years').blur();
    await shows(page.getByText('尚未保存'), 'without network it says so');
    await page.context().setOffline(false);
    await shows(page.getByText('已保存。'), 'and saves when it is back',
                60000);

    // what was saved, and its answer lost
    await page.reload();
    await field(page, 'years').waitFor();
    await page.route('**/review/applications/*', async (route) => {
        if (route.request().method() === 'PATCH') {
            await route.fetch();
            await route.abort('internetdisconnected');
            await page.unroute('**/review/applications/*');
        } else {
            await route.continue();
        }
    });
    await field(page, 'years').fill('8');
    await field(page, 'years').blur();
    await shows(page.getByText('尚未保存'), 'an answer that is lost');
    await shows(page.getByText('已保存。'), 'is found to be there');
    is(await page.getByText('已在其他窗口').isVisible(), false,
       'and blamed on nobody');
}

/* The store is away as the page is opened: each part says so, and has a way
   on. */
async function storeAway(page, { expected }) {
    const store = '**/review/applications*/**';

    expected.push(/\/review\/applications.*: 503/);
    await page.route(store, (route) => route.fulfill({ status: 503,
        contentType: 'application/problem+json', body: JSON.stringify({
            code: 'store_unavailable', status: 503, retry_after: 1,
            detail: '系统暂时无法读写数据。' }) }));
    await page.reload();
    await shows(page.getByText('系统繁忙，正在重试'),
                'a page that waits says what for');
    await shows(page.getByText('系统暂时无法读写数据。'), 'then what failed');
    is(await page.getByText('系统繁忙，正在重试').isVisible(), false,
       'and waits no more');
    await page.goto(`${new URL(page.url()).origin}/web/exam.html`);
    await page.route('**/review/applications', (route) => route.fulfill({
        status: 503, contentType: 'application/problem+json',
        body: JSON.stringify({ code: 'store_unavailable', status: 503,
            retry_after: 0, detail: '系统暂时无法读写数据。' }) }));
    await page.reload();
    await shows(page.getByText('系统暂时无法读写数据。'),
                'who has applied is not asked to, and told nothing');
    await shows(page.getByRole('link', { name: '查看职位' }),
                'the exams are there all the same');
    await page.goto(`${new URL(page.url()).origin}${APPLY}`);
    await page.getByRole('button', { name: '重新载入' }).waitFor();
    await page.unroute('**/review/applications');
    await page.unroute(store);
    await page.getByRole('button', { name: '重新载入' }).click();
    await shows(state(page), 'one button, and it is there');
}

async function theCondition(page) {
    await fillIn(page, 'e1');
    await choosePosition(page, 'P00003');
    await page.getByLabel('信息真实有效').check();
    await submit(page);
    await shows(invalid(page, 'position'), 'a position asks for more');
    await shows(page.getByText('本科及以上学历').last(), 'it says for what');
    await look(page, 'application');
    await field(page, 'education').selectOption('e3');
    await field(page, 'degree').fill('理学学士');
    await saved(page);
}

async function submitted(page, { open }) {
    await submit(page);
    await shows(state(page).getByText('待审核'), 'submitted');
    await shows(page.getByText(/一般在.*前完成/),
                'when it is reviewed, as a rule');
    is(await page.locator('#apply').count(), 0, 'nothing can be changed');
    await look(page, 'application-submitted');

    const other = await open('/web/exam.html#2026-1',
                             { context: page.context() });

    await other.locator('#q').fill('P00003');
    await shows(other.getByText('已报名1人'), 'one more applies for it');
    await other.close();
}

/* In the other language, too, what could not be saved stands where it was
   typed, and is told to be wrong. */
async function staysWrong(page) {
    await field(page, 'email').fill('nobody');
    await field(page, 'email').blur();
    await invalid(page, 'answers.email').waitFor();
    await page.getByRole('button', { name: 'English' }).click();
    await shows(page.getByText('Examination 2026'), 'another language');
    await shows(page.getByText('What is marked was not saved'),
                'in which it is told again');
    is(await field(page, 'email').inputValue(), 'nobody', 'and still there');
    await field(page, 'email').fill('somebody@example.cn');
    await shows(page.getByText('Saved.', { exact: true }), 'until it is right');
    await page.getByRole('button', { name: '中文' }).click();
    await field(page, 'email').waitFor();
}

async function withdrawn(page) {
    await page.getByText('撤回报名', { exact: true }).click();
    await page.getByRole('button', { name: '确认撤回报名' }).click();
    await shows(state(page).getByText('已撤回'), 'withdrawn');
    is(await field(page, 'school').inputValue(), '青海大学',
       'what was filled in is still there');
    await staysWrong(page);
    await field(page, 'years').fill('13');
    await saved(page);
    await page.getByLabel('信息真实有效').check();
    await submit(page);
    await shows(state(page).getByText('待审核'), 'and submitted again');
    await page.getByRole('button', { name: 'English' }).click();
    await shows(page.getByText('Examination 2026'), 'in English, too');
    await page.getByRole('button', { name: '中文' }).click();
}

/* Somebody who has not shown a face, by a link that is wrong at first. */
async function nobodyYet(all) {
    const page = await comeIn(all, all.people[1]);

    await page.goto(`${all.base}/web/application.html#2025-9`);
    await shows(page.locator('#failure'), 'an exam that is not there is said');
    await page.getByRole('link', { name: '选择考试' }).click();
    await shows(page.getByRole('link', { name: '报名', exact: true }),
                'with the way to those that are');

    await page.goto(`${all.base}${APPLY}`);
    await field(page, 'school').waitFor();
    await submit(page);
    await shows(page.getByRole('link', { name: '去完成身份认证' }),
                'who it is has to be proven first');
    await page.context().close();
}

/* The session is over in the middle of it: why, a login, and back to it. */
async function sentBack(page, { people: [person] }) {
    const told = captchas(page);
    const { href } = new URL(page.url());

    // nothing of the page is under way that would lead away first
    await page.goto('about:blank');
    await page.context().clearCookies();
    await page.goto(href, { waitUntil: 'commit' });
    await page.waitForURL('**/web/');
    await shows(page.getByText('请先登录。'),
                'who has no session is told why it is the login');
    await shows(page.getByText('登录后回到刚才的页面。'), 'and where it leads');
    await another(told, 0);
    await login(page, told, person.id_number, person.password);
    await page.waitForURL(`**${APPLY}`);
    await shows(state(page).getByText('待审核'), 'and comes back from there');
    await page.goto(`${new URL(page.url()).origin}/web/onboarding.html`);
    await shows(page.getByRole('link', { name: '本次考试' }), 'once');
}

browser(async (all) => {
    const page = await arrive(all);

    await allThatIsWrong(page);
    await whatIsAsked(page);
    await savedAsTyped(page);
    await twoWindows(page, all);
    await badNetwork(page);
    await storeAway(page, all);
    await theCondition(page);
    await submitted(page, all);
    await withdrawn(page);
    await sentBack(page, all);
    await nobodyYet(all);
    await page.context().close();
});
