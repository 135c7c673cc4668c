// npm qrcode: "node qr.js <bytes of text> <seconds>" prints how many PNG a
// second it makes of bench/qr.c's text, at level M, scale 4, margin 4, and
// how many bytes one has.  It writes RGBA and compresses at level 9, and
// qrcode's PNG has no other choice of pixels.
'use strict';

const QRCode = require('qrcode');

const ALPHABET =
    'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

function textOf(length)
{
    let text = 'https://pay.example.org/q/';
    let seed = 1;

    while (text.length < length - 1) {
        seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
        text += ALPHABET[(seed >>> 16) & 63];
    }

    return text;
}

async function main(length, seconds)
{
    const text = textOf(length);
    const options = { type: 'png', errorCorrectionLevel: 'M', scale: 4,
                      margin: 4 };
    let n = 0, bytes = 0, begin, elapsed;

    const draw = async () => {
        const data = Buffer.from(text + ALPHABET[n++ & 63]);
        const png = await QRCode.toBuffer([{ data, mode: 'byte' }], options);
        bytes = png.length;
    };

    while (n < 50) {                    // warm
        await draw();
    }

    n = 0;
    begin = process.hrtime.bigint();

    do {
        await draw();
        elapsed = Number(process.hrtime.bigint() - begin) / 1e9;
    } while (elapsed < seconds);

    console.log((n / elapsed).toFixed(1), bytes);
}

main(Number(process.argv[2]), Number(process.argv[3]));
