/*
 * face.js - the step in which a face proves who somebody is: the citizen, or
 * a relative whose code they bind.
 *
 * On a PC a code leads a phone to the camera; on the phone a button does.
 * What the phone says is never a result: 身份认证完成 asks the server, and the
 * server asks the provider.  A page that is loaded anew goes on with the
 * attempt, or the counter's code, that was there.
 */

import { newKey, Problem } from './api.js';
import { askConsent } from './consent.js';
import { askCounter, counterOpen, counterWay } from './counter.js';
import { clock, countdown, h, inAlipay, put, say } from './dom.js';
import { clear, notice, onSubmit, show } from './form.js';
import { identityStep } from './identity.js';

const OVER = new Set(['passed', 'done', 'failed', 'expired']);

const OVER_NOW = new Set(['face_expired', 'face_claim_changed', 'not_found',
    'face_other_session', 'face_not_begun']);

// Name and number may be the reason.
const ABOUT_IDENTITY = new Set(['identity_required', 'face_refused',
    'face_claim_changed']);

/* Whose face: the citizen's own, to prove the identity. */
const PURPOSE = 'identity';

// The attempt of this tab; a phone may have gone on with it meanwhile.
const ATTEMPT = 'civic.face-attempt';

function remember(attempt) {
    try {
        if (attempt) {
            sessionStorage.setItem(ATTEMPT, attempt.attempt_id);
        } else {
            sessionStorage.removeItem(ATTEMPT);
        }
    } catch {
        // a browser that keeps nothing begins the step anew
    }
}

function remembered() {
    try {
        return sessionStorage.getItem(ATTEMPT);
    } catch {
        return null;
    }
}

function advice(attempt) {
    return [
        h('h3', {}, say('拍摄前请注意', 'Before the camera')),
        h('ul', {}, attempt.advice.map((line) => h('li', {}, line))),
    ];
}

/** The step as it goes: each method shows something and says what is next. */
class Face {
    constructor({ civic, root, channel, network, purpose, intro, relative,
                  signal }) {
        Object.assign(this, { civic, root, channel, network, relative,
                              signal });
        this.intro = intro || h('p');
        this.purpose = purpose || PURPOSE;
        this.key = newKey();
        this.stop = new AbortController();
    }

    run() {
        return new Promise((resolve, reject) => {
            this.resolve = resolve;
            this.reject = reject;
            this.signal?.addEventListener('abort', () => {
                this.stop.abort();
                reject(this.signal.reason);
            }, { once: true });
            this.open().catch((problem) => this.failed(problem));
        });
    }

    /* Where it was: at the camera, or at the counter's code. */
    async open() {
        if (this.relative) {
            await this.begin();
            return;
        }
        if (await this.resume()) {
            return;
        }

        const request = await counterOpen(this.civic).catch(() => null);

        if (request) {
            this.counter(request);
        } else {
            this.offer();
        }
    }

    /* POST gives an open attempt back; one that has passed is asked for what
       came of it. */
    async resume() {
        const id = remembered();
        const attempt = id && await this.civic.get(
            `/face-auth/attempts/${encodeURIComponent(id)}`)
            .catch(() => null);

        if (attempt?.purpose !== this.purpose) {
            return false;
        }
        if (attempt.state === 'passed') {
            await this.finish(attempt);
            return true;
        }
        if (attempt.state !== 'open') {
            return false;
        }
        await this.begin();
        return true;
    }

    /* 进入人脸识别认证, or the counter. */
    offer(problem) {
        const form = h('form', {}, notice(),
            h('p', {}, this.relative
                ? say('请由亲属本人面对手机完成人脸识别。',
                      'Your relative has to face the phone.')
                : say('通过人脸识别确认是您本人在办理。',
                      'Your face shows that it is you.')),
            h('button', { type: 'submit' }, problem
                ? say('重新认证', 'Try again')
                : say('进入人脸识别认证', 'Begin with the face')));

        this.leave();
        this.intro.hidden = false;
        put(this.root, form, this.otherWay());
        onSubmit(form, () => this.begin(),
                 (failure) => this.pointAtIdentity(form, failure));
        if (problem) {
            show(form, problem);
            this.pointAtIdentity(form, problem);
        }
    }

