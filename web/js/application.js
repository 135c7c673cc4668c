/*
 * application.js - one citizen's application to one exam, from the first
 * letter to the admission ticket.  What can be done now the server says
 * ("next"); each part of the page does one of these things.
 */

import { Problem } from './api.js';
import { admission } from './admission.js';
import { editor } from './application-form.js';
import { clock, countdown, h, say, timeOf } from './dom.js';
import { notice, onSubmit, show } from './form.js';
import { facts } from './facts.js';
import { Payment } from './payment.js';

const ORDER_SOON = 2000;        // ms until the order of an approval is there

// Beyond that a date says more than a clock.
const SOON = 2 * 86400 * 1000;          // ms

/* What the page is made of.  While it is filled in, it is saved and its state
   changes, and nobody wants to lose the place where they type. */
function stage({ state, next, order }) {
    const edited = next.includes('fill') || next.includes('amend');

    return JSON.stringify([edited ? next.includes('amend') : state,
        next.includes('ticket'), order?.order_id]);
}

export class Application {
    /** @param {object} options  civic, root, network, exam_id */
    constructor({ civic, root, network, exam_id: id }) {
        Object.assign(this, { civic, root, network, id });
        this.path = `/review/applications/${encodeURIComponent(id)}`;
        this.head = h('div', { class: 'application' });
        this.body = h('div');
        this.tail = h('section');
        this.stopped = new AbortController();
        this.parts = new AbortController();
        this.stopClock = () => {};
        root.replaceChildren(this.head, this.body, this.tail);
    }

    stop() {
        this.stopped.abort();
        this.stopClock();
        this.leave();
    }

    /* What belongs to the stage that was shown. */
    leave() {
        this.parts.abort();
        this.parts = new AbortController();
        this.editor?.stop();
        this.payment?.stop();
        this.editor = null;
        this.payment = null;
        clearTimeout(this.timer);
    }

    async open() {
        const [exam, application] = await Promise.all([
            this.civic.get(`/exam/exams/${encodeURIComponent(this.id)}`),
            this.civic.get(this.path)]);

        const typed = this.editor?.unsaved() || {};

        this.exam = exam;
        this.application = null;
        this.show(application);
        this.editor?.put(typed);
    }

    async read() {
        this.show(await this.civic.get(this.path));
    }

    failed(problem) {
        if (this.stopped.signal.aborted || problem?.name === 'AbortError'
            || problem?.status === 401)
        {
            return;
        }
        if (!(problem instanceof Problem)) {
            throw problem;
        }
        if (!this.fault) {
            this.fault = h('form', {}, notice(),
                h('button', { type: 'submit' }, say('重试', 'Try again')));
            onSubmit(this.fault, () => this.anew());
        }
        this.head.append(this.fault);
        show(this.fault, problem);
    }

    show(application) {
        const before = this.application && stage(this.application);

        this.application = application;
        this.fault = null;
        this.paint(application);
        this.withdrawal(application.next.includes('withdraw'));
        if (before === stage(application)) {
            this.editor?.renew(application);
            return;
        }
        this.leave();
        this.body.replaceChildren();
        this.arrange(application);
        if (before) {
            this.head.querySelector('.state').focus();
        }
    }

    /* How it stands. */
    paint(application) {
        this.stopClock();

        const { label, hint, position, due_at: due, reasons, note,
                open_until: until } = application;
        const can = (step) => application.next.includes(step);
        const edited = can('fill') || can('amend');
        const done = can('ticket');

        this.head.replaceChildren(...[
            h('h2', {}, application.title),
            h('p', { role: 'status' }, say('报名状态：', 'Your application: '),
              h('strong', { class: `state ${done ? 'done' : ''}`,
                            tabindex: '-1' }, label)),
            reasons ? h('div', { class: 'notice', role: 'note' },
                h('p', {}, say('审核不通过的原因：', 'Why it was refused:')),
                h('ul', {}, reasons.map((reason) => h('li', {}, reason))),
                note ? h('p', {}, note) : null) : null,
            hint ? h('p', {}, hint) : null,
            facts([say('提交截止', 'Submit by'), edited && until
                      && [timeOf(until), ' ', this.clockOf(until)]],
                  [say('职位', 'Position'), !edited && position
                      && [position.name, position.unit, position.code]
                          .filter(Boolean).join(' · ')],
                  [say('提交时间', 'Submitted'), application.submitted_at
                      && timeOf(application.submitted_at)],
                  [say('审核时间', 'Reviewed'), due && say(
                      `一般在${timeOf(due)}前完成`,
                      `as a rule by ${timeOf(due)}`)]),
        ].filter(Boolean));
    }

