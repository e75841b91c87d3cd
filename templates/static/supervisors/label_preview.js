// Lets the chip on a label's form follow its name and colour.
"use strict";

function luminance(color) {
  const parts = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16) / 255);
  const [red, green, blue] = parts.map((part) =>
    part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

document.addEventListener("DOMContentLoaded", () => {
  const chip = document.querySelector("#label-preview .cxc-chip");
  const name = document.getElementById("id_name");
  const color = document.getElementById("id_color");
  if (!chip || !name || !color) {
    return;
  }
  function draw() {
    chip.textContent = name.value.trim() || "Label";
    if (/^#[0-9a-f]{6}/i.test(color.value)) {
      chip.style.background = color.value.slice(0, 7);
      // Black and white stand out alike at this luminance.
      chip.style.color = luminance(color.value) > 0.179 ? "#000000" : "#ffffff";
    }
  }
  name.addEventListener("input", draw);
  color.addEventListener("input", draw);
});
