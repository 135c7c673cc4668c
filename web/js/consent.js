/*
 * consent.js - a consent as the law wants it: the whole text, each kind of
 * sensitive data ticked by itself and never beforehand, a button, and what
 * somebody can do who does not want it.
 */

import { newKey, Problem } from './api.js';
import { h, language, put, say } from './dom.js';
import { onSubmit, show } from './form.js';

const FLAGS = {
    face: say('我同意处理我的人脸信息（敏感个人信息）',
        'I consent to the use of my face (sensitive personal information)'),
    health: say('我同意处理我的医疗健康信息（敏感个人信息）',
        'I consent to the use of health data (sensitive personal '
        + 'information)'),
    minor: say('我同意处理不满十四周岁未成年人的信息（敏感个人信息）',
        'I consent to the use of data of a child under 14 (sensitive '
        + 'personal information)'),
    finance: say('我同意处理我的金融账户信息（敏感个人信息）',
        'I consent to the use of my bank account (sensitive personal '
        + 'information)'),
    location: say('我同意处理我的行踪轨迹（敏感个人信息）',
        'I consent to the use of my whereabouts (sensitive personal '
        + 'information)'),
    identity: say('我同意处理我的特定身份信息（敏感个人信息）',
        'I consent to the use of particular identities (sensitive personal '
        + 'information)'),
    religion: say('我同意处理我的宗教信仰信息（敏感个人信息）',
        'I consent to the use of my beliefs (sensitive personal '
        + 'information)'),
};

/* The same of somebody else, for whom a guardian consents. */
const OF_RELATIVE = {
    health: say('我同意处理该亲属的医疗健康信息（敏感个人信息）',
        'I consent to the use of my relative’s health data (sensitive '
        + 'personal information)'),
};

const AGREE = say('我已阅读并同意以上内容', 'I have read this and agree');

/** The text of a purpose, in the page's language. */
export function textOf(civic, purpose) {
    return civic.get(`/civic/consents/texts/${encodeURIComponent(purpose)}`);
}

/** The whole of a text.  Its first line is its title, which is said once: here,
    or by what stands above it (titled). */
export function consentText({ title, text, language: of }, titled = false) {
    const rest = text.startsWith(`${title}\n`) ? text.slice(title.length + 1)
                                               : text;

    return h('div', { class: 'consent', tabindex: '0', role: 'group',
                      lang: of === 'en' ? 'en-GB' : 'zh-Hans' },
        titled ? null : h('h3', {}, title), rest);
}

/**
 * Its parts in a page: the text and the boxes.
 * @param {object} text
 * @param {object} [options]
 * @param {boolean} [options.relative]  it is about somebody else
 * @param {string} [options.agree]      the one box of a text without flags
 */
export function consentParts(text, { relative = false, agree = 'agree' } = {}) {
    const words = relative ? { ...FLAGS, ...OF_RELATIVE } : FLAGS;
    const names = text.flags.length > 0
        ? text.flags.map((flag) => [`flags.${flag}`, words[flag] || flag])
        : [[agree, AGREE]];

    return [
        consentText(text),
        ...names.map(([name, label]) => h('label', { class: 'tick' },
            h('input', { type: 'checkbox', name, autocomplete: 'off' }),
            label.cloneNode ? label.cloneNode(true) : label)),
        h('p', { class: 'hint' }, text.alternative),
    ];
}

/**
 * What was ticked, as the API takes it.
 * @throws {Problem} if the one box for everything is not ticked
 */
export function consentOf(text, values, channel) {
    const flags = {};

    for (const flag of text.flags) {
        flags[flag] = values[`flags.${flag}`] === true;
    }
    if (text.flags.length === 0 && values.agree !== true) {
        const detail = language() === 'en'
            ? 'Read the text, then tick the box.'
            : '请阅读后勾选。';

        throw new Problem({ code: 'invalid_fields', detail, errors: [
            { pointer: '/agree', code: 'required', detail }] });
    }
    return { version: text.version, language: text.language, flags,
             method: 'tick_and_button', channel };
}

/**
 * Another language is chosen while a form of the server's texts stands in the
 * page: it is read anew, for nobody agrees to what they cannot read.  What was
 * ticked stays.
 * @param {HTMLFormElement} form
 * @param {() => Promise<HTMLFormElement>} again  puts another in its place
 */
export function followLanguage(form, again) {
    document.addEventListener('language', async () => {
        if (!form.isConnected) {
            return;
        }

        const next = await again();

        for (const { name, checked } of form.elements) {
            if (checked && next.elements[name]) {
                next.elements[name].checked = true;
            }
        }
    }, { once: true });
}

/**
 * Shows a consent in an element; resolves once it is given.
 * @param {object} options
 * @param {import('./api.js').Civic} options.civic
 * @param {Element} options.root
 * @param {string} options.purpose
 * @param {string} options.channel
 * @param {Node} options.button  its words
 * @param {Element} [options.other]  the way of who does not want it
 */
export function askConsent({ civic, root, purpose, channel, button, other }) {
    return new Promise((resolve, reject) => {
        let key = newKey();

        const ask = async (problem) => {
            const text = await textOf(civic, purpose);
            const form = h('form', {},
                h('p', { class: 'notice', role: 'alert', hidden: true }),
                consentParts(text),
                h('button', { type: 'submit' }, button.cloneNode(true)));

            put(root, form, other);
            onSubmit(form, async (values) => {
                await civic.post('/civic/consents', {
                    purpose, digest: text.digest,
                    ...consentOf(text, values, channel),
                }, { key });
                resolve();
            }, (failure) => {
                if (!failure.isUnknown) {
                    key = newKey();
                }
                if (failure.code === 'consent_text_changed') {
                    ask(failure).catch(reject);
                }
            });
            followLanguage(form, ask);
            if (problem) {
                show(form, problem);
            }
            return form;
        };

        ask().catch(reject);
    });
}
