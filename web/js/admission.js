/*
 * admission.js - 打印准考证: where somebody sits, the sheet to look at, and to
 * print.
 */

import { sleep } from './api.js';
import { h, say, timeOf } from './dom.js';
import { textOf } from './exam-form.js';
import { facts } from './facts.js';

const OFTEN = 5000;             // ms until it is asked again for a seat,
const LONG = 120000;            // for so long; then
const SELDOM = 60000;

function subject(each) {
    return h('li', {}, textOf(each.name) || each.code, ' ',
        timeOf(each.from), ' – ', timeOf(each.until));
}

function sheet(civic, path, button) {
    const image = h('img', { class: 'sheet', alt: '', src:
        `${civic.base}${path}/preview`, onerror: () => image.remove() });

    return [
        h('p', {}, h('a', { class: 'button', target: '_blank',
                            rel: 'noopener',
                            href: `${civic.base}${path}/pdf` }, button)),
        image,
    ];
}

function place({ code, name, address }) {
    return [textOf(name) || code, textOf(address)].filter(Boolean)
        .join('，');
}

function show(civic, root, path, ticket) {
    if (ticket.problem) {
        root.replaceChildren(isLast(ticket) ? ''
            : h('p', { role: 'status' }, ticket.problem.detail));
        return;
    }
    root.replaceChildren(
        h('h2', {}, say('准考证', 'Admission ticket')),
        facts([say('准考证号', 'Number'), ticket.number],
              [say('考点', 'Site'), ticket.site && place(ticket.site)],
              [say('考场', 'Room'), ticket.room
                  && (textOf(ticket.room.name) || ticket.room.code)],
              [say('座位号', 'Seat'), ticket.seat],
              [say('打印时间', 'Printing'), ticket.printable_from
                  && [timeOf(ticket.printable_from), ticket.printable_until
                      ? ` – ${timeOf(ticket.printable_until)}` : '']]),
        ticket.subjects.length > 0
            ? h('ul', {}, ticket.subjects.map(subject)) : '',
        ...ticket.printable ? sheet(civic, path, ticket.button
            || say('打印准考证', 'Print the ticket')) : []);
}

/* The ticket; or { problem } where there is none, or the server is away. */
function read(civic, path, signal) {
    return civic.get(path, { signal }).catch((problem) => {
        if (problem.status !== 404 && !problem.isPassing) {
            throw problem;
        }
        return { problem };
    });
}

/* Seats are given when the office does: soon after the payment, or in weeks. */
function pause(since) {
    return Date.now() - since < LONG ? OFTEN : SELDOM;
}

/* Tickets are not made here, or there is nothing more to come. */
function isLast({ problem, printable }) {
    return problem ? problem.status === 404
                     && problem.code !== 'ticket_no_seat' : printable;
}

/**
 * Shows the ticket to an exam as soon as there is a seat, and the sheet as soon
 * as it can be printed; nothing where tickets are not made here.
 * @param {object} options  civic, root, exam_id
 * @param {AbortSignal} options.signal  ends it
 */
export async function admission({ civic, root, exam_id: id, signal }) {
    const path = `/ticket/tickets/${encodeURIComponent(id)}`;
    const since = Date.now();

    for (let shown = ''; ;) {
        const ticket = await read(civic, path, signal);
        const told = ticket.problem?.detail || JSON.stringify(ticket);

        // what is shown stays while the server is away
        if (told !== shown && !(shown && ticket.problem?.isPassing)) {
            shown = told;
            show(civic, root, path, ticket);
        }
        if (isLast(ticket)) {
            return;
        }
        do {
            await sleep(pause(since), signal);
        } while (document.hidden);
    }
}
