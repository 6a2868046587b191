// The buttons above the field that put marks around what is selected there.

import { t } from "../i18n/strings.js";
import { icon } from "../log/bar.js";
import { button, make } from "../panels/make.js";
import { insert } from "./insertion.js";

const AROUND = { bold: ["**", "B"], italic: ["*", "I"], struck: ["~~", "S"], code: ["`", "‹›"] };
const BEFORE = { quote: ["> ", "❝"], list: ["- ", "•"] }; // each line

/** Puts the buttons before a field's form, once; `onHide` is called when the user hides them, `onHelp` opens the help. */
export function offerMarks(form, field, { onHide, onHelp }) {
  if (document.querySelector(".marks")) return;
  const one = (name, shown, act) => {
    const element = button(shown, act, `plain mark-${name}`);
    element.ariaLabel = element.title = t(`mark.${name}`);
    return element;
  };
  const bar = make(
    "div",
    { className: "marks", role: "toolbar", ariaLabel: t("mark.title") },
    ...Object.entries(AROUND).map(([name, [mark, shown]]) => one(name, shown, () => surround(field, mark))),
    ...Object.entries(BEFORE).map(([name, [mark, shown]]) => one(name, shown, () => begin(field, mark))),
    one("link", icon("link"), () => link(field)),
    one("help", "?", onHelp),
    one("hide", "×", onHide),
  );
  bar.addEventListener("pointerdown", (event) => event.preventDefault()); // the field keeps the focus
  bar.addEventListener("keydown", (event) => step(event, bar));
  [...bar.children].forEach((element, place) => (element.tabIndex = place ? -1 : 0)); // arrow keys go on from the first
  form.before(bar);
}

function surround(field, mark) {
  const { value, selectionStart: start, selectionEnd: end } = field;
  replace(field, `${mark}${value.slice(start, end)}${mark}`, start, end, mark.length);
}

function begin(field, mark) {
  const { value, selectionEnd: end } = field;
  const start = value.lastIndexOf("\n", field.selectionStart - 1) + 1;
  const words = value.slice(start, end).split("\n").map((line) => mark + line).join("\n");
  replace(field, words, start, end, 0);
}

function link(field) {
  const { value, selectionStart: start, selectionEnd: end } = field;
  replace(field, `[${value.slice(start, end)}](https://)`, start, end, start === end ? "](https://)".length : 1);
}

/** Replaces a part of a field, and puts the caret `back` characters before its end. */
function replace(field, words, start, end, back) {
  field.focus();
  insert(field, words, start, end);
  field.selectionStart = field.selectionEnd = start + words.length - back;
}

/** Moves the focus by the arrow keys. */
function step(event, bar) {
  const forward = bar.matches(":dir(rtl)") ? "ArrowLeft" : "ArrowRight";
  const way = { ArrowLeft: -1, ArrowRight: 1, [forward]: 1 }[event.key];
  if (!way) return;
  event.preventDefault();
  const all = [...bar.children];
  all.at((all.indexOf(document.activeElement) + way) % all.length).focus();
}
