/*
 * exam-form.js - the form that an exam asks for: a control for each field,
 * shown where it is asked, and what is in them as the API takes it.
 *
 * A field with "when" is asked only if the field that it names is asked, and
 * answered with one of "in"; what was typed into it before is kept.
 */

import { h, pick, say } from './dom.js';

const FEW = 5;                  // options that are all seen at once
const LONG = 100;               // characters, from which on lines are needed
const DEPTH = 8;

const INPUTS = {
    text: { type: 'text' },
    number: { type: 'text', inputmode: 'decimal', maxlength: 24 },
    phone: { type: 'tel', autocomplete: 'tel', maxlength: 20 },
    email: { type: 'email', autocomplete: 'email', maxlength: 254 },
    date: { type: 'date' },
};

// In these full-width digits and signs, which Chinese keyboards type, mean the
// plain ones.
const PLAIN = new Set(['number', 'phone', 'email']);

/** A text of an exam: one, or one for each language. */
export function textOf(text) {
    return text && typeof text === 'object' ? pick(text) : text || '';
}

/** What the controls of a field are called in the form. */
export function nameOf(field) {
    return `answers.${field.name}`;
}

const YES_NO = [
    { value: 'yes', label: { zh: '是', en: 'Yes' } },
    { value: 'no', label: { zh: '否', en: 'No' } },
];

function options(field) {
    return field.type === 'yes_no' ? YES_NO : field.options || [];
}

function optional(field) {
    return field.required === false
        ? h('span', { class: 'hint' }, say('（选填）', ' (optional)')) : null;
}

function hintOf(field, id) {
    return field.hint ? h('p', { class: 'hint', id }, textOf(field.hint))
                      : null;
}

/* Radios or boxes, with the question above them. */
function group(field, hint) {
    const type = field.type === 'choices' ? 'checkbox' : 'radio';

    return h('fieldset', { 'aria-describedby': hint?.id },
        h('legend', {}, textOf(field.label), optional(field)), hint,
        options(field).map((option) => h('label', { class: 'tick' },
            h('input', { type, name: nameOf(field), value: option.value,
                         autocomplete: 'off' }),
            h('span', {}, textOf(option.label)))));
}

function labelled(field, hint, control) {
    return [h('label', { for: control.id }, textOf(field.label),
              optional(field)), hint, control];
}

function list(field, properties) {
    return h('select', properties,
        h('option', { value: '' }, '—'),
        options(field).map((option) => h('option', { value: option.value },
            textOf(option.label))));
}

function control(field, hint) {
    const properties = { id: `field-${field.name}`, name: nameOf(field),
                         'aria-describedby': hint?.id };
    const longest = field.max ?? 500;

    if (field.type === 'choice') {
        return list(field, properties);
    }
    if (field.type === 'text') {
        return longest > LONG
            ? h('textarea', { ...properties, rows: 3, maxlength: longest })
            : h('input', { ...properties, ...INPUTS.text,
                           maxlength: longest });
    }
    return h('input', { ...properties,
        ...INPUTS[field.type] || INPUTS.text,
        ...field.type === 'date' ? { min: field.min, max: field.max } : {} });
}

/** A field in the page: { field, element }. */
function made(field) {
    const hint = hintOf(field, `hint-${field.name}`);
    const grouped = ['choices', 'yes_no'].includes(field.type)
        || (field.type === 'choice' && options(field).length <= FEW);

    return { field, element: h('div', { class: 'field' }, grouped
        ? group(field, hint) : labelled(field, hint, control(field, hint))) };
}

export class ExamForm {
    /** @param {object[]} fields  "form" of an exam */
    constructor(fields) {
        this.places = fields.map(made);
        this.elements = this.places.map(({ element }) => element);
        this.byName = new Map(fields.map((field) => [field.name, field]));
    }

    controls(name) {
        return this.elements.flatMap((element) => [...element
            .querySelectorAll(`[name="answers.${CSS.escape(name)}"]`)]);
    }

    /** The field of a control. */
    fieldOf(target) {
        return this.byName.get((target.name || '').replace(/^answers\./, ''));
    }

    /** What is filled in: a text, or an array of texts for choices. */
    value(field) {
        const controls = this.controls(field.name);
        const ticked = controls.filter(({ checked }) => checked)
            .map(({ value }) => value);

        if (field.type === 'choices') {
            return ticked;
        }
        if (controls[0]?.type === 'radio') {
            return ticked[0] || '';
        }

        const text = controls[0]?.value.trim() || '';

        return PLAIN.has(field.type) ? text.normalize('NFKC') : text;
    }

    fill(field, value) {
        for (const each of this.controls(field.name)) {
            if (each.type === 'radio' || each.type === 'checkbox') {
                each.checked = [value].flat().includes(each.value);
            } else {
                each.value = value ?? '';
            }
        }
    }

    asked(field, depth = 0) {
        const { when } = field;
        const other = when && this.byName.get(when.field);

        if (!when) {
            return true;
        }
        if (!other || depth === DEPTH || !this.asked(other, depth + 1)) {
            return false;
        }

        const wanted = when.in.map((each) => each === true ? 'yes'
            : each === false ? 'no' : String(each));

        return [this.value(other)].flat().some((value) =>
            wanted.includes(value));
    }

    /** Shows what is asked, by what is filled in now. */
    arrange() {
        for (const { field, element } of this.places) {
            element.hidden = !this.asked(field);
        }
    }
}
