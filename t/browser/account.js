// See account.t.

const { another, box, captchas, comeIn, login } = require('./captcha');
const { browser, check, is, look, shows } = require('./lib');

const WRONG = 'Wrong-Password-1';

/* As Chinese keyboards type digits and letters. */
const wide = (text) => text.replace(/[!-~]/g, (c) =>
    String.fromCharCode(c.charCodeAt(0) + 0xfee0));

async function errorOf(page, name) {
    const id = (await page.locator(`[name=${name}]`)
        .getAttribute('aria-describedby') || '').split(' ')
        .find((each) => each.startsWith('error-'));

    return id ? page.locator(`#${id}`).innerText() : '';
}

async function wrongThings({ open, people }) {
    const page = await open();
    const told = captchas(page);
    const form = page.locator('form#account');
    const notice = form.locator('.notice');

    await page.goto(`${new URL(people.base).origin}/`);
    await another(told, 0);
    is(new URL(page.url()).pathname, '/web/', '/ leads to the pages');
    for (const words of ['账户登录', '支付宝扫码登录', '电子社保卡扫码登录',
        '系统自动完成身份授权操作', '微信注册系统目前还无法使用',
        '0971-0000000', '正常工作时间接听', '没有手机或无法刷脸', '还没有注册'])
    {
        await shows(page.getByText(words, { exact: false }), words);
    }

    await page.getByRole('button', { name: '登录' }).click();
    await shows(notice, 'an empty form is refused');
    is([await errorOf(page, 'id_number'), await errorOf(page, 'password')],
       ['此项不能为空。请填写后再提交。例如：630105199003079996',
        '此项不能为空。请填写后再提交。'],
       'each field says what it lacks');
    is(await page.evaluate(() => document.activeElement.name), 'id_number',
       'the first of them has the focus');

    await box(page, '身份证号').fill('63010519900307999');
    is(await errorOf(page, 'id_number'), '', 'typing takes the mark away');

    await another(told, 1);

    let before = told.count;

    await page.locator('#password').fill(WRONG);
    await box(page, '验证码').fill('000000');
    await page.getByRole('button', { name: '登录' }).click();
    await page.waitForFunction(() => document.querySelector(
        '[name=id_number]').getAttribute('aria-invalid') === 'true');
    check((await errorOf(page, 'id_number')).includes('身份证'),
          'a number that is none is told at its field');
    await another(told, before);

    before = told.count;
    await login(page, told, people[0].id_number, WRONG);
    await page.waitForFunction(() => document.querySelector(
        'form#account .notice').textContent.includes('不正确'));
    check((await notice.innerText()).includes('身份证号或密码不正确'),
          'a wrong password: what happened and what to do');
    check((await notice.innerText()).includes('请求编号'),
          'with the number of the request');
    is(await page.evaluate(() => document.activeElement.name), 'password',
       'and the focus where to type');
    await another(told, before);
    check(told.count > before, 'with another captcha');

    before = told.count;
    await page.getByRole('button', { name: '听验证码' }).click();
    await another(told, before);
    await page.waitForFunction(() => document.activeElement.name
        === 'captcha_answer');
    check(told.count > before, 'a captcha is read out');

    for (let n = 1; n < 5; n++) {
        before = told.count;
        await login(page, told, people[0].id_number, WRONG + n);
        await another(told, before);
    }
    await login(page, told, people[0].id_number, WRONG);
    await shows(form.locator('.wait'), 'who guesses waits');
    check(/^\d:\d\d$/.test(await form.locator('.wait').innerText()),
          'and sees for how long');
    check(await page.getByRole('button', { name: '登录' }).isDisabled(),
          'with nothing to press meanwhile');
    await page.close();
}

