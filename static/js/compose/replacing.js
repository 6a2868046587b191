// Has emoticons and codes in the field become emoji as they are typed; to undo it gives back what was typed.

import { insert } from "./insertion.js";

let known = null; // {emojiBefore, emojiOf}, once something is typed and they are loaded

/** Watches a field of `form`. */
export function replaceIn(form, field) {
  const replace = (isSent) => {
    const { value, selectionStart, selectionEnd } = field;
    const before = value.slice(0, selectionStart);
    const found = selectionStart === selectionEnd && known?.emojiBefore(before, { isSent, emojiOf: known.emojiOf });
    if (found) insert(field, found.emoji + value.slice(found.end, selectionStart), found.start, selectionStart);
  };
  field.addEventListener("input", ({ inputType, data, isComposing }) => {
    if (/[:;<]/.test(field.value)) load();
    if (inputType === "insertText" && !isComposing && /[\s:]/.test(data ?? "")) replace(false);
  });
  // Before the text is taken from the field.
  form.addEventListener("submit", () => replace(true), { capture: true });
}

async function load() {
  if (known) return;
  const loaded = await Promise.all([import("./emoticons.js"), import("./emoji.js")]).catch(() => []);
  if (loaded.length) known = Object.assign({}, ...loaded);
}
