/*
 * messages.js - 我的消息: what the services have told the citizen, the newest
 * first. What was shown is read.
 */

import { h, say, timeOf } from './dom.js';
import { notice, onSubmit } from './form.js';

function message(each) {
    return h('li', {}, h('strong', {}, each.title), ' ',
        each.read ? '' : h('b', { class: 'new' }, say('新', 'new')),
        h('br'), h('span', { class: 'hint' }, timeOf(each.sent_at)),
        h('span', { class: 'advice' }, each.text));
}

function older({ civic, signal }, list, next) {
    const form = h('form', { hidden: !next }, notice(),
        h('button', { type: 'submit', class: 'plain' },
            say('更早的消息', 'Older ones')));
    let before = next;

    onSubmit(form, async () => {
        const page = await civic.get(
            `/civic/messages?before=${encodeURIComponent(before)}`,
            { signal });

        list.append(...page.messages.map(message));
        before = page.next;
        form.hidden = !before;
    });
    return form;
}

/** 我的消息. */
export async function messagesView(options) {
    const { civic, root, signal } = options;
    const { messages, next } = await civic.get('/civic/messages', { signal });
    const list = h('ul', { class: 'messages' }, messages.map(message));

    root.replaceChildren(h('h2', {}, say('我的消息', 'My messages')),
        messages.length === 0 ? h('p', {}, say('还没有消息。',
            'There is no message yet.')) : list,
        older(options, list, next));
    if (messages.some(({ read }) => !read)) {
        await civic.put('/civic/messages/read',
                        { newest: messages[0].message_id }, { signal });
    }
}
