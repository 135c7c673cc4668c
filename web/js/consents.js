/*
 * consents.js - 我的同意: what the citizen has consented to, and how to end it,
 * which is to be as easy as to give it.
 */

import { consentText, textOf } from './consent.js';
import { h, say, timeOf } from './dom.js';
import { facts } from './facts.js';
import { notice, onSubmit } from './form.js';

const STATUS = {
    active: () => say('有效', 'It holds'),
    outdated: () => say('同意书已更新，办理时会请您重新同意',
        'The text has changed: you are asked again when it is needed'),
    withdrawn: () => say('已撤回', 'Withdrawn'),
    replaced: () => say('已被新的同意取代', 'Replaced by a newer one'),
    retention_over: () => say('保存期限已满', 'Its time is over'),
};

const HOLDS = new Set(['active', 'outdated']);

/* Who gave it, if that was somebody else. */
function giver({ given_by: by }) {
    return by && [by.name, ' ', say('（代为同意）', '(on your behalf)')];
}

/* What became of the data, once it ended. */
function erased(each) {
    return each.ended_at && (each.erased_at ? timeOf(each.erased_at)
        : say('正在删除', 'under way'));
}

function state(each) {
    return facts([say('状态', 'State'), STATUS[each.status]?.() || each.status],
        [say('同意时间', 'Given'), timeOf(each.given_at)],
        [say('同意人', 'By'), giver(each)],
        [say('保存至', 'Kept until'), HOLDS.has(each.status)
            && timeOf(each.retention_until)],
        [say('结束时间', 'Ended'), each.ended_at && timeOf(each.ended_at)],
        [say('信息删除', 'Data erased'), erased(each)]);
}

/* 撤回: what follows is said before. */
function withdrawal({ civic, again }, each) {
    const form = h('form', {}, notice(),
        h('p', {}, say('撤回后立即停止处理，并删除依此保存的信息。需要此项同意的业务不能再办理，重新同意后可以继续。',
            'Nothing more is done by it at once, and what was kept by it is '
            + 'erased. What needs this consent cannot be done then, until you '
            + 'consent again.')),
        h('button', { type: 'submit' }, say('确认撤回', 'Withdraw it')));

    onSubmit(form, async () => {
        await civic.delete(
            `/civic/consents/${encodeURIComponent(each.purpose)}`);
        await again();
    });
    return h('details', {}, h('summary', {}, say('撤回同意',
        'Withdraw the consent')), form);
}

/* The text as it is now; what was agreed to may be an older one. */
function whole(text) {
    return h('details', {}, h('summary', {}, say('查看同意书', 'The text')),
        consentText(text, true));
}

function consent(options, text, each) {
    return h('section', { class: 'order' },
        h('h3', {}, text?.title || each.purpose), state(each),
        HOLDS.has(each.status) ? [text ? whole(text) : '',
                                  withdrawal(options, each)] : '');
}

/** 我的同意. */
export async function consentsView({ civic, root, signal }) {
    const { consents } = await civic.get('/civic/consents', { signal });
    const purposes = [...new Set(consents.map(({ purpose }) => purpose))];
    // one that is not asked for any more has no text
    const texts = new Map(await Promise.all(purposes.map(async (purpose) =>
        [purpose, await textOf(civic, purpose).catch(() => null)])));
    const again = async () => {
        await consentsView({ civic, root, signal });
        root.querySelector('h2').focus();
    };
    const part = (list) => list.map((each) =>
        consent({ civic, again }, texts.get(each.purpose), each));
    const ended = consents.filter(({ status }) => !HOLDS.has(status));

    signal.throwIfAborted();
    root.replaceChildren(h('h2', { tabindex: '-1' },
        say('我的同意', 'My consents')),
        ...consents.length === 0 ? [h('p', {}, say('您还没有作出过同意。',
            'You have consented to nothing yet.'))] : [],
        ...part(consents.filter(({ status }) => HOLDS.has(status))),
        ended.length > 0 ? h('details', {},
            h('summary', {}, say('已结束的同意', 'Those that have ended')),
            part(ended)) : '');
}
