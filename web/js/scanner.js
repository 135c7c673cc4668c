/*
 * scanner.js - a phone's camera reads QR codes, and pictures are read, where
 * the browser has a detector of its own.  Elsewhere there is a scanner that types, or somebody
 * who does.
 */

import { Problem } from './api.js';
import { h, language, say } from './dom.js';

const EVERY = 200;              // ms between two looks
const SAME = 3000;              // ms that a code has to be away to count anew

/* Refused, taken by another program, or there is none. */
function noCamera() {
    return new Problem({ code: 'no_camera', detail: language() === 'en'
        ? 'The camera cannot be used: allow it and try again, or use a '
          + 'scanner, or type the code.'
        : '无法使用摄像头。请在浏览器中允许后重试，或用扫码枪，或手工输入。' });
}

/* What finds QR codes in this browser; null where nothing does. */
async function finder() {
    if (!('BarcodeDetector' in globalThis)) {
        return null;
    }

    const formats = await globalThis.BarcodeDetector.getSupportedFormats()
        .catch(() => []);

    return formats.includes('qr_code')
        ? new globalThis.BarcodeDetector({ formats: ['qr_code'] }) : null;
}

export const pictures = {
    /** @returns {Promise<boolean>} whether codes are found in pictures here */
    async possible() {
        return await finder() !== null;
    },

    /**
     * @param {Blob} file
     * @returns {Promise<string>} the first code in it, or ''
     */
    async read(file) {
        const found = await finder().then(async (one) =>
            one.detect(await createImageBitmap(file))).catch(() => []);

        return found[0]?.rawValue || '';
    },
};

export const camera = {
    possible: 'BarcodeDetector' in globalThis
              && Boolean(navigator.mediaDevices?.getUserMedia),

    /**
     * Shows what the camera sees, and tells each code once.
     * @param {Element} root
     * @param {(code: string) => Promise<void>} take
     * @returns {Promise<{ stop: () => void, isOn: boolean }>}
     * @throws {Problem} no_camera
     */
    async watch(root, take) {
        const detector = new globalThis.BarcodeDetector({
            formats: ['qr_code'] });
        const stream = await navigator.mediaDevices.getUserMedia({
            video: { facingMode: 'environment' } }).catch(() => {
            throw noCamera();
        });
        const video = h('video', { muted: true, playsinline: true,
                                   class: 'camera' });
        const seen = { code: '', at: 0 };
        let timer = null;

        const look = async () => {
            const [found] = await detector.detect(video).catch(() => []);
            const code = found?.rawValue || '';
            const known = code === seen.code && Date.now() - seen.at < SAME;

            if (code) {
                Object.assign(seen, { code, at: Date.now() });
            }
            if (code && !known) {
                await take(code);
                // it is still in the picture, however long that took
                seen.at = Date.now();
            }
            if (timer !== null) {
                timer = setTimeout(look, EVERY);
            }
        };
        const stop = () => {
            clearTimeout(timer);
            timer = null;
            stream.getTracks().forEach((track) => track.stop());
            root.replaceChildren();
        };

        video.srcObject = stream;
        root.replaceChildren(video, h('button', { type: 'button',
            class: 'plain small', onclick: stop },
            say('关闭摄像头', 'Camera off')));
        await video.play();
        timer = setTimeout(look, EVERY);
        return { stop, get isOn() { return timer !== null; } };
    },
};
