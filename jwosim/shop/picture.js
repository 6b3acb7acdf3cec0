// A code from a picture: read here where the browser can, else by the simulator.

import { upload } from './api.js';

// codeOn returns the text of the QR code on a picture file.
export async function codeOn(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    throw new Error('This file is no picture that the browser can show.');
  }
  try {
    return (await here(bitmap)) || (await upload('/gate/picture', await small(bitmap))).text;
  } finally {
    bitmap.close();
  }
}

async function here(bitmap) {
  if (!('BarcodeDetector' in window)) return '';
  try {
    if (!(await BarcodeDetector.getSupportedFormats()).includes('qr_code')) return '';
    const found = await new BarcodeDetector({ formats: ['qr_code'] }).detect(bitmap);
    return found[0]?.rawValue || '';
  } catch {
    return ''; // some browsers promise it and cannot
  }
}

// small is the picture at a size that is quick to send: a camera's is far larger
// than a code needs.
function small(bitmap) {
  const scale = Math.min(1, 1600 / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  canvas.getContext('2d').drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return new Promise((done, fail) => {
    canvas.toBlob((b) => (b ? done(b) : fail(new Error('The picture cannot be sent.'))), 'image/png');
  });
}
