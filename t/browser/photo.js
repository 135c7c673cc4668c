// See photo.t.

const { browser, check, is, shows } = require('./lib');
const { comeIn } = require('./captcha');
const { goOn } = require('./journey');

const SCAN = '用沙箱手机扫描';

/* What a reviewer does, without a page. */
async function decide(base, desk, decision) {
    const ask = (method, path, body) => fetch(`${base}/photo-check${path}`, {
        method, headers: { Authorization: `Bearer ${desk}`,
                           'Content-Type': 'application/json' },
        body: body && JSON.stringify(body) });

    for (let i = 0; i < 240; i++) {
        const answer = await ask('POST', '/reviews/next');

        if (answer.status === 200) {
            const { review_id: id } = await answer.json();
            const done = await ask('POST', `/reviews/${id}/decision`,
                                   decision);

            return is(done.status, 200, `a reviewer: ${decision.decision}`);
        }
        await new Promise((resolve) => setTimeout(resolve, 250));
    }
    return check(false, 'no photo comes to the reviewers');
}

async function untilPhoto(all, person) {
    const page = await comeIn(all, person);

    is(await goOn(page, { link: SCAN, tries: [['pass']] }),
       ['人脸识别认证', '上传电子照片'], 'after the face comes the photo');
    return page;
}

const choose = (page, file) =>
    page.locator('#step input[type=file]').setInputFiles(file);

const press = (page, name) => page.getByRole('button', { name }).click();

async function allThatIsWrong(page, { photos }) {
    await shows(page.locator('#step').getByText('大于20K').first(),
                'what is asked for');
    await choose(page, `${photos}/bad_all.jpg`);
    await shows(page.locator('.report .refuse'), 'what is wrong');
    check(await page.locator('.report .refuse').count() >= 4,
          'all of it at once');
    is(await page.locator('.report .refuse .advice').count(),
       await page.locator('.report .refuse').count(),
       'each with what to do about it');
    is(await page.getByRole('button', { name: '上传照片' }).count(), 0,
       'such a photo cannot be uploaded');
}

async function mended(page, { photos }) {
    await choose(page, `${photos}/snapshot.jpg`);
    await page.locator('.report').waitFor();
    await press(page, '照片处理工具');
    await shows(page.getByRole('button', { name: '向右转' }),
                'the tool shows what it made', 60000);
    check(await page.locator('img.photo').evaluate(
        (image) => image.decode().then(() => image.naturalWidth >= 300)),
          'a picture of the right size');
    await press(page, '使用处理后的照片');
    await shows(page.getByText('人工比对').first(),
                'it waits for somebody who compares it');
}

async function story(all) {
    const { people: [first], photos, base, desk, faces } = all;
    const page = await untilPhoto(all, first);

    await allThatIsWrong(page, all);
    if (faces) {
        await mended(page, all);
    } else {
        await choose(page, `${photos}/good.jpg`);
        await press(page, '上传照片');
    }
    await decide(base, desk, { decision: 'refuse',
                               reasons: ['not_recent'] });
    await shows(page.locator('#step').getByText('重新').first(),
                'refused: the page hears of it by itself');
    await choose(page, `${photos}/good.jpg`);
    await shows(page.locator('.report .pass'), 'another one');
    await press(page, '上传照片');
    await shows(page.getByText('人工比对').first(), 'which waits, too');
    await press(page, '继续');
    await shows(page.getByText('身份认证完成').last(),
                'and whoever has to wait goes on');
    await decide(base, desk, { decision: 'approve', recent: true,
                               bareheaded: true });
    await page.reload();
    await shows(page.getByText('上传通过').first(), '上传通过');
    await press(page, '照片上传完成');
    await shows(page.getByText('身份认证完成').last(), '身份认证完成');
    await page.context().close();
}

browser(story);
