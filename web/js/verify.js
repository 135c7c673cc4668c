/*
 * verify.js - 离线码核验: a page that says without a network whether a printed
 * code is genuine.  Keys and list are fetched when there is a network, and
 * kept; a service worker keeps the page itself.  What is scanned is neither
 * sent nor kept.
 */

import { Problem } from './api.js';
import { byId, h, language, say, timeOf } from './dom.js';
import { civic, config, open } from './page.js';
import { judge, readKeys, readList } from './paper-code.js';
import { camera, pictures } from './scanner.js';

const KEPT = 'civic.verify';
const AGAIN = 600000;           // ms between two tries to fetch

const words = {
    ok: ['✓ 真实有效', '✓ Genuine'],
    revoked: ['✗ 已作废', '✗ Withdrawn'],
    expired: ['✗ 已过期', '✗ Expired'],
    early: ['✗ 签发时间在将来：请核对本机时间',
            '✗ Issued in the future: look at this device’s clock'],
    forged: ['✗ 伪造或被改动', '✗ Forged, or changed'],
    malformed: ['✗ 码不完整或被改动', '✗ Cut, or changed'],
    algorithm: ['✗ 不是本系统签发', '✗ Not issued by us'],
    other: ['✗ 不是离线码', '✗ No printed code of ours'],
    key_unknown: ['？ 没有对应的公钥：请联网更新后重试',
                  '? Its key is not known: fetch them anew, then try again'],
    list_missing: ['？ 没有作废名单：请联网更新',
                   '? No list on this device: fetch it'],
    list_old: ['？ 作废名单过旧，无法判断：请联网更新',
               '? The list is too old to tell: fetch it anew'],
    list_early: ['？ 名单的时间在将来：请核对本机时间',
                 '? The list is of the future: look at the clock'],
    list_forged: ['？ 作废名单被改动：请联网更新',
                  '? The list was changed: fetch it anew'],
    list_malformed: ['？ 作废名单不完整：请联网更新',
                     '? The list is cut: fetch it anew'],
    list_key_unknown: ['？ 没有名单的公钥：请联网更新',
                       '? The key of the list is not known: fetch them anew'],
    no_keys: ['？ 本机没有公钥：请联网更新',
              '? No keys on this device: fetch them'],
};

let kept = {};                  // { keys, list }, as they were answered
let keys = null;
let last = null;                // what was told
let tried = 0;
let watching = null;            // the camera

const now = () => Math.floor(Date.now() / 1000);


/* ---- what this device knows ---- */

function remember() {
    try {
        localStorage.setItem(KEPT, JSON.stringify(kept));
    } catch {
        // full, or none: it is fetched anew the next time
    }
}

async function recall() {
    try {
        kept = JSON.parse(localStorage.getItem(KEPT)) || {};
        keys = kept.keys ? await readKeys(kept.keys) : null;
    } catch {
        kept = {};
        keys = null;
    }
}

/* Whether a list that came says more than the one that is here.  A network
   that keeps the newer one from us, or changes it, has no say. */
async function isBetter(list) {
    const { made } = await readList(keys, list, now());

    return !kept.list || made >= kept.list.made_at;
}

/* What came is taken, whatever else did not. */
async function update() {
    tried = Date.now();

    const [gotKeys, gotList] = await Promise.allSettled([
        civic.get('/kinship/keys'), civic.get('/kinship/revocations')]);

    if (gotKeys.value) {
        keys = await readKeys(gotKeys.value);
        kept.keys = gotKeys.value;
        kept.at = now();
    }
    if (keys && gotList.value && await isBetter(gotList.value)) {
        kept.list = gotList.value;
    }
    remember();

    const missed = [gotKeys, gotList].find(({ reason }) => reason);

    if (missed) {
        throw missed.reason;
    }
}

function hours(seconds) {
    const n = Math.floor(seconds / 3600);

    return n < 1 ? say('不到1小时前', 'less than an hour ago')
        : n < 48 ? say(`${n}小时前`, `${n} h ago`)
            : say(`${Math.floor(n / 24)}天前`, `${Math.floor(n / 24)} d ago`);
}

async function showAge() {
    const line = byId('age');
    const list = keys ? await readList(keys, kept.list, now())
                      : { state: 'no_keys' };
    const age = now() - (list.made || 0);
    const fine = list.state === 'ok' && age <= keys.warn;

    line.classList.toggle('old', !fine);
    line.replaceChildren(
        ...keys && kept.at ? [say('公钥：', 'Keys fetched '),
                              hours(now() - kept.at), say('；', '; ')] : [],
        list.state === 'ok' || list.state === 'list_old'
            ? say('作废名单：', 'list made ') : say(...words[list.state]),
        list.made ? hours(age) : '',
        fine || list.state !== 'ok' ? '' : say('，请尽快更新',
                                               '; fetch it anew soon'));
    return list;
}

