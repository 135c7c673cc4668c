// See photo.t.

const { browser, byKey, check, is, shows } = require('./lib');
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

/* No JPEG: what it is and what to do, in one sentence; nothing is sent. */
async function noPhoto(page) {
    const notice = page.locator('#step .notice');
    const file = (name, ...bytes) => ({ name, mimeType: 'image/jpeg',
                                        buffer: Buffer.from(bytes) });
    const told = async (words, name) => {
        await shows(notice.getByText(words), name);
        is(await page.locator('.report').count(), 0, `${name}: no list`);
    };

    await choose(page, file('d.jpg', 0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0));
    await shows(page.getByText('文件不完整或已损坏'), 'a JPEG that is cut off');
    is(await page.locator('.report .unmeasured').count(), 0,
       'of which nothing else is said');
    await choose(page, file('empty.jpg'));
    await told('文件是空的', 'an empty file');
    await choose(page, file('a.jpg', 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a));
    await told('这是PNG图片，不是JPG或JPEG格式的照片。', 'a PNG');
    await choose(page, file('b.jpg', 0, 0, 0, 24,
                            ...Buffer.from('ftypheic')));
    await told('这是HEIC图片', 'a phone’s');
    await choose(page, file('c.jpg', ...Buffer.from('hello')));
    await told('这是其他类型的文件', 'no picture at all');
    is(await page.locator('#step input[type=file][aria-invalid]').count(), 1,
       'it is said of the field');
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
    await noPhoto(page);
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
    await byKey(page.getByRole('button', { name: '上传照片' }), '#step',
                page.getByText('人工比对'));
    await byKey(page.getByRole('button', { name: '继续' }), '#step',
                page.locator('#step p.done'));
    await decide(base, desk, { decision: 'approve', recent: true,
                               bareheaded: true });
    await page.reload();
    await shows(page.getByText('上传通过').first(), '上传通过');
    await press(page, '照片上传完成');
    await shows(page.getByText('身份认证完成').last(), '身份认证完成');
    await page.context().close();
}

browser(story);
