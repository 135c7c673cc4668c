/*
 * sheets.js - 下载离线码: a sheet for one person or for the family, to print
 * (PDF) or to keep in the album of a phone (PNG).
 */

import { newKey } from './api.js';
import { h, plural, say, timeOf } from './dom.js';
import { notice, onSubmit } from './form.js';

const OWN = 'own';

/* What to do where a phone does not save. */
function album() {
    return h('details', {},
        h('summary', {}, say('不能保存到相册怎么办', 'If it cannot be saved')),
        h('ul', {},
            h('li', {}, say('当提示您“保存图片或视频到您的相册”，请点击“允许”。',
                'When the phone asks whether pictures may be saved to the '
                + 'album, press 允许 (allow).')),
            h('li', {}, say('点了“不允许”的：打开手机“设置”，找到支付宝或浏览器，进入“照片”（或“存储”）权限，选择“允许”，再回到本页保存。',
                'If you refused: open the settings of the phone, find Alipay '
                + 'or the browser, allow photos (or storage), and save again.')),
            h('li', {}, say('仍不能保存的：长按下面的图片，选择“保存图片”；或者截屏。离线码在有效期内可以使用截图。',
                'If that fails: press long on the picture below and save it, '
                + 'or take a screenshot; a printed code holds as a picture '
                + 'too.')),
            h('li', {}, say('也可以打印出来交给家人。', 'Or print it.'))));
}

/* The sheet that was made. */
function made(civic, sheet) {
    const path = `${civic.base}/kinship/sheets/`
        + encodeURIComponent(sheet.sheet_id);
    const image = h('img', { class: 'sheet', src: `${path}/png`,
        alt: '离线码 · Printed code', onerror: () => image.remove() });

    return [
        h('h3', { tabindex: '-1' }, say('离线码已生成', 'The codes are ready')),
        h('p', { class: 'times' }, say('生成：', 'Made: '),
            h('strong', {}, timeOf(sheet.issued_at)), h('br'),
            say('有效期至：', 'Good until: '),
            h('strong', {}, timeOf(sheet.expires_at))),
        h('p', {}, h('a', { class: 'button', href: `${path}/png`,
                            download: '离线码.png' },
            say('保存至相册', 'Save the picture')),
          h('a', { class: 'button plain', href: `${path}/pdf`,
                   target: '_blank', rel: 'noopener' },
            say('打印（PDF）', 'Print it (PDF)'))),
        sheet.codes.filter((code) => !code.issued).map((code) =>
            h('p', { class: 'notice', role: 'note' }, code.name, ' ',
                say('未生成：已解绑或健康码已停用。',
                    'is left out: the binding or the code has ended.'))),
        album(), image,
        h('p', { class: 'hint' }, say('离线码不显示颜色，由核验人员扫码查看；请妥善保管，遗失的请重新下载，原来的随即失效。',
            'Printed codes show no colour: whoever scans them sees it. If one '
            + 'is lost, make another: the old one is void then.')),
    ];
}

/* Whom to print: the own code and relatives'. */
function choices(codes, chosen) {
    const one = (value, name) => h('label', { class: 'tick' },
        h('input', { type: 'checkbox', name: 'who', value,
                     checked: value === chosen, autocomplete: 'off' }), name);

    return h('fieldset', {},
        h('legend', {}, say('为谁下载', 'For whom')),
        codes.map((code) => one(code.binding_id || OWN,
                                [code.name, code.title].filter(Boolean)
                                    .join(' · '))));
}

/* Days where they are whole ones. */
function lasting(seconds) {
    const days = seconds / 86400;
    const hours = Math.floor(seconds / 3600);

    return Number.isInteger(days) ? say(`${days}天`, plural(days, 'day'))
        : say(`${hours}小时`, plural(hours, 'hour'));
}

/**
 * The view.
 * @param {object} options
 * @param {import('./api.js').Civic} options.civic
 * @param {Element} options.root
 * @param {object[]} options.codes  of GET /kinship/codes, with a title
 * @param {Record<string, number>} options.terms  of GET /kinship/relations
 * @param {string} [options.chosen] the binding that is ticked already
 * @param {AbortSignal} options.signal
 */
export function sheetView({ civic, root, codes, terms, chosen, signal }) {
    const place = h('div');
    let key = newKey();
    const boxes = () => [...form.querySelectorAll('[name=who]')];
    const form = h('form', {}, notice(),
        h('p', {}, say('离线码可打印出来交给家人随身携带，或保存至手机相册。自生成之日起，',
            'A printed code is for who has no phone. From when it was made it '
            + 'holds for '), lasting(terms.paper_valid), say('内有效。', '.')),
        choices(codes, chosen || OWN),
        h('p', {}, h('button', { type: 'button', class: 'plain',
            onclick: () => boxes().forEach((box) => { box.checked = true; }) },
            say('全家', 'All of the family'))),
        h('button', { type: 'submit' }, say('下载离线码', 'Make the codes')));

    root.replaceChildren(h('h2', { tabindex: '-1' },
        say('下载离线码', 'Codes to print')), form, place);
    onSubmit(form, async () => {
        const who = boxes().filter((box) => box.checked)
            .map((box) => box.value);
        const sheet = await civic.post('/kinship/sheets', {
            own: who.includes(OWN),
            bindings: who.filter((each) => each !== OWN) }, { key, signal });

        key = newKey();
        place.replaceChildren(...made(civic, sheet).flat());
        place.querySelector('h3').focus();
    }, (failure) => {
        if (!failure.isUnknown) {
            key = newKey();
        }
    });
}
