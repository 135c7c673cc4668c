/*
 * picture-file.js - what a file is that is no JPEG, by its first bytes, and
 * how to get a JPEG: said before anything is sent, and in one sentence.
 */

import { language } from './dom.js';

const HEAD = 16;                // bytes

const SAVE = {
    zh: '请在手机或电脑上打开它，另存（导出）为JPG后再选择；只改文件名没有用。',
    en: 'Open it, save or export it as JPG, and choose that; another name '
        + 'alone does not help.',
};

const PHONE = {
    zh: '请在手机“设置—相机—格式”中选择“兼容性最佳”后重新拍摄，或另存（导出）为JPG后再选择。',
    en: 'Choose “Most Compatible” under Settings, Camera, Formats and take it '
        + 'again, or export it as JPG.',
};

const NO_PICTURE = {
    zh: '请选择照片文件；纸质照片请用手机拍下来。',
    en: 'Choose the file of a photo; take a picture of one that is on paper.',
};

/* The first characters, what it is, and what to do. */
const KINDS = [
    [/^\x89PNG/, { zh: 'PNG图片', en: 'a PNG picture' }, SAVE],
    [/^GIF8/, { zh: 'GIF图片', en: 'a GIF picture' }, SAVE],
    [/^RIFF.{4}WEBP/s, { zh: 'WebP图片', en: 'a WebP picture' }, SAVE],
    [/^BM/, { zh: 'BMP图片', en: 'a BMP picture' }, SAVE],
    [/^(II\*\0|MM\0\*)/, { zh: 'TIFF图片', en: 'a TIFF picture' }, SAVE],
    [/^.{4}ftyp(hei|hev|mif1|msf1)/s, { zh: 'HEIC图片（苹果手机的格式）',
                                        en: 'a HEIC picture' }, PHONE],
    [/^.{4}ftypavi/s, { zh: 'AVIF图片', en: 'an AVIF picture' }, SAVE],
    [/^.{4}ftyp/s, { zh: '视频', en: 'a film' }, NO_PICTURE],
    [/^%PDF/, { zh: 'PDF文件', en: 'a PDF' }, SAVE],
    [/^PK\x03\x04/, { zh: '压缩包或Office文档',
                      en: 'an archive or a document' }, NO_PICTURE],
    [/^/, { zh: '其他类型的文件', en: 'a file of another kind' }, NO_PICTURE],
];

const EMPTY = {
    zh: '文件是空的（0字节），可能没有保存或下载完整。请重新保存后再选择，或另选一张。',
    en: 'The file is empty (0 bytes): perhaps it was not saved or downloaded '
        + 'whole. Save it again, or choose another one.',
};

function words(kind, advice) {
    return { zh: `这是${kind.zh}，不是JPG或JPEG格式的照片。${advice.zh}`,
             en: `This is ${kind.en}, and no JPEG. ${advice.en}` };
}

/**
 * Why a file cannot be the photo, in the page's language; null for a JPEG,
 * of which the server tells the rest.
 * @param {File} file
 */
export async function whyNoJpeg(file) {
    const head = String.fromCharCode(...new Uint8Array(
        await file.slice(0, HEAD).arrayBuffer()));

    if (head.startsWith('\xff\xd8\xff')) {
        return null;
    }

    const [, kind, advice] = KINDS.find(([start]) => start.test(head));
    const why = head === '' ? EMPTY : words(kind, advice);

    return language() === 'en' ? why.en : why.zh;
}
