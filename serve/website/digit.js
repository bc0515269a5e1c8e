"use strict";
// What was drawn, as a digit of MNIST.

const SIDE = 28, BOX = 20;

// A digit as MNIST has it: scaled into a box of 20 x 20, its centre of mass in the middle of 28 x 28.
function centred(ink) {
  const { width, height } = ink.canvas;
  const { data } = ink.getImageData(0, 0, width, height);
  let left = width, right = -1, top = height, bottom = -1;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      if (data[4 * (y * width + x)] > 0) {
        left = Math.min(left, x); right = Math.max(right, x); top = Math.min(top, y); bottom = Math.max(bottom, y);
      }
  if (right < 0) return null;
  const wide = right - left + 1, high = bottom - top + 1, scale = BOX / Math.max(wide, high);
  const small = scaled(ink, left, top, wide, high, Math.max(1, Math.round(wide * scale)), Math.max(1, Math.round(high * scale)));
  let mass = 0, sumX = 0, sumY = 0;
  small.pixels.forEach((value, place) => {
    mass += value; sumX += value * (place % small.width); sumY += value * Math.floor(place / small.width);
  });
  const shiftX = Math.round(SIDE / 2 - 0.5 - sumX / mass), shiftY = Math.round(SIDE / 2 - 0.5 - sumY / mass);
  const pixels = new Uint8Array(SIDE * SIDE);
  small.pixels.forEach((value, place) => {
    const x = place % small.width + shiftX, y = Math.floor(place / small.width) + shiftY;
    if (x >= 0 && x < SIDE && y >= 0 && y < SIDE) pixels[y * SIDE + x] = value;
  });
  return pixels;
}

// Each small pixel is the mean of the pixels that it covers.
function scaled(ink, left, top, wide, high, width, height) {
  const { data } = ink.getImageData(left, top, wide, high);
  const pixels = new Uint8Array(width * height);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const x0 = Math.floor(x * wide / width), x1 = Math.max(x0 + 1, Math.floor((x + 1) * wide / width));
      const y0 = Math.floor(y * high / height), y1 = Math.max(y0 + 1, Math.floor((y + 1) * high / height));
      let sum = 0;
      for (let j = y0; j < y1; j++) for (let i = x0; i < x1; i++) sum += data[4 * (j * wide + i)];
      pixels[y * width + x] = Math.round(sum / ((x1 - x0) * (y1 - y0)));
    }
  return { pixels, width, height };
}
