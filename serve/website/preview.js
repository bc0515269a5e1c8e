"use strict";
// A picture that was given, as the nets see it.

// What the server makes of a picture of another shape than the net's, in CSS and in words.
const FITS = {
  stretch: ["fill", "A picture is only scaled to the net's size, not cropped or centred."],
  crop: ["cover", "A picture is scaled to the net's size, and what juts out of its shape is cut off on both sides."],
  pad: ["contain", "A picture is scaled to the net's size as a whole; a rim fills up its shape."],
};
const fitOf = (model) => FITS[model?.fit] ?? FITS.stretch;

// What was given, in the shape that the nets see, where the browser can show it; the server may read it all the same.
function preview(file, model) {
  const address = URL.createObjectURL(file);
  const picture = document.createElement("img");
  picture.id = "preview";
  picture.alt = `The picture that was given: ${file.name}`;
  picture.addEventListener("load", () => URL.revokeObjectURL(address));
  picture.addEventListener("error", () => { URL.revokeObjectURL(address); picture.remove(); });
  if (model) picture.style.aspectRatio = `${model.shape[2]} / ${model.shape[1]}`;
  picture.style.objectFit = fitOf(model)[0];
  picture.style.background = model?.ground ?? "white";
  picture.src = address;
  return picture;
}

// An image of the data set: base64 of its pixels, channel after channel.
function example(content, [channels, height, width]) {
  const pixels = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const made = document.createElement("canvas");
  [made.width, made.height, made.className] = [width, height, "example"];
  made.setAttribute("role", "img");
  made.setAttribute("aria-label", "An image of the data set");
  const seen = new ImageData(width, height);
  for (let place = 0; place < width * height; place++)
    for (let part = 0; part < 4; part++)
      seen.data[4 * place + part] = part === 3 ? 255 : pixels[(channels === 1 ? 0 : part) * width * height + place];
  made.getContext("2d").putImageData(seen, 0, 0);
  return made;
}