async function keyboardOnly({ open, people, base }) {
    const page = await open();
    const told = captchas(page);
    const press = (key) => page.keyboard.press(key);

    await page.goto(`${base}/web/`);
    await another(told, 0);
    for (let i = 0; i < 20; i++) {
        await press('Tab');
        if (await page.evaluate(() => document.activeElement.name)
            === 'id_number')
        {
            break;
        }
    }
    await page.keyboard.type(` ${wide(people[1].id_number)}`);
    await press('Tab');
    await page.keyboard.type(people[1].password);
    await press('Tab');
    await page.keyboard.type(wide(told.answer));
    await press('Enter');
    await page.waitForURL('**/web/onboarding.html');
    check(true, 'the keyboard is enough, whichever digits it types');

    const cookies = await page.context().cookies(base);
    const session = cookies.find((c) => c.name === '__Host-civic_session');

    check(session && session.httpOnly && session.secure
          && session.sameSite === 'Strict',
          'the session is a cookie that no script reads');
    is((await page.evaluate(() => document.cookie)), '', 'indeed none');
    is(await page.evaluate(() => fetch('/login/session')
        .then((answer) => answer.status)), 200, 'and it works');
    await page.context().close();
}

/* Chromium takes such cookies without TLS from this machine alone. */
async function localhost({ open, people, base }) {
    const page = await open();
    const told = captchas(page);

    await page.goto(base.replace('127.0.0.1', 'localhost') + '/web/');
    await another(told, 0);
    await login(page, told, people[1].id_number, people[1].password);
    await page.waitForURL('**/web/onboarding.html');
    is(await page.evaluate(() => fetch('/login/session')
        .then((answer) => answer.status)), 200,
       'the same by the name localhost');
    await page.context().close();
}

/* Three minutes later, by the page's clock. */
async function captchaExpires({ open, base }) {
    const page = await open();
    const told = captchas(page);

    await page.clock.install();
    await page.goto(`${base}/web/`);
    await another(told, 0);
    await shows(page.getByText('图中有6个数字'), 'what is in the picture');
    await page.clock.fastForward(180000);
    await shows(page.getByText('验证码已更新，请重新输入'),
                'a captcha that expires is replaced, and that is said');
    await another(told, 1);
    is(told.count, 2, 'once');
    await page.context().close();
}

/* How many px stand outside of a phone whose letters are twice as large. */
async function largeLetters(page) {
    const before = page.viewportSize();

    await page.setViewportSize({ width: 360, height: 740 });

    const more = await page.evaluate(() => {
        const sheet = new CSSStyleSheet();

        sheet.replaceSync(':root { font-size: 2.375rem; }');
        document.adoptedStyleSheets = [sheet];

        const { scrollWidth } = document.documentElement;

        document.adoptedStyleSheets = [];
        return scrollWidth - 360;
    });

    await page.setViewportSize(before);
    return more;
}

async function narrowAndEnglish({ open, base }) {
    const page = await open('/web/', { width: 320, height: 600 });

    await shows(box(page, '身份证号'), 'at 320 px');
    is(await page.evaluate(() => document.documentElement.scrollWidth), 320,
       'nothing stands outside');
    await page.getByRole('button', { name: 'English' }).click();
    await shows(box(page, 'Identity number'), 'in English');
    is(await page.getByText('身份证号').isVisible(), false, 'and no Chinese');
    is(await page.evaluate(() => document.documentElement.scrollWidth), 320,
       'nothing stands outside in English either');
    is(await largeLetters(page), 0, 'nor with letters twice as large');
    await page.getByRole('button', { name: 'Log in', exact: true }).click();
    check(/required|empty|fill/i.test(await (async () => {
        await page.waitForSelector('form#account .error');
        return errorOf(page, 'id_number');
    })()), 'the server says it in English');
    check(/ For example: \d{17}[\dX]$/.test(await errorOf(page, 'id_number')),
          'and shows a number');
    is(/example/.test(await errorOf(page, 'password')), false,
       'but no password');
    await page.reload();
    await shows(box(page, 'Identity number'), 'and it stays');

    await shows(page.getByText('The picture has 6 digits'),
                'with its captcha');
    await page.context().setOffline(true);
    await page.getByRole('button', { name: 'Log in', exact: true }).click();
    await shows(page.getByText('There is no network.'),
                'without network it says so');
    await shows(page.locator('#network'), 'and waits for it');
    // which stands there for some seconds only
    await Promise.all([
        shows(page.getByText('The network is back.'), 'then goes on'),
        page.context().setOffline(false)]);
    await page.getByRole('button', { name: 'Another one' }).click();
    await page.locator('form#account .notice').waitFor({ state: 'hidden' });
    is(await page.getByText('There is no network.').isVisible(), false,
       'and says no more that there is none');

    const headers = (await page.goto(`${base}/web/`)).headers();

    check(headers['content-security-policy'].startsWith(
        "default-src 'self'; img-src 'self' data:;"), 'the policy');
    is([headers['x-content-type-options'], headers['referrer-policy']],
       ['nosniff', 'no-referrer'], 'and what goes with it');
    await page.context().close();
}

