/*
 * admission.js - 打印准考证: where somebody sits, the sheet to look at, and to
 * print.
 */

import { h, say, timeOf } from './dom.js';
import { textOf } from './exam-form.js';
import { facts } from './facts.js';

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

/** Shows the ticket to an exam; nothing where tickets are not made here. */
export async function admission({ civic, root, exam_id: id }) {
    const path = `/ticket/tickets/${encodeURIComponent(id)}`;
    const ticket = await civic.get(path).catch((problem) => {
        if (problem.status !== 404) {
            throw problem;
        }
        return { problem };
    });

    if (ticket.problem) {
        root.replaceChildren(ticket.problem.code === 'ticket_no_seat'
            ? h('p', {}, ticket.problem.detail) : '');
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