/* They are not to be had now, and what that means here. */
function tellMissed(problem) {
    const why = problem.isUnknown || !navigator.onLine
        ? say('网络不通，', 'There is no network: ')
        : say('系统暂时不可用，', 'The service is away: ');

    if (!keys) {
        tell(why, say('本机还没有公钥和作废名单，不能核验。请联网后点“联网更新”。',
            'nothing is on this device yet, so that no code can be verified. '
            + 'Fetch keys and list when it is back.'));
    } else if (!kept.list) {
        tell(why, say('本机还没有作废名单，不能判断健康码是否作废。请联网后点“联网更新”。',
            'no list is on this device, so that nobody can tell whether a '
            + 'code was withdrawn. Fetch it when it is back.'));
    } else {
        tell(why, say('用本机已有的公钥和作废名单核验，时间见下方。',
            'the keys and the list of this device are used; their age is '
            + 'said below.'));
    }
}

async function fetchAnew() {
    try {
        await update();
        byId('network').hidden = true;
    } catch (problem) {
        tellMissed(problem);
    }
    await showAge();
}


/* ---- the verdict ---- */

function facts(told) {
    const row = (zh, en, value) => value === undefined ? []
        : [h('dt', {}, say(zh, en)), h('dd', {}, value)];
    const kind = { own: say('一码通', 'own code'),
                   kin: say('亲属码', 'a relative’s code'),
                   ticket: say('准考证', 'admission ticket') }[told.kind];

    return h('dl', {},
        row('种类', 'Kind', kind), row('姓名', 'Name', told.name),
        row('准考证号', 'Ticket', told.number),
        row('有效期至', 'Valid until', told.expires
            && timeOf(told.expires * 1000)),
        row('签发时间', 'Issued', told.issued && timeOf(told.issued * 1000)),
        row('签发单位', 'By', told.issuer));
}

function show(told) {
    const box = byId('result');
    const state = told.verdict === 'ok' ? 'good'
        : /^(list_|key_unknown|no_keys)/.test(told.verdict) ? 'unsure'
            : 'bad';

    last = told;
    box.className = `verdict ${state}`;
    box.dataset.verdict = told.verdict;
    box.replaceChildren(h('h2', {}, say(...words[told.verdict])),
                        told.kind ? facts(told) : '');
    box.hidden = false;
    box.scrollIntoView({ block: 'nearest' });
}

async function verify(text) {
    const list = await showAge();

    show(keys ? await judge(keys, list, text, now())
              : { verdict: 'no_keys' });
    if (Date.now() - tried > AGAIN) {
        fetchAnew();
    }
}


/* ---- ways in ---- */

/* A hardware scanner types, and ends with Enter. */
function addTyping() {
    const field = byId('text');

    byId('scan').addEventListener('submit', async (event) => {
        const text = field.value;

        event.preventDefault();
        field.value = '';
        field.focus();
        if (text) {
            await verify(text);
        }
    });
    field.focus();
}

function tell(...text) {
    byId('network').replaceChildren(...text);
    byId('network').hidden = false;
}

async function addPicture() {
    byId('picture-field').hidden = !await pictures.possible();
    byId('picture').addEventListener('change', async (event) => {
        const [file] = event.target.files;
        const code = file ? await pictures.read(file) : '';

        if (code) {
            await verify(code);
        } else if (file) {
            tell(say('图片中没有二维码。',
                     'There is no code in this picture.'));
        }
        event.target.value = '';
    });
}

function addCamera() {
    byId('camera').hidden = !camera.possible;
    byId('camera').addEventListener('click', async () => {
        try {
            watching?.stop();
            watching = await camera.watch(byId('video'), verify);
        } catch (problem) {
            if (!(problem instanceof Problem)) {
                throw problem;
            }
            tell(problem.detail);
        }
    });
}

/* Whoever verifies waits for nothing that a network has to bring. */
async function start() {
    addTyping();
    addCamera();
    await recall();
    await showAge();
    byId('update').addEventListener('click', fetchAnew);
    addEventListener('online', fetchAnew);
    setInterval(showAge, 60000);
    document.addEventListener('language', () => last && show(last));
    await addPicture();
    // without a network the names are missing, and nothing else
    await open().catch(() => {});
    civic.base = config.api || '';
    fetchAnew();
    navigator.serviceWorker?.register('verify-worker.js',
                                      { scope: 'verify.html' })
        .catch(() => {});
}

document.documentElement.lang = language();
start();
