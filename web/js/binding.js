/*
 * binding.js - 绑定亲属关系: name, number and relation of a relative, the
 * agreement, the relative's face or 亲属码信息认证承诺, and back.  What was asked
 * for can be taken back (撤回) at each step.
 *
 * What was typed is kept in this page and nowhere else, until it is bound:
 * after a reload it is typed again.  The server keeps what is asked for, for some minutes, so that
 * a lost answer loses nothing.
 */

import { newKey, Problem } from './api.js';
import { askConsent, consentParts, followLanguage, textOf } from './consent.js';
import { h, plural, say, timeOf } from './dom.js';
import { faceStep } from './face.js';
import { notice, onSubmit, show, values } from './form.js';
import { kinds } from './identity.js';

// What was asked for is over: it is typed again.
const OVER = new Set(['kinship_asked_over', 'kinship_own_code_first',
    'kinship_relatives_full', 'kinship_guardians_full',
    'kinship_bound_before', 'not_found']);

// One of the texts is another one by now, or is not agreed to.
const AGREE_AGAIN = new Set(['kinship_agree_first', 'consent_required',
    'kinship_agreement_changed', 'kinship_health_agreement',
    'consent_text_changed']);

const FACE_AGAIN = new Set(['kinship_face_needed',
    'kinship_face_not_passed']);

/* Back to what was typed, by the citizen's own wish. */
const CHANGED_MIND = 'changed_mind';

/* What was typed and is not bound yet: who goes back, or elsewhere in the page,
   finds it again. */
let begun = null;

/* The steps, one after the other; each resolves with what the next needs. */
class Binding {
    constructor({ civic, root, channel, network, signal, relations, terms }) {
        Object.assign(this, { civic, root, channel, network, signal,
                              relations, terms });
    }

    async run() {
        for (let problem = null; ;) {
            try {
                this.asked = await this.#ask(problem);

                const binding = await this.#open(this.asked);

                begun = null;
                return binding;
            } catch (failure) {
                this.signal.throwIfAborted();
                if (!(failure instanceof Problem)
                    || failure.status === 401)
                {
                    throw failure;
                }
                if (OVER.has(failure.code)) {
                    this.asked = null;
                }
                problem = failure;
            }
        }
    }

    /* Until it is bound, has failed, or was taken back: nothing of it goes on
       then. */
    #open(asked) {
        const end = new AbortController();
        const leave = () => end.abort();

