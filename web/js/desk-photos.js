/*
 * desk-photos.js - 待人工比对: photos that a person compares with the face that
 * was authenticated, and tells whether they are recent and bare-headed.
 */

import { h, say, timeOf } from './dom.js';
import { picture, reasonsOf } from './desk.js';
import { facts } from './facts.js';
import { reportList } from './report.js';

const WHY = {
    no_consent: say('申请人未同意使用人脸', 'no consent to use the face'),
    no_reference: say('没有认证时的人脸照片', 'there is no picture of the face'),
    unsure: say('机器比对结果不确定', 'the machine was not sure'),
    tries: say('比对服务不可用', 'what compares was not available'),
    unmeasured: say('人脸未能检测', 'the face could not be measured'),
    unchecked: say('未能检测，请放回', 'it could not be checked: put it back'),
    photo_faces: say('照片中的人脸数不是一个', 'not one face in the photo'),
    reference_faces: say('认证照片中的人脸数不是一个',
        'not one face in the picture of the face'),
    source_unclear: say('权威数据源没有明确结果', 'the authority was not clear'),
    source_refused: say('权威数据源未能比对', 'the authority did not compare'),
};

/** @param {import('./api.js').Civic} civic */
export function photoQueue(civic) {
    const path = (item, what) =>
        `/photo-check/reviews/${item.review_id}/${what}`;

    return {
        gone: new Set(['photo_review_unknown', 'photo_review_replaced',
                       'photo_review_decided', 'photo_review_lease_over']),

        async load() {
            const { waiting, oldest_since: since } =
                await civic.get('/photo-check/reviews');

            return facts([say('待人工比对', 'Photos that wait'),
                          String(waiting)],
                         [say('最早等待自', 'The oldest since'),
                          since && timeOf(since)]);
        },

        next() {
            return civic.post('/photo-check/reviews/next').catch((problem) => {
                if (problem.code === 'photo_none_waits') {
                    return null;
                }
                throw problem;
            });
        },

        paint(item) {
            return {
                title: say('照片比对', 'A photo'),
                data: [
                    facts([say('姓名', 'Name'), item.name],
                          [say('证件号码', 'Number'), item.id_number],
                          [say('转人工的原因', 'Why it is here'),
                           WHY[item.why]?.cloneNode(true) || item.why],
                          [say('相似度', 'Similarity'), item.similarity
                              && `${item.similarity} (${item.method})`],
                          [say('等待自', 'Waits since'), timeOf(item.since)]),
                    item.report ? h('details', {}, h('summary', {},
                        say('检测报告', 'What was found')),
                        reportList(item.report)) : null,
                ],
                pictures: [
                    picture(civic, path(item, 'picture'),
                            say('申请的照片', 'The photo')),
                    item.has_reference
                        ? picture(civic, path(item, 'reference'),
                            say('认证时的人脸', 'The face that was '
                                + 'authenticated'))
                        : h('p', {}, say('没有认证时的人脸照片。',
                            'There is no picture of the face.')),
                ],
                ticks: [['recent', say('近期', 'Recent')],
                        ['bareheaded', say('免冠', 'Bare-headed')]],
                reasons: item.reasons.map(({ code, text }) => [code, text]),
                fields: [h('label', { for: 'note' }, say('备注（申请人看不到）',
                    'Note (not for the applicant)')),
                    h('textarea', { id: 'note', name: 'note', rows: 2,
                                    maxlength: 500 })],
            };
        },

        async decide(item, decision, values) {
            const { recent, bareheaded } = values;
            const body = decision === 'approve' ? { recent, bareheaded }
                : { reasons: reasonsOf(values) };

            await civic.post(path(item, 'decision'), { decision, ...body,
                ...values.note ? { note: values.note } : {} });
            return decision === 'approve' ? say('已通过。', 'Approved.')
                                          : say('已不通过。', 'Refused.');
        },

        release(item) {
            return civic.post(path(item, 'release'));
        },
    };
}
