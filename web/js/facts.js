/*
 * facts.js - names and values, of those that have one.
 */

import { h } from './dom.js';

export function facts(...pairs) {
    return h('dl', { class: 'facts' }, pairs.filter(([, value]) => value)
        .map(([name, value]) => [h('dt', {}, name), h('dd', {}, value)]));
}
