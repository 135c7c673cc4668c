/*
 * journey.js - from the login to 身份认证完成: asks the server what comes next,
 * does it, asks again.  The order and what can be left out are the server's;
 * a page that is loaded anew, or on another day, goes on where it was.
 */

import { Problem } from './api.js';
import { askConsent } from './consent.js';
import { h, say } from './dom.js';
import { onSubmit, show } from './form.js';
import { faceStep } from './face.js';
import { identityStep } from './identity.js';
import { passwordStep } from './password.js';
import { photoStep } from './photo.js';

/* What a page does for a step; its title and its text are the rules'. */
const STEPS = {
    authorise: (options) => askConsent({ ...options, purpose: 'identity',
        button: say('授权', 'I authorise') }),
    identity: identityStep,
    face: faceStep,
    password: passwordStep,
    photo: photoStep,
};

// A form says these beside its own fields.
const SAID_WITHIN = new Set(['password']);

/* All steps, and where we are. */
function paint(list, plan) {
    list.replaceChildren(...plan.steps.map((step) => {
        // what is skipped was proven before
        const done = step.state === 'done' || step.state === 'skipped';

        return h('li', {
            class: done ? 'done' : step.state,
            'aria-current': step.state === 'next' ? 'step' : null,
        }, done ? '✓ ' : '', step.title);
    }));
}

/* Something that failed before there was a form to say it in. */
function retry(root, problem) {
    return new Promise((resolve) => {
        const form = h('form', {},
            h('p', { class: 'notice', role: 'alert', hidden: true }),
            h('button', { type: 'submit' }, say('重试', 'Try again')));

        root.replaceChildren(form);
        onSubmit(form, async () => resolve());
        show(form, problem);
        if (problem.isUnknown) {
            addEventListener('online', () => resolve(), { once: true });
        }
    });
}

/* A step of the rules' that is done elsewhere. */
function elsewhere({ root }) {
    return new Promise((resolve) => {
        root.replaceChildren(h('button', { type: 'button',
            onclick: () => resolve() }, say('已完成，继续', 'Done: go on')));
    });
}

function planOf({ civic, channel }) {
    return civic.get(`/login/onboarding?channel=${channel}`);
}

async function perform(options, plan) {
    const step = plan.steps.find((each) => each.name === plan.next);
    const place = h('div');
    const title = h('h2', { tabindex: '-1' }, step.title);
    const text = h('p', {}, SAID_WITHIN.has(step.name) ? '' : step.text || '');

    // what stands there already is said in the other language, too
    const speak = async () => {
        const other = await planOf(options);
        const same = other.steps.find((each) => each.name === step.name);

        paint(options.list, other);
        title.replaceChildren(same.title);
        text.replaceChildren(SAID_WITHIN.has(step.name) ? ''
                                                        : same.text || '');
    };
    const listen = () => speak().catch(() => {});

    options.root.replaceChildren(title, text, place);
    title.focus();
    document.addEventListener('language', listen);
    try {
        await (STEPS[step.name] || elsewhere)({ ...options, root: place,
                                                step, intro: text });
    } finally {
        document.removeEventListener('language', listen);
    }
}

/**
 * @param {object} options
 * @param {import('./api.js').Civic} options.civic
 * @param {Element} options.root   where a step shows itself
 * @param {Element} options.list   the <ol> of all steps
 * @param {'pc'|'phone'} options.channel
 * @param {(lost: boolean) => void} options.network
 * @returns {Promise<object>}  the plan, with nothing left to do
 * @throws {Problem} 401: nobody is logged in any more
 */
export async function journey(options) {
    for (;;) {
        try {
            const plan = await planOf(options);

            paint(options.list, plan);
            if (plan.exchange) {
                // the account is a person's by now, and the session not yet
                options.civic.adopt(await options.civic.post(
                    '/login/session'));
            } else if (plan.complete) {
                return plan;
            } else {
                await perform(options, plan);
            }
        } catch (problem) {
            if (!(problem instanceof Problem) || problem.status === 401) {
                throw problem;
            }
            await retry(options.root, problem);
        }
    }
}

/** What stands at the end: 身份认证完成, 本次考试. */
export function arrived(plan, next) {
    const words = (name) => plan.steps.find((step) => step.name === name);
    const exam = words('exam');

    return [
        h('p', { class: 'done', role: 'status' },
            words('verified')?.title || say('身份认证完成',
                                            'Who you are is proven')),
        ...next ? [exam?.text ? h('p', {}, exam.text) : '',
                   h('p', {}, h('a', { class: 'button', href: next },
                       exam?.title || say('本次考试', 'This examination')))]
                : [h('p', {}, say('身份认证已办好，这里没有需要再办的事项。本次考试的报名时间和入口，请查看考试公告。',
                       'There is nothing more to do here. When and where to '
                       + 'apply for this examination is said in its notice.'))],
    ];
}
