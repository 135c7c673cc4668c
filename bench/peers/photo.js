// sharp (libvips, with libjpeg-turbo inside): "node photo.js <file> <seconds>"
// prints how many times a second it reads the file's metadata and decodes it
// to pixels, and the size of the picture, on one thread without its cache.
// Seconds are those that the process has a core, as in bench/photo.c.
'use strict';

const fs = require('fs');
const sharp = require('sharp');

sharp.concurrency(1);
sharp.cache(false);

function core()
{
    const { user, system } = process.cpuUsage();

    return (user + system) / 1e6;
}

async function main(file, seconds)
{
    const bytes = fs.readFileSync(file);
    let n = 0, begin, elapsed, size;

    const decode = async () => {
        const { width, height } = await sharp(bytes).metadata();
        const pixels = await sharp(bytes).raw().toBuffer();
        size = `${width}x${height}`;

        if (pixels.length !== width * height * 3) {
            throw new Error('not all of it was decoded');
        }
        n++;
    };

    while (n < 30) {                    // warm
        await decode();
    }

    n = 0;
    begin = core();

    do {
        await decode();
        elapsed = core() - begin;
    } while (elapsed < seconds);

    console.log((n / elapsed).toFixed(1), size);
}

main(process.argv[2], Number(process.argv[3]));
