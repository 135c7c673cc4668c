/*
 * face.js - the step in which a face proves who somebody is.
 *
 * On a PC a code leads a phone to the camera; on the phone a button does.
 * What the phone says is never a result: 身份认证完成 asks the server, and the
 * server asks the provider.
 */

import { newKey, Problem } from './api.js';
import { askConsent } from './consent.js';
import { clock, countdown, h, language, say, timeOf } from './dom.js';
import { onSubmit, show } from './form.js';
import { identityStep } from './identity.js';

const OVER = new Set(['passed', 'done', 'failed', 'expired']);

const OVER_NOW = new Set(['face_expired', 'face_claim_changed', 'not_found',
    'face_other_session', 'face_not_begun', 'consent_required']);

// Name and number may be the reason.
const ABOUT_IDENTITY = new Set(['identity_required', 'face_refused',
    'face_claim_changed']);

/* Whose face: the citizen's own, to prove the identity. */
const PURPOSE = 'identity';

function notice() {
    return h('p', { class: 'notice', role: 'alert', hidden: true });
}

/** The step as it goes: each method shows something and says what is next. */
class Face {
    constructor({ civic, root, channel, network, purpose }) {
        Object.assign(this, { civic, root, channel, network });
        this.purpose = purpose || PURPOSE;
        this.key = newKey();
        this.stop = new AbortController();
    }

    run() {
        return new Promise((resolve, reject) => {
            this.resolve = resolve;
            this.reject = reject;
            this.offer();
        });
    }

    /* 进入人脸识别认证, or the counter. */
    offer(problem) {
        const form = h('form', {}, notice(),
            h('p', {}, say('通过人脸识别确认是您本人在办理。',
                'Your face shows that it is you.')),
            h('button', { type: 'submit' }, problem
                ? say('重新认证', 'Try again')
                : say('进入人脸识别认证', 'Begin with the face')));

        this.stop.abort();
        this.root.replaceChildren(form, this.otherWay());
        onSubmit(form, () => this.begin(),
                 (failure) => this.pointAtIdentity(form, failure));
        if (problem) {
            show(form, problem);
            this.pointAtIdentity(form, problem);
        }
    }

    /* The provider does not know them as they were typed. */
    pointAtIdentity(form, problem) {
        if (ABOUT_IDENTITY.has(problem.code)
            && !form.querySelector('.identity'))
        {
            form.append(h('button', { type: 'button', class: 'plain identity',
                                      onclick: () => this.retype() },
                say('修改姓名和身份证号', 'Change name and number')));
        }
    }

    async retype() {
        try {
            await identityStep({ civic: this.civic, root: this.root });
            this.offer();
        } catch (problem) {
            this.failed(problem);
        }
    }

    async begin() {
        try {
            const attempt = await this.civic.post('/face-auth/attempts',
                { purpose: this.purpose }, { key: this.key });

            this.key = newKey();
            this.show(attempt);
        } catch (problem) {
            if (!problem.isUnknown) {
                this.key = newKey();
            }
            if (!(problem instanceof Problem)
                || problem.code !== 'consent_required')
            {
                throw problem;
            }
            await askConsent({ civic: this.civic, root: this.root,
                purpose: 'face', channel: this.channel,
                button: say('同意协议并认证', 'I agree: go on') });
            await this.begin().catch((failure) => this.failed(failure));
        }
    }

    failed(problem) {
        if (problem instanceof Problem) {
            this.offer(problem);
        } else {
            this.reject(problem);
        }
    }

    anew() {
        this.stop.abort();
        this.begin().catch((problem) => this.failed(problem));
    }

    /* The way to the camera, and the button that asks what came of it. */
    show(attempt) {
        const left = h('span', { class: 'hint' });
        const state = h('p', { role: 'status' });
        const form = h('form', {}, notice(),
            h('h3', {}, say('拍摄前请注意', 'Before the camera')),
            h('ul', {}, attempt.advice.map((line) => h('li', {}, line))),
            this.channel === 'phone' ? this.camera(attempt)
                                     : this.code(attempt),
            left, state,
            h('button', { type: 'submit' }, say('身份认证完成',
                'My face was checked')),
            h('button', { type: 'button', class: 'plain again', hidden: true,
                          onclick: () => this.anew() },
                say('重新认证', 'Try again')));

        this.stop = new AbortController();
        this.root.replaceChildren(form, this.otherWay());
        onSubmit(form, () => this.finish(attempt),
                 (problem) => this.after(problem, form));
        this.watch(attempt, state);
        const stopClock = countdown(
            () => this.civic.until(attempt.expires_at),
            (ms) => left.replaceChildren(say(`剩余 ${clock(ms)}`,
                                             `${clock(ms)} left`)),
            () => {});
        this.stop.signal.addEventListener('abort', stopClock);
    }

