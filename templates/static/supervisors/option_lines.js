// The lines of options: read, written, and what keeps them from being options.

const COLOR = /^#(?:[0-9a-f]{6}|[0-9a-f]{8})$/i;

export function parsed(line) {
  const [value = "", label = "", ...rest] = line.split("|").map((part) => part.trim());
  return { value, label, color: rest.join(" | ") };
}

export function written({ value, label, color }) {
  const parts = [value, label || (color ? value : ""), color];
  while (parts.length > 1 && !parts.at(-1)) {
    parts.pop();
  }
  return parts.join(" | ");
}

/** No value may hold a comma, and a label that begins with a digit has no key. */
export function valueFor(label) {
  const key = /^\p{N}/u.test(label) ? "" : window.keyFor(label);
  return key || label.replace(/[,|]+/g, " ").trim();
}

/** The options without those that an earlier one says word for word, and the values of these. */
export function dropRepeated(options) {
  const seen = new Set();
  const dropped = new Set();
  const kept = options.filter((option) => {
    const line = written(option);
    if (seen.has(line)) {
      dropped.add(option.value);
      return false;
    }
    seen.add(line);
    return true;
  });
  return { kept, dropped: [...dropped] };
}

/** What is wrong, by the place of the option and the part of it. */
export function problemsOf(options) {
  const seen = new Set();
  return options.flatMap(({ value, label, color }, at) => {
    const found = [];
    if (!value && (label || color)) {
      found.push({ at, part: "value", text: `“${label || color}” has no value, and is not kept.` });
    } else if (seen.has(value) && value) {
      const text = `The value “${value}” is there twice.`;
      found.push({ at, part: "value", text, value, isRepeated: true });
    } else if (value.includes(",")) {
      found.push({ at, part: "value", text: `The value “${value}” may not hold a comma.` });
    }
    seen.add(value);
    if (color && !COLOR.test(color)) {
      const text = `“${color}” of “${label || value}” is no colour: choose one, or write it like #a9a9a9.`;
      found.push({ at, part: "color", text });
    }
    return found;
  });
}
