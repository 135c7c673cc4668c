/*
 * staff.js - staff log in: name, password, and a code of their authenticator.
 * Whoever still has the password they were given, or no authenticator, sets
 * both first; the server lets them do nothing else.
 */

import { h, say } from './dom.js';
import { notice, onSubmit, show } from './form.js';
import { citizenHere } from './session.js';

function field(name, label, options) {
    return [h('label', { for: name }, label),
            h('input', { id: name, name, type: 'text', ...options })];
}

const CODE = { inputmode: 'numeric', autocomplete: 'one-time-code',
               maxlength: 16 };

function put(root, title, ...children) {
    const form = h('form', {}, notice(), ...children);

    root.replaceChildren(h('h2', {}, title), form);
    root.hidden = false;
    form.elements[0]?.focus();
    return form;
}

/* Resolves with the session that was begun. */
function logIn(civic, root, problem) {
    return new Promise((resolve) => {
        const form = put(root, say('工作人员登录', 'Staff login'),
            field('name', say('账号', 'Name'),
                  { autocomplete: 'username', spellcheck: 'false',
                    autocapitalize: 'none', maxlength: 64 }),
            field('password', say('密码', 'Password'),
                  { type: 'password', autocomplete: 'current-password',
                    maxlength: 128 }),
            field('totp', say('动态口令', 'Code of your authenticator'), CODE),
            h('p', { class: 'hint' }, say('身份验证器显示的6位数字；尚未设置时不填。',
                '6 digits; leave it empty if you have set none yet.')),
            h('button', { type: 'submit' }, say('登录', 'Log in')));

        onSubmit(form, async (values) => {
            resolve(await civic.post('/staff/sessions', values));
        }, () => {
            // a code works once
            form.elements.totp.value = '';
        });
        if (problem) {
            show(form, problem);
        }
    });
}

/* Resolves when the password is their own. */
function setPassword(civic, root) {
    return new Promise((resolve) => {
        const form = put(root, say('设置您自己的密码', 'A password of your own'),
            h('p', {}, say('现在的密码是别人给您的，须先更换。',
                'You were given the one you have: change it first.')),
            field('old_password', say('原密码', 'The one you were given'),
                  { type: 'password', autocomplete: 'current-password',
                    maxlength: 128 }),
            field('new_password', say('新密码', 'New password'),
                  { type: 'password', autocomplete: 'new-password',
                    maxlength: 128 }),
            h('button', { type: 'submit' }, say('保存', 'Save')));

        onSubmit(form, async (values) => {
            await civic.put('/staff/password', values);
            resolve();
        });
    });
}

/* The secret is shown once, to be typed into the authenticator. */
function secretOf(civic, root) {
    return new Promise((resolve) => {
        const form = put(root, say('设置动态口令', 'An authenticator'),
            field('password', say('密码', 'Password'),
                  { type: 'password', autocomplete: 'current-password',
                    maxlength: 128 }),
            h('button', { type: 'submit' }, say('取得密钥', 'Get a secret')));

        onSubmit(form, async (values) => {
            resolve(await civic.post('/staff/totp', values));
        });
    });
}

function setTotp(civic, root, { secret, uri }) {
    return new Promise((resolve) => {
        const form = put(root, say('设置动态口令', 'An authenticator'),
            h('p', {}, say('在手机的身份验证器中手工输入密钥：',
                'Type this secret into your authenticator: ')),
            h('p', {}, h('code', { class: 'secret' },
                secret.replace(/(.{4})(?=.)/g, '$1 '))),
            h('p', {}, h('a', { href: uri, class: 'same-phone' },
                say('在本机的身份验证器中打开', 'Open it on this device'))),
            field('totp', say('身份验证器显示的6位数字', 'The 6 digits it shows'),
                  CODE),
            h('button', { type: 'submit' }, say('确认', 'Confirm')));

        onSubmit(form, async (values) => {
            await civic.put('/staff/totp', values);
            resolve();
        });
    });
}

/* null: nobody is logged in; a citizen logs out first. */
async function session(civic, root) {
    try {
        return await civic.get('/staff/session');
    } catch (problem) {
        if (![401, 403, 404].includes(problem.status)) {
            throw problem;
        }
        if (problem.status === 403) {
            await citizenHere(root);
        }
        return null;
    }
}

/**
 * Resolves with the session of somebody who may work: { name, roles }.
 * @param {object} options
 * @param {import('./api.js').Civic} options.civic
 * @param {Element} options.root
 * @param {import('./api.js').Problem} [options.problem]  why they are out
 */
export async function staffSession({ civic, root, problem }) {
    for (let found = await session(civic, root), why = problem; ;
         found = await session(civic, root), why = null)
    {
        if (!found) {
            await logIn(civic, root, why);
        } else if (found.must_set_password) {
            await setPassword(civic, root);
        } else if (found.must_set_totp) {
            await setTotp(civic, root, await secretOf(civic, root));
        } else {
            root.hidden = true;
            root.replaceChildren();
            return found;
        }
    }
}