    /* What is left, once it is little. */
    clockOf(until) {
        const left = h('strong', {});

        if (this.civic.until(until) > 0) {
            this.stopClock = countdown(() => this.civic.until(until), (ms) => {
                left.replaceChildren(ms > 0 && ms < SOON
                    ? say(`剩余 ${clock(ms)}`, `${clock(ms)} left`) : '');
            }, () => this.read().catch((problem) => this.failed(problem)));
        }
        return left;
    }

    arrange(application) {
        const can = (step) => application.next.includes(step);

        if (can('fill') || can('amend')) {
            this.editor = editor({ civic: this.civic, exam: this.exam,
                network: this.network, application, root: this.part(),
                told: (answer) => this.show(answer),
                again: () => this.read() });
        }
        if (application.order) {
            this.pay(application.order);
        } else if (application.state === 'approved' && !can('ticket')) {
            this.timer = setTimeout(() => this.read()
                .catch((problem) => this.failed(problem)), ORDER_SOON);
        }
        if (can('ticket')) {
            admission({ civic: this.civic, root: this.part(),
                        exam_id: this.id, signal: this.parts.signal })
                .catch((problem) => this.failed(problem));
        }
        if (can('wait') || application.state === 'refused') {
            this.wait();
        }
    }

    part() {
        const part = h('section');

        this.body.append(part);
        return part;
    }

    /* Until somebody has decided; what was refused may be decided anew while
       it is amended here. */
    wait() {
        const { signal } = this.parts;
        const { state, version } = this.application;

        this.civic.poll(() => `${this.path}/wait?version=${this.version()}`,
            null, (answer) => answer.state !== state
                || (state === 'submitted' && answer.version !== version),
            { signal, network: this.network })
            .then((answer) => !signal.aborted && this.show(answer))
            .catch((problem) => !signal.aborted && this.failed(problem));
    }

    pay({ order_id: id }) {
        const payment = new Payment({ civic: this.civic, root: this.part(),
            network: this.network,
            changed: () => this.read().catch((problem) =>
                this.failed(problem)) });

        this.payment = payment;
        this.civic.get(`/payment/orders/${id}`)
            .then((order) => payment === this.payment && payment.open(order))
            .catch((problem) => this.failed(problem));
    }

    withdrawal(possible) {
        if (possible === Boolean(this.tail.firstChild)) {
            return;
        }
        if (!possible) {
            this.tail.replaceChildren();
            return;
        }

        const form = h('form', {}, notice(),
            h('p', {}, say('撤回后不再审核；报名时间内可以修改后重新提交。',
                'It is not reviewed then. While registration is open you can '
                + 'change it and submit it again.')),
            h('button', { type: 'submit', class: 'plain' },
                say('确认撤回报名', 'Withdraw it')));

        onSubmit(form, async () => {
            await this.editor?.save();

            const answer = await this.civic.post(`${this.path}/withdraw`,
                { version: this.version() });

            this.tail.replaceChildren();
            this.show(answer);
        },
        (problem) => problem.code === 'conflict' && this.read()
            .catch((failure) => this.failed(failure)));
        this.tail.replaceChildren(h('details', {}, h('summary', {},
            say('撤回报名', 'Withdraw the application')), form));
    }

    version() {
        return this.editor?.version() ?? this.application.version;
    }

    /** All of it once more, in another language say, for the texts are the
        server's.  What could not be saved stays in its field. */
    async anew() {
        await this.editor?.save();
        await this.open();
    }
}
