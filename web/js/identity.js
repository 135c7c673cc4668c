/*
 * identity.js - the step in which somebody says who they are: name and
 * number, which the face then proves.
 */

import { h, options, put, say } from './dom.js';
import { onSubmit } from './form.js';

const KINDS = [
    ['', '居民身份证、港澳台居民居住证、外国人永久居留身份证（18位号码）',
     'A card with 18 digits'],
    ['foreign_pr_old', '旧版外国人永久居留证（3位字母和12位数字）',
     'An older foreign permanent resident’s card'],
];

/** The options of the kind of document. */
export const kinds = () => options(KINDS);

/** Resolves once the claim is taken. */
export function identityStep({ civic, root }) {
    return new Promise((resolve) => {
        const form = h('form', {},
            h('p', { class: 'notice', role: 'alert', hidden: true }),
            h('label', { for: 'name' }, say('姓名', 'Name')),
            h('input', { id: 'name', name: 'name', type: 'text',
                         autocomplete: 'name', maxlength: 128 }),
            h('p', { class: 'hint' }, say('与证件上的姓名完全一致；间隔号“·”可以输入“.”',
                'Exactly as on your document; “.” will do for its “·”')),
            h('label', { for: 'id_number' }, say('身份证号',
                                                 'Identity number')),
            h('input', { id: 'id_number', name: 'id_number', type: 'text',
                         autocomplete: 'off', autocapitalize: 'characters',
                         spellcheck: 'false', maxlength: 64 }),
            h('label', { for: 'id_kind' }, say('证件类型',
                                               'Kind of document')),
            h('select', { id: 'id_kind', name: 'id_kind' },
                kinds()),
            h('button', { type: 'submit' }, say('下一步', 'Continue')));

        put(root, form);
        onSubmit(form, async (values) => {
            await civic.put('/login/identity', values);
            resolve();
        });
    });
}
