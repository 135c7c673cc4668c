// See verify.t.

const crypto = require('node:crypto');
const fs = require('node:fs');

const { becomes, browser, is, look, shows } = require('./lib');
const { seeing, show } = require('./camera');

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';

const head = (type, n) => Buffer.from(n < 24 ? [type << 5 | n]
    : n < 256 ? [type << 5 | 24, n]
        : n < 65536 ? [type << 5 | 25, n >> 8, n & 255]
            : [type << 5 | 26, n >>> 24, n >>> 16 & 255, n >>> 8 & 255,
               n & 255]);
const bytes = (b) => Buffer.concat([head(2, b.length), b]);
const words = (s) => Buffer.concat([head(3, Buffer.from(s).length),
                                    Buffer.from(s)]);

function base45(data) {
    let text = '';

    for (let i = 0; i < data.length; i += 2) {
        const part = data.subarray(i, i + 2);
        let value = part.length === 2 ? part[0] * 256 + part[1] : part[0];

        for (let k = 0; k <= part.length; k++) {
            text += ALPHABET[value % 45];
            value = Math.floor(value / 45);
        }
    }
    return text;
}

/* A code as the plugin issues it. */
function code(pem, id, issued, expires) {
    const key = crypto.createPrivateKey(fs.readFileSync(pem));
    const der = crypto.createPublicKey(key)
        .export({ type: 'spki', format: 'der' });
    const kid = crypto.createHash('sha256').update(der).digest()
        .subarray(0, 8);
    const header = Buffer.concat([head(5, 2), head(0, 1), head(1, 6),
                                  head(0, 4), bytes(kid)]);
    const claims = Buffer.concat([head(5, 6), head(0, 1),
        words('city.example'), head(0, 4), head(0, expires), head(0, 6),
        head(0, issued), head(0, 7), bytes(Buffer.from(id, 'hex')),
        head(1, 65552), words('kin'), head(1, 65553), words('王*英')]);
    const signature = crypto.sign('sha256', Buffer.concat([head(4, 4),
        words('Signature1'), bytes(header), bytes(Buffer.alloc(0)),
        bytes(claims)]), { key, dsaEncoding: 'ieee-p1363' });

    return `CIVIC1:${base45(Buffer.concat([head(6, 18), head(4, 4),
        bytes(header), head(5, 0), bytes(claims), bytes(signature)]))}`;
}

async function told(page, text, verdict, name) {
    await page.locator('#text').fill(text);
    await page.keyboard.press('Enter');
    await shows(page.locator(`#result[data-verdict="${verdict}"]`), name);
}

async function camera(open, page, good, forged) {
    const allowed = (of) => of.evaluate(() =>
        document.featurePolicy.allowsFeature('camera'));
    const context = await seeing(await page.context().browser().newContext(
        { locale: 'zh-CN', viewport: { width: 360, height: 740 } }));
    const scanning = await open('/web/verify.html', { context });
    const find = (code) => show(scanning, code);
    const picture = { name: 'a.png', mimeType: 'image/png', buffer:
        Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4'
            + 'nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==', 'base64') };

    is(await allowed(scanning), true, 'the page may use the camera');
    await scanning.getByRole('button', { name: '用摄像头扫描' }).click();
    await find(good);
    await shows(scanning.locator('#result[data-verdict="ok"]'),
                'what the camera sees is verified');
    await becomes(() => scanning.locator('#result h2').evaluate((each) =>
        each.getBoundingClientRect().bottom <= innerHeight), true,
    'in large words that a phone shows at once');
    await find(forged);
    await shows(scanning.locator('#result[data-verdict="forged"]'),
                'and the next one');
    await scanning.getByRole('button', { name: '关闭摄像头' }).click();
    is(await scanning.locator('video').count(), 0, 'the camera is off');
    await find('');
    await scanning.locator('#picture').setInputFiles(picture);
    await shows(scanning.getByText('图片中没有二维码'),
                'a picture without a code');
    await find(good);
    await scanning.locator('#picture').setInputFiles(picture);
    await shows(scanning.locator('#result[data-verdict="ok"]'),
                'a picture with one');
    is(await allowed(await open('/web/', { context })), false,
       'another page may use no camera');
    await context.close();
}

/* In the language of the page, across its parts. */
const says = (page, place, words, name) => becomes(async () =>
    (await page.locator(place).innerText()).includes(words), true, name);