    code(attempt) {
        return [
            h('p', {}, say('请用手机“支付宝”的“扫一扫”扫描二维码，在手机上完成人脸识别，再点击下面的“身份认证完成”。',
                'Scan the code with Alipay on your phone, show your face '
                + 'there, then press the button below.')),
            h('div', { class: 'code' }, h('img', { alt: '二维码 · QR code',
                width: 240, height: 240, src: attempt.qr_png })),
            this.sandbox(attempt),
        ];
    }

    /* In a sandbox there is no Alipay to scan it with. */
    sandbox(attempt) {
        return !/\/sandbox\//.test(attempt.url) ? null
            : h('p', {}, h('a', { href: attempt.url, target: 'phone',
                                  rel: 'noopener' },
                say('用沙箱手机扫描', 'Scan it with the sandbox phone')));
    }

    camera(attempt) {
        return h('p', {}, h('a', { class: 'button', href: attempt.url,
                                   target: 'camera', rel: 'noopener' },
            say('打开摄像头', 'Open the camera')));
    }

    /* Only to say so: it changes nothing. */
    async watch(attempt, line) {
        let state = attempt.state || 'open';

        try {
            await this.civic.poll(
                `/face-auth/attempts/${attempt.attempt_id}/wait`,
                () => ({ state }), (answer) => {
                    state = answer.state;
                    return OVER.has(state);
                }, { signal: this.stop.signal, network: this.network });
            line.replaceChildren(state === 'expired'
                ? say('本次认证已过期。', 'This attempt is over.')
                : say('手机上已完成，请点击“身份认证完成”。',
                      'The phone is done: press the button below.'));
        } catch (problem) {
            if (!(problem instanceof Problem) && !this.stop.signal.aborted) {
                this.reject(problem);
            }
        }
    }

    async finish(attempt) {
        await this.civic.post(
            `/face-auth/attempts/${attempt.attempt_id}/result`);

        this.stop.abort();
        this.resolve();
    }

    /* Not passed may also be: not yet looked at.  The code stays. */
    after(problem, form) {
        if (problem.code === 'face_not_passed') {
            form.querySelector('.again').hidden = false;
        } else if (OVER_NOW.has(problem.code)) {
            this.offer(problem);
        }
    }

    otherWay() {
        const form = h('form', {}, notice(),
            h('p', { class: 'hint' }, say('不方便刷脸的，可以到服务窗口由工作人员核对。',
                'You can also have it done at the counter.')),
            h('button', { type: 'submit', class: 'plain' },
                say('到服务窗口办理', 'At the counter instead')));
        let key = newKey();

        onSubmit(form, async () => {
            const request = await this.civic.post(
                '/face-auth/counter-requests', { purpose: this.purpose },
                { key });

            key = newKey();
            this.counter(request);
        });
        return form;
    }

    counter(request) {
        const form = h('form', {}, notice(),
            h('p', {}, request.text || say('请带上身份证件，到服务窗口出示编号。',
                'Take your identity document and the code to the counter.')),
            h('p', {}, h('strong', { class: 'number' }, request.code)),
            h('p', { class: 'hint' }, say('有效期至：', 'Good until: '),
                timeOf(request.expires_at)),
            h('button', { type: 'submit' }, say('窗口已办理，继续',
                'It was done there: go on')),
            h('button', { type: 'button', class: 'plain',
                          onclick: () => this.offer() },
                say('改用人脸识别', 'Use the face instead')));

        this.stop.abort();
        this.root.replaceChildren(form);
        onSubmit(form, async () => this.decided());
    }

    async decided() {
        const { state } = await this.civic.get('/face-auth/counter-requests');

        if (state === 'passed' || state === 'done') {
            this.resolve();
        } else if (state === 'waiting') {
            throw new Problem({ code: state, detail: language() === 'en'
                ? 'The counter has not decided yet.' : '窗口尚未办理完成。' });
        } else {
            this.offer();
        }
    }
}

/** Resolves once something may have been proven; the plan then tells whether
    the session is to be exchanged. */
export function faceStep(options) {
    return new Face(options).run();
}
