// See registration.t: 我的消息与同意 of who has been through all of it.

const { browser, check, is, look, shows } = require('./lib');
const { comeIn } = require('./captcha');

const section = (page) => page.locator('#view section')
    .filter({ hasText: '人脸信息处理同意书' });

async function messages(page) {
    await Promise.all([page.waitForResponse('**/civic/messages/read'),
        page.getByRole('link', { name: '我的消息与同意' }).click()]);
    for (const title of ['可以打印准考证', '已付款', '审核不通过']) {
        await shows(page.locator('.messages').getByText(title, { exact: true }),
                    `the citizen was told: ${title}`);
    }
    await shows(page.getByText('毕业院校请填写全称'), 'each as a whole');
    check(await page.locator('.messages .new').count() > 0,
          'what is new says so');
    await look(page, 'messages');
    await page.reload();
    await page.locator('.messages li').first().waitFor();
    is(await page.locator('.messages .new').count(), 0, 'once');
}

async function consents(page) {
    await page.getByRole('link', { name: '我的同意' }).click();
    await shows(section(page).getByText('有效', { exact: true }),
                'what was consented to');
    await section(page).getByText('查看同意书').click();
    await shows(section(page).getByText('撤回与同意同样方便'),
                'with its text');
    await look(page, 'consents');
    await section(page).getByText('撤回同意', { exact: true }).click();
    await section(page).getByRole('button', { name: '确认撤回' }).click();
    await page.getByText('已结束的同意').click();
    await shows(section(page).getByText('已撤回'), 'and can be withdrawn');
    is(await section(page).getByRole('button').count(), 0, 'once');
    await page.getByRole('button', { name: 'English' }).click();
    await shows(page.getByRole('heading', { name: 'My consents' }),
                'in English, too');
}

browser(async (all) => {
    const page = await comeIn(all, all.people[0]);

    await messages(page);
    await consents(page);
    await page.context().close();
});
