/*
 * journey.js - from the login to 身份认证完成, for the stories: does whatever
 * step the page shows.
 */

const { check, is, shows } = require('./lib');
const { consent } = require('./phone');

const PASSWORD = 'Grandmother-Likes-Tea-48';

const CAMERA = ['光线良好', '尽量保持人脸与手机平行',
    '屏幕中央的头像占据识别框的三分之二左右',
    '请勿低头、抬头、歪头、侧脸、打电话、使用多个面孔、夸张表情、遮住脸部'];

/* The step's title, once there is one that was not there before. */
async function next(page, before) {
    await page.waitForFunction((old) => {
        const title = document.querySelector('#step h2, #step .done');

        return title && title.textContent !== old;
    }, before);
    return page.locator('#step h2, #step .done').first().innerText();
}

async function identity(page, who) {
    await page.locator('#step [type=submit]').click();
    await page.locator('#step .error').first().waitFor();
    is(await page.locator('#step [aria-invalid]').count(), 2,
       'name and number are needed');
    await page.locator('#name').fill(who.name);
    await page.locator('#step #id_number').fill(who.id_number.slice(0, -1)
                                                + '0');
    await page.locator('#step [type=submit]').click();
    await shows(page.locator('#id_number[aria-invalid]'),
                'a number that is none is told at its field');
    await page.locator('#step #id_number').fill(who.id_number);
    await page.locator('#step [type=submit]').click();
}

async function password(page) {
    await shows(page.getByText('该密码用于登录注册系统。请考生牢记并妥善保管，防止信息被他人篡改'),
                'what the password is for');
    await page.locator('#new_password').fill(PASSWORD);
    await page.locator('#again').fill(`${PASSWORD}?`);
    await page.locator('#step [type=submit]').click();
    await shows(page.getByText('两次输入的密码不一致。').last(),
                'it is typed twice');
    await page.locator('#new_password').fill('12345678');
    await page.locator('#again').fill('12345678');
    await page.locator('#step [type=submit]').click();
    await shows(page.locator('#new_password[aria-invalid]'),
                'one that everybody takes is refused at its field');
    await page.locator('#new_password').fill(PASSWORD);
    await page.locator('#again').fill(PASSWORD);
    await page.locator('#step [type=submit]').click();
}

/* What a person decides on the page that stands for the camera. */
async function camera(page, link, result, reason) {
    const [phone] = await Promise.all([page.context().waitForEvent('page'),
        page.getByRole('link', { name: link }).click()]);

    await phone.waitForLoadState();
    if (reason) {
        await phone.locator('[name=reason]').fill(reason);
    }
    await phone.locator(`[value=${result}]`).click();
    await phone.getByText(result === 'pass' ? '认证通过' : '认证未通过')
        .waitFor();
    await phone.close();
}

async function begin(page, finish) {
    await page.getByRole('button', { name: '进入人脸识别认证' }).click();
    if (await Promise.race([
        page.locator('.consent').waitFor().then(() => true),
        finish.waitFor().then(() => false, () => false)]))
    {
        await consent(page, '同意协议并认证');
    }
}

/* tries: [['fail', 'Z1147'], ['fail'], ['pass']]; refused: the provider does
   not begin the first one; once: the page is not loaded anew meanwhile; begun:
   the way to the camera is open. */
async function face(page, { link, tries, who, refused, once, begun }) {
    const finish = page.getByRole('button', { name: '身份认证完成' });

    if (!begun) {
        await begin(page, finish);
    }
    if (who && refused) {
        const change = page.getByRole('button', { name: '修改姓名和身份证号' });

        await shows(change, 'a provider that refuses: name and number?');
        await change.click();
        await page.locator('#step #name').fill(who.name);
        await page.locator('#step #id_number').fill(who.id_number);
        await page.locator('#step [type=submit]').first().click();
        await page.getByRole('button', { name: '进入人脸识别认证' }).click();
    }
    for (const [result, reason] of tries) {
        const again = page.getByRole('button', { name: '重新认证' });

        await finish.waitFor();
        for (const words of CAMERA) {
            await shows(page.locator('#step').getByText(words).last(), words);
        }
        if (result === 'pass' && tries.length > 1) {
            await finish.click();
            await shows(again, 'whoever is not seen yet has not passed');
        }
        if (result === 'pass' && tries.length === 1 && !once) {
            await page.reload();
            await shows(finish, 'a page loaded anew goes on with the attempt');
        }
        await camera(page, link, result, reason);
        if (result === 'pass' && tries.length > 1) {
            await shows(page.getByText('手机上已完成'),
                        'the page hears of it by itself');
            is(await page.locator('#step .notice:visible').count()
                + Number(await again.isVisible()), 0,
               'who was early has not failed');
        }
        await finish.click();
        if (result === 'fail') {
            await again.waitFor();
            check((await page.locator('#step .notice').first().innerText())
                .length > 20,
                  `it failed${reason ? ' for a reason' : ''}: what to mind`);
            await again.click();
            await again.waitFor({ state: 'hidden' });
        }
    }
}

/*
 * Goes on until it is done; gives the titles of the steps.  who: { name,
 * id_number }; link: what leads to the camera; tries: see face().
 */
async function goOn(page, options) {
    const titles = [];
    const seen = { 授权: () => consent(page, '授权'),
        身份验证: () => identity(page, options.who),
        设置密码: () => password(page),
        人脸识别认证: () => face(page, options) };

    for (let title = await next(page, null); ;
         title = await next(page, title))
    {
        titles.push(title);
        if (!seen[title]) {
            break;
        }
        await seen[title]();
    }
    await shows(page.getByText('本次考试').last(), '本次考试');
    return titles;
}

module.exports = { PASSWORD, face, goOn };