/* What is not there: a page for a browser, a problem for a program. */
async function missing({ open, base }) {
    const page = await open();

    for (const path of ['/web/nope.html', '/web/a/b/nope.html']) {
        const [answer, first] = [await page.goto(base + path),
            await page.request.get(`${base}/web/`)];
        const policy = ({ headers }) => ['content-security-policy',
            'x-content-type-options', 'referrer-policy', 'cache-control',
            'cross-origin-opener-policy', 'permissions-policy']
            .map((name) => headers()[name]);

        is([answer.status(), answer.headers()['content-type']],
           [404, 'text/html; charset=utf-8'], `${path}: a page`);
        is(policy({ headers: () => answer.headers() }),
           policy({ headers: () => first.headers() }),
           'as safe as all others');
        await shows(page.getByRole('heading', { name: '没有这个页面' }),
                    'which says so');
        await shows(page.getByRole('heading', { name: 'no such page' }),
                    'in English, too');
    }
    await look(page, 'missing');
    await page.getByRole('link', { name: '回到首页' }).click();
    await shows(page.locator('#account'), 'and leads back');

    const problem = await page.request.get(`${base}/web/nope.html`,
        { headers: { Accept: 'application/json' } });

    is([problem.status(), problem.headers()['content-type'],
        (await problem.json()).code],
       [404, 'application/problem+json', 'not_found'], 'or a problem');
    await page.context().close();
}

/* The store is away as somebody logs in: they are told that they are not in,
   and have another captcha; or they are, and the answer was lost. */
async function storeAway({ open, people: [, person], base, expected }) {
    const page = await open();
    const told = captchas(page);
    const unknown = (route) => route.fulfill({ status: 503,
        contentType: 'application/problem+json', body: JSON.stringify({
            code: 'outcome_unknown', status: 503,
            detail: '暂时无法确认本次操作的结果。' }) });

    expected.push(/\/login\/password: 503/);
    await page.goto(`${base}/web/`);
    await another(told, 0);
    await page.route('**/login/password', unknown, { times: 1 });
    await login(page, told, person.id_number, person.password);
    await shows(page.getByText('没有登录成功：系统暂时不可用。'),
                'whoever is not in is told so');
    await another(told, 1);
    // the cookie comes by another window
    await comeIn({ base, open: () => open(undefined,
        { context: page.context() }) }, person);
    await page.route('**/login/password', unknown, { times: 1 });
    await login(page, told, person.id_number, person.password);
    await page.waitForURL('**/web/onboarding.html');
    check(true, 'whose answer was lost is in');
    await page.context().close();
}

/* Scripts may be switched off: each page says so, and what else there is. */
async function withoutScripts({ open, base }) {
    const first = await open('/web/');
    const context = await first.context().browser().newContext({
        javaScriptEnabled: false });

    for (const name of ['index', 'onboarding', 'card', 'exam', 'application',
        'payment', 'codes'])
    {
        const page = await open(`/web/${name}.html`, { context });

        is(await page.locator('main > :not(h1)').evaluateAll((all) => all
            .filter((each) => each.checkVisibility()
                && each.innerText.trim() !== '')
            .map((each) => each.innerText.includes('JavaScript')
                && each.innerText.includes('服务窗口'))), [true],
           `${name}: without scripts nothing else is said`);
    }
    await context.close();
    await first.context().close();
}

browser(async (all) => {
    Object.assign(all.people, { base: all.base });
    // these pages go away to one that another story looks at
    await wrongThings(all);
    await keyboardOnly(all);
    await withoutScripts(all);
    await localhost(all);
    await captchaExpires(all);
    await storeAway(all);
    await missing(all);
    await narrowAndEnglish(all);
});
