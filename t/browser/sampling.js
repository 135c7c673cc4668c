// See sampling.t.

const { browser, check, is, look, shows } = require('./lib');
const { allow, seeing, show } = require('./camera');
const { logIn } = require('./staff');

const TUBE = 'XB20260001';
const OTHER = 'XB20260002';
const CAMERA_TUBE = 'XB20260003';

const press = (page, name) =>
    page.getByRole('button', { name, exact: true }).first().click();
const said = (page, text) => shows(page.locator('.said', { hasText: text }),
                                   text);
const told = (page, text) => shows(page.locator('.notice:visible',
                                                { hasText: text }), text);

/* As a scanner does: it types, and presses Enter. */
async function scans(page, code) {
    await page.locator('#code').waitFor();
    await page.keyboard.type(code);
    await page.keyboard.press('Enter');
}

async function opens(page, barcode, capacity) {
    await page.locator('#barcode').fill(barcode);
    await page.locator('#capacity').selectOption(String(capacity));
    await page.locator('#place').fill('莲湖区一号点');
    await press(page, '开管');
    await shows(page.locator('h2', { hasText: barcode }), 'a tube is open');
}

/* Neither 移出 nor 封管 is done by one click; nor by a scanner's Enter, whose
   code is taken all the same. */
async function asksFirst(page) {
    await press(page, '移出');
    await shows(page.getByText('把第2位张*移出本管'), 'whom? is asked first');
    await press(page, '取消');
    await press(page, '封管');
    await page.locator('.question').waitFor();
    await page.keyboard.type('malformed');
    await page.keyboard.press('Enter');
    await told(page, '健康码');
    is(await page.locator('.question').count(), 0,
       'a code is no answer to a question');
    await shows(page.getByText('2/5人'), 'and nothing was done');
}

/* Whoever has to wait a moment is at the button still. */
async function waits(page, { expected }) {
    expected.push(/sampling\/tubes: 503/);
    await page.route('**/sampling/tubes', (route) => route.fulfill({
        status: 503, contentType: 'application/problem+json',
        body: JSON.stringify({ code: 'overloaded', status: 503,
            detail: '服务忙，请等一下。', retry_after: 1 }) }), { times: 4 });
    await page.getByRole('button', { name: '开管' }).focus();
    await page.keyboard.press('Enter');
    await told(page, '服务忙，请等一下。');
    await page.locator('.notice .wait').waitFor({ state: 'detached' });
    is(await page.evaluate(() => document.activeElement.innerText), '开管',
       'who waited goes on where they were');
}

async function sampler(page, all) {
    await logIn(page, 'ann', all.secret);
    await shows(page.getByText('没有未封的管。'), 'no tube yet');
    await waits(page, all);
    await look(page, 'sampling-open');
    await page.locator('#barcode').fill('XB1-');
    await page.locator('#place').fill('莲湖区一号点');
    await press(page, '开管');
    await shows(page.locator('#barcode[aria-invalid]'), 'a wrong barcode');
    await opens(page, TUBE, 5);
    await scans(page, 'own:one');
    await said(page, '第1位，共5位：张*');
    is(await page.locator('#code').inputValue(), '', 'the code is gone');
    await scans(page, 'kin:two');
    await said(page, '第2位，共5位：张*');
    await scans(page, 'kin:two');
    await told(page, '已在本管第2位');
    await scans(page, 'expired');
    await told(page, '二维码已过期');
    await look(page, 'sampling-tube');
    await asksFirst(page);
    await press(page, '移出');
    await look(page, 'sampling-asks');
    await press(page, '确认移出');
    await said(page, '第2位已移出。');
    await scans(page, 'own:three');
    await said(page, '第2位，共5位：张*');
    await page.reload();
    await shows(page.getByText('2/5人'), 'after a reload it is still there');
    await page.getByRole('button', { name: TUBE }).click();
    await shows(page.locator('#code'), 'and goes on');
    await press(page, '封管');
    await shows(page.getByText(`确认封管${TUBE}，共2人`), 'is it to be sealed?');
    await press(page, '确认封管');
    await said(page, `${TUBE} 已封管，共2人。`);

    await opens(page, OTHER, 1);
    await scans(page, 'own:four');
    await said(page, '已坐满，自动封管。');
    await page.locator('#barcode').fill(OTHER);
    await press(page, '开管');
    await told(page, '这个条码已经用过');
    await page.getByRole('button', { name: 'English' }).click();
    await shows(page.getByText('Open a tube'), 'in English, too');
    await page.getByRole('button', { name: '中文' }).click();
    await press(page, '退出登录');
}