        this.signal.addEventListener('abort', leave, { once: true });
        return new Promise((resolve, reject) => {
            this.back = reject;
            this.step = end.signal;
            this.#prove(asked).then(resolve, reject);
        }).finally(() => {
            this.signal.removeEventListener('abort', leave);
            leave();
        });
    }

    /* Agreed, proven, bound; again from where it has to begin anew. */
    async #prove(asked) {
        for (let problem = null; ;) {
            try {
                await this.#agree(asked, problem);
                return await this.#finish(asked);
            } catch (failure) {
                if (!AGREE_AGAIN.has(failure.code)) {
                    throw failure;
                }
                problem = await this.#consent(asked, failure);
            }
        }
    }

    /* Another consent than the two of the agreement, the user's own say, is
       asked for by itself.  What is left to be told. */
    async #consent(asked, failure) {
        const { purpose } = failure;

        if (!purpose || purpose === asked.agreement
            || purpose === asked.health_consent)
        {
            return failure;
        }

        const place = h('div');

        this.#put(say('先同意', 'A consent first'), place);
        await askConsent({ civic: this.civic, root: place, purpose,
            channel: this.channel, button: say('同意并继续', 'I agree: go on') });
        this.step.throwIfAborted();
        return null;
    }

    #put(title, ...children) {
        const head = h('h2', { tabindex: '-1' }, title);

        this.root.replaceChildren(head, ...children,
            ...this.asked ? [this.#withdrawal(this.asked)] : []);
        head.focus();
    }

    /* 撤回, below each step while a request is open. */
    #withdrawal(asked) {
        const form = h('form', { class: 'withdrawal' }, notice(),
            h('button', { type: 'submit', class: 'plain' },
                say('撤回本次申请', 'Withdraw this request')));

        onSubmit(form, async () => this.back(await this.#withdraw(asked)));
        return form;
    }

    /* ---- 确认绑定 ---- */

    #whom() {
        const { young_until: young, old_from: old, relatives } = this.terms;

        return say(`可为家中0-${young}岁未成年人及${old}岁以上老人申领，每个用户最多${relatives}位亲属。`,
            `For children up to ${young} and elders from ${old} on; `
            + `${plural(relatives, 'relative')} at most.`);
    }

    #form() {
        const typed = begun || {};
        const text = (name, value, more) => h('input', { id: name, name,
            type: 'text', autocomplete: 'off', value: value || null,
            ...more });

        return h('form', {}, notice(),
            h('p', { class: 'hint' }, this.#whom()),
            h('label', { for: 'name' }, say('亲属姓名', 'Relative’s name')),
            text('name', typed.name, { maxlength: 128 }),
            h('label', { for: 'id_number' }, say('亲属身份证号',
                                                 'Relative’s identity number')),
            text('id_number', typed.id_number, { spellcheck: 'false',
                autocapitalize: 'characters', maxlength: 64 }),
            h('label', { for: 'relation' }, say('绑定关系',
                'Your relative is your')),
            h('select', { id: 'relation', name: 'relation' },
                h('option', { value: '' }, '—'),
                this.relations.map(({ code, label }) => h('option', {
                    value: code, selected: code === typed.relation },
                    label))),
            h('details', {},
                h('summary', {}, say('其他证件', 'Another document')),
                h('label', { for: 'id_kind' }, say('证件类型',
                                                   'Kind of document')),
                h('select', { id: 'id_kind', name: 'id_kind' },
                    kinds())),
            h('button', { type: 'submit' }, say('确认绑定', 'Continue')));
    }

    /* What relations are called, in the language that was chosen. */
    async #speak() {
        ({ relations: this.relations } = await this.civic.get(
            '/kinship/relations', { signal: this.signal }));
    }

    #ask(problem) {
        return new Promise((resolve, reject) => {
            let key = newKey();
            const draw = () => {
                const form = this.#form();

                this.#put(say('绑定亲属关系', 'Bind a relative'), form);
                form.addEventListener('input', () => {
                    begun = values(form);
                });
                onSubmit(form, async (typed) => {
                    begun = typed;
                    resolve(await this.civic.post('/kinship/bindings', typed,
                        { key, signal: this.signal }));
                }, (failure) => {
                    if (!failure.isUnknown) {
                        key = newKey();
                    }
                });
                followLanguage(form, async () => {
                    await this.#speak();
                    return draw();
                });
                return form;
            };
            const form = draw();

            this.back = reject;
            if (problem && problem.code !== CHANGED_MIND) {
                show(form, problem);
            }
        });
    }

    /* ---- 同意协议并认证 ---- */

    #pledge(asked) {
        const { pledge_until: until } = this.terms;

        return asked.proof !== 'pledge' ? [] : [
            h('h3', {}, say('亲属码信息认证承诺', 'Pledge')),
            h('p', { class: 'consent pledge' }, asked.pledge || say(
                `本人承诺：所填亲属的姓名和身份证号真实，确为本人监护的0-${until}岁儿童；如有瞒报、谎报信息或恶意绑定他人等，依法承担法律责任。`,
                'I pledge that name and identity number are true and belong '
                + `to a child of 0 to ${until} in my care; I answer by law for `
                + 'what is concealed, misstated, or bound with ill intent.')),
            h('label', { class: 'tick' },
                h('input', { type: 'checkbox', name: 'pledged',
                             autocomplete: 'off' }),
                say('我已阅读并作出以上承诺', 'I have read this and pledge it')),
            h('p', { class: 'hint' }, say(`0-${until}岁的小朋友不需要进行人脸识别认证。凭承诺绑定的，经人脸或窗口核实的监护人优先。`,
                `No face is checked of a child of 0 to ${until}. A guardian `
                + 'whose relative was proven comes before one with a '
                + 'pledge.')),
        ];
    }

    async #texts(asked) {
        const [agreement, health] = await Promise.all([
            textOf(this.civic, asked.agreement),
            textOf(this.civic, asked.health_consent)]);

        return { agreement, health };
    }

    #agreement(asked, { agreement, health }, back) {
        return h('form', {}, notice(),
            h('p', {}, say('亲属：', 'Your relative: '), asked.name,
                ' · ', this.#relation(asked)),
            consentParts(agreement, { relative: true, agree: 'agreed' }),
            consentParts(health, { relative: true,
                                   agree: 'agreed_health' }),
            this.#pledge(asked),
            h('p', { class: 'hint' }, say('请在此前完成：',
                'Please finish by '), timeOf(asked.expires_at)),
            h('button', { type: 'submit' },
                say('同意协议并认证', 'I agree: go on')),
            h('button', { type: 'button', class: 'plain', onclick: back },
                say('返回修改', 'Back')));
    }

    #agree(asked, problem) {
        return new Promise((resolve, reject) => {
            const draw = async (failed) => {
                const texts = await this.#texts(asked);
                const form = this.#agreement(asked, texts, () =>
                    reject(new Problem({ code: CHANGED_MIND })));

                this.step.throwIfAborted();
                this.#put(say('同意协议并认证', 'Agreement'), form);
                onSubmit(form, async (ticks) => {
                    await this.#sendAgreement(asked, texts, ticks);
                    resolve();
                }, (failure) => this.#afterAgreement(failure, reject));
                followLanguage(form, async () => {
                    await this.#speak();
                    return draw();
                });
                if (failed) {
                    show(form, failed);
                }
                return form;
            };

            draw(problem).catch(reject);
        });
    }

    /* Nothing of it is kept, neither here nor there.  What was over already is
       what was wanted. */
    async #withdraw(asked) {
        try {
            await this.civic.delete(
                `/kinship/bindings/${asked.binding_id}/request`,
                { signal: this.signal });
        } catch (failure) {
            if (failure.code === 'kinship_bound_before') {
                return failure;
            }
            if (failure.code !== 'kinship_asked_over') {
                throw failure;
            }
        }
        begun = null;
        this.asked = null;
        return new Problem({ code: CHANGED_MIND });
    }

    #sendAgreement(asked, { agreement, health }, ticks) {
        const flags = Object.fromEntries(health.flags.map((flag) =>
            [flag, ticks[`flags.${flag}`] === true]));

        return this.civic.post(
            `/kinship/bindings/${asked.binding_id}/agree`, {
                version: agreement.version, agreed: ticks.agreed === true,
                health_version: health.version, flags,
                ...asked.proof === 'pledge'
                    ? { pledged: ticks.pledged === true } : {},
            }, { signal: this.step });
    }

    /* What is wrong here stays here. */
    #afterAgreement(failure, reject) {
        if (OVER.has(failure.code) || AGREE_AGAIN.has(failure.code)) {
            reject(failure);
        }
    }

    #relation({ relation }) {
        return this.relations.find(({ code }) => code === relation)?.label
            || relation;
    }

    /* ---- the face, and the end ---- */

    async #finish(asked) {
        for (let attempt = asked.attempt; ;) {
            if (asked.proof === 'face' && !attempt) {
                attempt = await this.#face();
            }
            try {
                // so that a lost answer does not ask for the face again
                asked.attempt = attempt;
                return await this.#bind(asked, attempt);
            } catch (failure) {
                if (!FACE_AGAIN.has(failure.code)) {
                    throw failure;
                }
                attempt = null;
            }
        }
    }

    #face() {
        const place = h('div');
        const { name, id_number, id_kind } = begun;

        this.#put(say('亲属人脸识别认证', 'Your relative’s face'), place);
        return faceStep({ civic: this.civic, root: place, purpose: 'kinship',
            channel: this.channel, network: this.network, signal: this.step,
            relative: { name, id_number, ...id_kind ? { id_kind } : {} } });
    }

    /* Asked again by hand if there is no answer: it does nothing twice. */
    #bind(asked, attempt) {
        return new Promise((resolve, reject) => {
            const send = () => this.civic.post(
                `/kinship/bindings/${asked.binding_id}/finish`,
                attempt ? { attempt_id: attempt } : {},
                { signal: this.step });
            const form = h('form', {}, notice(),
                h('button', { type: 'submit' }, say('重试', 'Try again')));
            const failed = (failure) => {
                if (!failure.isUnknown && !(failure.retryAfter > 0)) {
                    reject(failure);
                }
            };

            onSubmit(form, async () => resolve(await send()), failed);
            send().then(resolve, (failure) => {
                if (!(failure instanceof Problem)) {
                    reject(failure);
                    return;
                }
                this.#put(say('完成绑定', 'Binding'), form);
                show(form, failure);
                failed(failure);
            });
        });
    }
}

/**
 * Binds a relative: resolves with the binding.
 * @param {object} options
 * @param {import('./api.js').Civic} options.civic
 * @param {Element} options.root
 * @param {'pc'|'phone'} options.channel
 * @param {{code: string, label: string}[]} options.relations
 * @param {Record<string, number>} options.terms  of GET /kinship/relations
 * @param {AbortSignal} options.signal
 * @param {(lost: boolean) => void} options.network
 */
export function bind(options) {
    return new Binding(options).run();
}
