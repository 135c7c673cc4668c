/*
 * password.js - the step in which a password is set.
 */

import { Problem } from './api.js';
import { h, language, say } from './dom.js';
import { onSubmit } from './form.js';

function field(name, words, autocomplete) {
    return [
        h('label', { for: name }, words),
        h('input', { id: name, name, type: 'password', autocomplete,
                     maxlength: 128 }),
    ];
}

/* All that is empty at once; what is written wrongly the server says. */
function empty(values) {
    const detail = language() === 'en' ? 'This must not be empty.'
                                       : '此项不能为空。请填写后再提交。';
    const errors = ['new_password', 'again']
        .filter((name) => values[name] === undefined)
        .map((name) => ({ pointer: `/${name}`, code: 'required', detail }));

    return errors.length === 0 ? null : new Problem({ code: 'invalid_fields',
        errors, detail: language() === 'en' ? 'Type the new password twice.'
                                            : '请把新密码输入两次。' });
}

function differs() {
    const detail = language() === 'en' ? 'The two are not the same.'
                                       : '两次输入的密码不一致。';

    return new Problem({ code: 'invalid_fields', detail, errors: [
        { pointer: '/again', code: 'differs', detail }] });
}

/** Resolves once the password is set. */
export function passwordStep({ civic, root, step }) {
    return new Promise((resolve) => {
        const form = h('form', {},
            h('p', { class: 'notice', role: 'alert', hidden: true }),
            field('new_password', say('新密码', 'New password'),
                  'new-password'),
            h('p', {}, step?.text || say('该密码用于登录注册系统。请考生牢记并妥善保管，防止信息被他人篡改',
                'You log in with it. Remember it and keep it safe, so that '
                + 'nobody changes what you entered.')),
            field('again', say('再输入一次', 'The same again'),
                  'new-password'),
            h('button', { type: 'submit' }, say('保存密码',
                                                'Set the password')));

        root.replaceChildren(form);
        onSubmit(form, async (values) => {
            const missing = empty(values);

            if (missing) {
                throw missing;
            }
            if (values.new_password !== values.again) {
                throw differs();
            }
            civic.adopt(await civic.put('/login/password', {
                new_password: values.new_password }));
            resolve();
        });
    });
}
