/*
 * report.js - what a check of a photo found, every criterion at once: a list
 * that says in words what a sign and a colour say as well.
 */

import { h, say } from './dom.js';

const SIGNS = { pass: '✓', refuse: '✗', advise: '!', unmeasured: '?' };

const WORDS = {
    pass: () => say('符合', 'as asked for'),
    refuse: () => say('不符合', 'not as asked for'),
    advise: () => say('建议改进', 'could be better'),
    unmeasured: () => say('未测得', 'not measured'),
};

// What has to be mended comes first.
const ORDER = ['refuse', 'unmeasured', 'advise', 'pass'];

/* What was measured, and what is asked for; "not measured" is said already. */
function measured({ result, measured: found, limit }) {
    const parts = [result === 'unmeasured' ? null : found,
        limit ? h('span', {}, say('要求：', 'asked for: '), limit) : null]
        .filter(Boolean);

    return parts.length === 0 ? null : h('span', { class: 'measured' },
        parts[0], parts[1] ? [say('；', '; '), parts[1]] : null);
}

function line(criterion) {
    return h('li', { class: criterion.result },
        h('span', { class: 'sign', 'aria-hidden': 'true' },
            SIGNS[criterion.result]),
        h('div', {},
            h('strong', {}, criterion.title), ' ',
            WORDS[criterion.result](),
            measured(criterion),
            criterion.result !== 'pass' && criterion.advice
                ? h('span', { class: 'advice' }, criterion.advice) : null));
}

/* Of what is no picture there is nothing to measure: that says it all. */
function worthSaying({ criteria }) {
    const broken = criteria.some(({ name, result }) =>
        name === 'format' && result === 'refuse');

    return criteria.filter(({ result }) => !broken
        || result !== 'unmeasured');
}

/**
 * @param {object} report  of POST /photo-check/preview and the photo itself
 * @returns {Element}
 */
export function reportList(report) {
    const sorted = worthSaying(report).sort((a, b) =>
        ORDER.indexOf(a.result) - ORDER.indexOf(b.result));

    return h('ul', { class: 'report' }, sorted.map(line));
}
