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

const STEPS = {
    consent: {
        title: say('授权', 'Authorisation'),
        run: (options) => askConsent({ ...options,
            purpose: options.step.purpose || 'identity',
            button: say('同意授权', 'I authorise') }),
    },
    password: {
        title: say('设置密码', 'Password'),
        run: passwordStep,
    },
    identity: {
        title: say('身份信息', 'Who you are'),
        run: identityStep,
    },
    face: {
        title: say('人脸识别认证', 'Face'),
        run: faceStep,
    },
};

const DONE = say('身份认证完成', 'You have proven who you are');

function titleOf(name) {
    return STEPS[name] ? STEPS[name].title.cloneNode(true) : name;
}

/* All steps, and where we are. */
function paint(list, plan) {
    list.replaceChildren(...plan.steps.map((step) => h('li', {
        class: step.done ? 'done' : '',
        'aria-current': step.step === plan.next ? 'step' : null,
    }, step.done ? '✓ ' : '', titleOf(step.step))));
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
    });
}

async function step(options, plan) {
    const name = plan.next;
    const place = h('div');
    const title = h('h2', { tabindex: '-1' }, titleOf(name));

    options.root.replaceChildren(title, place);
    title.focus();
    await STEPS[name].run({ ...options, root: place,
        step: plan.steps.find((each) => each.step === name) });
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
            const plan = await options.civic.get(
                `/login/onboarding?channel=${options.channel}`);

            paint(options.list, plan);
            if (!plan.next) {
                return plan;
            }
            await step(options, plan);
        } catch (problem) {
            if (!(problem instanceof Problem) || problem.status === 401) {
                throw problem;
            }
            await retry(options.root, problem);
        }
    }
}

/** What stands at the end: 身份认证完成, 本次考试. */
export function arrived(next) {
    const words = say('本次考试', 'This examination');

    return [
        h('p', { class: 'done', role: 'status' }, DONE.cloneNode(true)),
        next ? h('p', {}, h('a', { class: 'button', href: next }, words))
             : h('p', {}, say('下一步：', 'Next: '), words),
    ];
}