    /* The provider does not know them as they were typed. */
    pointAtIdentity(form, problem) {
        if (ABOUT_IDENTITY.has(problem.code) && !this.relative
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
                { purpose: this.purpose, ...this.relative },
                { key: this.key });

            this.key = newKey();
            this.show(attempt);
        } catch (problem) {
            if (!problem.isUnknown) {
                this.key = newKey();
            }
            if (!(problem instanceof Problem) || this.relative
                || problem.code !== 'consent_required')
            {
                throw problem;
            }
            await this.consent(problem);
        }
    }

    /* The consent that is missing, whichever the rules want; then the face. */
    async consent({ purpose }) {
        this.leave();
        await askConsent({ civic: this.civic, root: this.root,
            purpose: purpose || 'face', channel: this.channel,
            button: say('同意协议并认证', 'I agree: go on'),
            other: this.otherWay() });
        await this.begin().catch((failure) => this.failed(failure));
    }

    failed(problem) {
        if (problem instanceof Problem
            && !(this.relative && problem.code === 'consent_required'))
        {
            this.offer(problem);
        } else {
            this.reject(problem);
        }
    }

    /* What was shown is over. */
    leave() {
        this.stop.abort();
        remember(null);
    }

    anew() {
        this.leave();
        this.begin().catch((problem) => this.failed(problem));
    }

    /* The way to the camera, and the button that asks what came of it. */
    show(attempt) {
        const left = h('span', { class: 'hint' });
        const state = h('p', { role: 'status' });
        const form = h('form', {}, notice(),
            this.channel === 'phone' ? [...advice(attempt), this.camera(attempt)]
                                     : this.code(attempt),
            left, state,
            h('button', { type: 'submit' }, this.relative
                ? say('亲属认证完成', 'The face was checked')
                : say('身份认证完成', 'My face was checked')),
            h('button', { type: 'button', class: 'plain again', hidden: true,
                          onclick: () => this.anew() },
                say('重新认证', 'Try again')),
            this.channel === 'phone' ? [] : advice(attempt));

        this.stop = new AbortController();
        remember(this.relative ? null : attempt);
        this.intro.hidden = true;
        put(this.root, form, this.otherWay());
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
            h('p', {}, this.relative
                ? say('请用手机“支付宝”的“扫一扫”扫描二维码，由亲属本人在手机上完成人脸识别，再点击下面的“亲属认证完成”。',
                    'Scan the code with Alipay on a phone, let your relative '
                    + 'face it, then press “The face was checked”.')
                : say('请用手机“支付宝”的“扫一扫”扫描二维码，在手机上完成人脸识别，再点击下面的“身份认证完成”。',
                    'Scan the code with Alipay on your phone, show your face '
                    + 'there, then press “My face was checked”.')),
            h('div', { class: 'code' }, h('img', { alt: '二维码 · QR code',
                width: 240, height: 240, src: attempt.qr_png }),
                inAlipay(attempt.url)),
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
            if (state === 'passed') {
                this.forget(line.closest('form'));
            }
            line.replaceChildren(state === 'expired'
                ? say('本次认证已过期。', 'This attempt is over.')
                : this.relative
                ? say('手机上已完成，请点击“亲属认证完成”。',
                      'The phone is done: press “The face was checked”.')
                : say('手机上已完成，请点击“身份认证完成”。',
                      'The phone is done: press “My face was checked”.'));
        } catch (problem) {
            if (!(problem instanceof Problem) && !this.stop.signal.aborted) {
                this.reject(problem);
            }
        }
    }

    async finish(attempt) {
        await this.civic.post(
            `/face-auth/attempts/${attempt.attempt_id}/result`);

        this.leave();
        this.resolve(attempt.attempt_id);
    }

    /* Who asked before the phone was done was told a failure: it is none any
       more. */
    forget(form) {
        if (!form.stopWait) {
            clear(form);
            form.querySelector('.again').hidden = true;
        }
    }

    /* Not passed may also be: not yet looked at.  The code stays. */
    after(problem, form) {
        if (this.relative && problem.code === 'consent_required') {
            this.reject(problem);
        } else if (problem.code === 'face_not_passed') {
            form.querySelector('.again').hidden = false;
        } else if (problem.code === 'consent_required') {
            this.consent(problem).catch((failure) => this.failed(failure));
        } else if (OVER_NOW.has(problem.code)) {
            this.offer(problem);
        }
    }

    otherWay() {
        return this.relative ? h('p', { class: 'hint' },
            say('亲属不便进行人脸识别的，请携带双方身份证件和关系证明到服务窗口办理。',
                'If your relative cannot show the face, bring both documents '
                + 'and a proof of kinship to the counter.'))
            : counterWay(this.civic, this.purpose,
                         (request) => this.counter(request));
    }

    counter(request) {
        this.leave();
        this.intro.hidden = true;
        askCounter({ civic: this.civic, root: this.root, request,
            purpose: this.purpose, proven: this.resolve,
            face: (problem) => this.offer(problem) });
    }
}

/**
 * Resolves with the attempt's id once something may have been proven; the
 * plan then tells whether the session is to be exchanged.  relative: { name,
 * id_number, id_kind } of somebody else, whose attempt then begins at once and
 * is not found again after a reload; a consent that is missing is the caller's
 * to ask for.  signal: ends it.
 */
export function faceStep(options) {
    return new Face(options).run();
}
