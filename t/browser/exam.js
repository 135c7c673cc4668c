// See exam.t.

const { browser, byKey, check, is, look, shows } = require('./lib');

const found = (page) => page.locator('.positions > li');

async function exams(page) {
    await shows(page.getByText('2026年公开招聘考试'), 'an exam');
    await shows(page.getByText('报名中'), 'how far it is');
    is(await page.getByRole('link', { name: '报名', exact: true }).count(), 1,
       'only what is open can be applied for');
    await shows(page.getByText('未开始'), 'and what has not begun says so');
    is((await page.locator('#exams h2').allInnerTexts()).slice(0, 3),
       ['2026年公开招聘考试', '下一次考试', '往年考试1'],
       'what is over stands behind');
    is(await page.locator('#exams h2').count(), 20, 'a page of them');
    await look(page, 'exams');
    await page.getByRole('button', { name: '更多' }).click();
    await shows(page.getByText('多年前的考试'), 'and the others');
    is([await page.locator('#exams h2').count(),
        await page.evaluate(() => document.activeElement.innerText)],
       [28, '往年考试19'], 'all of them, read on from there');
    is(await page.getByRole('button', { name: '更多' }).count(), 0,
       'and no more');
}

/* An address of one that stands far down the list. */
async function past(open) {
    const page = await open('/web/exam.html#past');

    await shows(found(page), 'positions of years ago');
    await shows(page.locator('#exam h2').getByText('多年前的考试'),
                'and of which exam');
    await page.goto(page.url().replace('#past', '#nowhere'));
    await page.reload();
    await shows(page.getByText('下一次考试'), 'none of that name: the list');
    await page.context().close();
}

async function positions(page) {
    await byKey(page.locator('.order', { hasText: '2026年公开招聘考试' })
        .getByRole('link', { name: '查看职位' }), '#exam', found(page));
    is(await found(page).count(), 20, 'a page of them');
    await page.getByRole('button', { name: '更多' }).click();
    await page.waitForFunction(() =>
        document.querySelectorAll('.positions > li').length === 40);
    await page.getByRole('button', { name: '更多' }).click();
    await shows(page.getByText('共45个职位。'), 'all of them, in the end');
    await page.getByRole('textbox', { name: /查找职位/ }).fill('图书');
    await page.waitForFunction(() => [...document.querySelectorAll(
        '.positions > li')].every((each) => /图书馆/.test(each.innerText)));
    check(await found(page).count() > 0, 'looked for as one types');
    await page.getByRole('textbox', { name: /查找职位/ }).fill('P00003');
    await page.waitForFunction(() =>
        document.querySelectorAll('.positions > li').length === 1);
    await shows(found(page).getByText('本科及以上学历'),
                'one by its code, and what it asks for');
    await look(page, 'positions');
    await page.getByRole('textbox', { name: /查找职位/ }).fill('没有这个');
    await shows(page.getByText('没有找到职位'), 'and if there is none');
    await page.context().setOffline(true);
    await page.getByRole('textbox', { name: /查找职位/ }).fill('档案');
    await page.context().setOffline(false);
    await shows(found(page).getByText('省档案馆').first(),
                'a network that was away for a moment');
    await page.getByRole('button', { name: 'English' }).click();
    await shows(page.locator('#exam h2').getByText('Examination 2026'),
                'in English, too');
    await page.goBack();
    await shows(page.getByText('Another one'), 'and back to all');
}

/* "Back" may bring a page out of the browser's memory, with what somebody saw
   who has logged out since. */
async function outOfMemory(page) {
    await page.evaluate(() => {
        document.body.dataset.old = '';
        setTimeout(() => dispatchEvent(new PageTransitionEvent('pageshow',
            { persisted: true })));
    });
    await page.locator('body:not([data-old])').waitFor();
    await shows(page.getByText('Another one'), 'it is begun anew');
}

browser(async ({ open }) => {
    const page = await open('/web/exam.html');

    await exams(page);
    await positions(page);
    await outOfMemory(page);
    await page.context().close();
    await past(open);
});