/* Redis, or what stands before it, is away. */
async function storeAway(open, page, good) {
    const away = (route) => route.fulfill({ status: 503,
        contentType: 'application/problem+json', body: JSON.stringify({
            code: 'overloaded', status: 503, detail: '系统繁忙。' }) });
    const first = await page.context().browser().newContext(
        { locale: 'zh-CN', serviceWorkers: 'block' });
    const empty = await open(undefined, { context: first });

    await page.route('**/kinship/*', away);
    await page.reload();
    await told(page, good, 'ok', 'while the service is away, by what is here');
    await says(page, '#network',
               '系统暂时不可用，用本机已有的公钥和作废名单核验', 'which is said');
    await says(page, '#age', '公钥：不到1小时前；作废名单：不到1小时前',
               'with the age of both');

    // a list that somebody has changed on its way takes nothing away
    await page.unroute('**/kinship/*');
    await page.route('**/kinship/revocations', async (route) => {
        const answer = await route.fetch();
        const list = await answer.json();

        await route.fulfill({ json: { ...list, made_at: list.made_at + 1 } });
    });
    await page.getByRole('button', { name: '联网更新' }).click();
    await page.locator('#network').waitFor({ state: 'hidden' });
    await told(page, good, 'ok', 'a list that was changed is not taken');
    await page.unroute('**/kinship/revocations');

    await first.route('**/kinship/*', away);
    await empty.goto(page.url());
    await told(empty, good, 'no_keys', 'who has nothing cannot tell');
    await shows(empty.getByText('本机还没有公钥和作废名单，不能核验'),
                'and is told what to do');
    await look(empty, 'verify-nothing');
    await first.unroute('**/kinship/*');
    await empty.getByRole('button', { name: '联网更新' }).click();
    await empty.locator('#network').waitFor({ state: 'hidden' });
    await told(empty, good, 'ok', 'once it is back');
    await first.close();
}

browser(async ({ open, signing, stranger, gone, vectors, expected }) => {
    const now = Math.floor(Date.now() / 1000);
    const [issued, expires] = [now - 60, now + 600];
    const good = code(signing, 'bb'.repeat(16), issued, expires);
    const page = await open('/web/verify.html');

    expected.push(/net::ERR_INTERNET_DISCONNECTED/, /Failed to fetch/,
                  /ERR_FAILED/, /kinship\/\w+: 503/);
    await shows(page.getByText('作废名单：'), 'how old the list is');
    await told(page, good, 'ok', 'with a network');
    await page.waitForFunction(() => navigator.serviceWorker.ready
        .then(() => caches.open('civic-verify-1'))
        .then((cache) => cache.keys()).then((all) => all.length > 8));

    await camera(open, page, good, `${good.slice(0, 120)}${
        good[120] === '0' ? '1' : '0'}${good.slice(121)}`);
    await storeAway(open, page, good);
    await page.context().setOffline(true);
    await page.reload();
    await shows(page.getByText('不到1小时前'),
                'without a network the page opens, and knows how old all is');
    await told(page, good, 'ok', 'a genuine one');
    await shows(page.getByText('王*英'), 'and whose it is, masked');
    await told(page, code(signing, gone, issued, expires), 'revoked',
               'one that was revoked');
    await told(page, code(signing, 'bb'.repeat(16), issued - 9, now - 1),
               'expired', 'one that is over');
    await told(page, code(stranger, 'bb'.repeat(16), issued, expires),
               'key_unknown', 'one of a key that nobody knows');
    await told(page, `${good.slice(0, 120)}${good[120] === '0' ? '1' : '0'}`
               + good.slice(121), 'forged', 'one that was changed');
    await told(page, good.toLowerCase(), 'other', 'one in lower case');
    await told(page, 'https://example.cn/', 'other', 'something else');
    await look(page, 'verify');
    await page.getByRole('button', { name: 'English' }).click();
    await shows(page.getByText('No printed code of ours'), 'in English');

    // a day and a bit later the list is warned of, after three it tells nothing
    const later = (s) => page.evaluate((by) => {
        const real = Date.now;

        Date.now = () => real() + by * 1000;
    }, s);
    const long = code(signing, 'bb'.repeat(16), issued, now + 700000);

    await later(90000);
    await told(page, long, 'ok', 'a day later it still counts');
    await shows(page.getByText('fetch it anew soon'),
                'and the list is warned of');
    await later(200000);
    await told(page, long, 'list_old', 'after three days it tells nothing');
    await told(page, code(signing, gone, issued, now + 700000), 'revoked',
               'but what it names is revoked');

    // the same verdicts as civicctl's, of the same file
    const file = JSON.parse(fs.readFileSync(vectors));
    const wrong = await page.evaluate(async (all) => {
        const of = await import('/web/js/paper-code.js');
        const keys = await of.readKeys(all.keys);
        const bad = [];

        for (const one of all.cases) {
            const list = await of.readList(keys, one.list
                                           && all.lists[one.list], one.at);
            const { verdict } = await of.judge(keys, list, one.text, one.at);

            if (verdict !== one.verdict) {
                bad.push(`${one.name}: ${verdict}`);
            }
        }
        return bad;
    }, file);

    is(wrong, [], 'and of all vectors');
    await page.context().close();
});
