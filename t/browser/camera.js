/*
 * camera.js - a browser whose camera sees what a story shows to it: Chromium
 * finds no QR codes on Linux, so what is found is what is told here, and the
 * camera shows a grey field.
 */

/* Each page of the context has globalThis.found: what stands before the
   camera. */
async function seeing(context) {
    await context.addInitScript(() => {
        globalThis.found = '';
        globalThis.BarcodeDetector = class {
            static async getSupportedFormats() {
                return ['qr_code'];
            }

            async detect() {
                return globalThis.found ? [{ rawValue: globalThis.found }]
                    : [];
            }
        };
        if (!navigator.mediaDevices) {
            return;             // about:blank
        }
        navigator.mediaDevices.getUserMedia = async () => {
            const canvas = document.createElement('canvas');

            if (globalThis.refused) {
                throw new DOMException('refused', 'NotAllowedError');
            }
            canvas.getContext('2d').fillRect(0, 0, 9, 9);
            return canvas.captureStream(5);
        };
    });
    return context;
}

/* The next thing before the camera. */
const show = (page, code) => page.evaluate((text) => {
    globalThis.found = text;
}, code);

/* Whether the browser may use it from now on. */
const allow = (page, allowed) => page.evaluate((may) => {
    globalThis.refused = !may;
}, allowed);

module.exports = { allow, seeing, show };