/* In a tent, with a phone: one after the other, and no keyboard that comes up
   in between. */
async function byCamera(all) {
    const context = await seeing(await all.context({ width: 360 }));
    const page = await all.open('/web/sampling.html', { context });

    await logIn(page, 'cam', all.secret);
    await opens(page, CAMERA_TUBE, 5);
    await allow(page, false);
    await press(page, '用摄像头扫');
    await told(page, '无法使用摄像头');
    await allow(page, true);
    await press(page, '用摄像头扫');
    for (const [i, who] of ['five', 'six', 'seven'].entries()) {
        await show(page, `own:${who}`);
        await said(page, `第${i + 1}位，共5位：张*`);
    }
    check(await page.evaluate(() => document.activeElement.id !== 'code'),
          'a phone’s keyboard stays away');
    await show(page, 'expired');
    await told(page, '二维码已过期');
    await show(page, 'own:eight');
    await said(page, '第4位，共5位：张*');
    is(await page.locator('.notice:visible').count(), 0,
       'what was wrong before is not said any more');
    await look(page, 'sampling-camera');
    check(await page.getByRole('button', { name: '移出' }).first()
        .evaluate((each) => each.getBoundingClientRect().right
            <= document.documentElement.clientWidth),
          'a phone shows what takes somebody out');
    await page.getByRole('button', { name: '关闭摄像头' }).click();
    await context.close();
}

async function sends(page, barcode, result) {
    await page.locator('#one').fill(barcode);
    await page.locator('#result').selectOption(result);
    await press(page, '登记');
}

async function seeks(page, barcode) {
    await page.locator('#which').fill(barcode);
    await press(page, '查看');
    await shows(page.locator('.facts', { hasText: barcode }), 'a tube');
}

async function laboratory(page, { secret, file }) {
    await logIn(page, 'lab', secret);
    await shows(page.locator('#one'), 'the laboratory\'s desk');
    is(await page.locator('#result option').allInnerTexts(),
       ['—', '阴性', '阳性', '无效'], 'with results in one language');
    await sends(page, 'XB20260008', 'negative');
    await shows(page.getByText('没有这个管号'), 'an unknown tube');
    await sends(page, TUBE, 'positive');
    await shows(page.getByText('已登记，正在通知本管人员'), 'a result');
    await sends(page, TUBE, 'negative');
    await shows(page.getByText('与已登记的结果不同'), 'no other one');

    await press(page, '提交');
    await told(page, '请选择文件');
    await page.locator('#file').setInputFiles(file);
    await press(page, '提交');
    await said(page, '已登记1条，未登记2条。');
    await shows(page.getByText('第3行'), 'what was refused, by its line');

    await seeks(page, TUBE);
    await look(page, 'sampling-results');
    await page.locator('#next').selectOption('negative');
    await page.locator('#why').fill('复检');
    await press(page, '提出');
    await said(page, '已提出，请由另一人确认。');
    await shows(page.getByText('须由另一人确认。'), 'not by oneself');
    await press(page, '退出登录');
}

async function another(page, { secret }) {
    await logIn(page, 'lab2', secret);
    await seeks(page, TUBE);
    await shows(page.getByText('复检'), 'the reason');
    await press(page, '确认更正');
    await said(page, '已更正，正在通知本管人员。');
    await shows(page.locator('.facts', { hasText: '阴性' }), 'it is so now');
    await press(page, '退出登录');
}

browser(async (all) => {
    const page = await all.open('/web/sampling.html');

    await sampler(page, all);
    await byCamera(all);
    await laboratory(page, all);
    await another(page, all);
    await logIn(page, 'rob', all.secret);
    await shows(page.getByText('既不是采样员'), 'and nothing for others');
    await page.context().close();
});
