// Makes elements.

import { t } from "../i18n/strings.js";

const REASON = 250; // characters

/** Returns an element with these properties, and with some content; what is falsy is left out. */
export function make(tag, properties = {}, ...content) {
  const element = document.createElement(tag);
  Object.assign(element, properties);
  element.append(...content.filter(Boolean));
  return element;
}

/** Returns a button that does something when it is pressed. */
export function button(words, act, className = "small") {
  const element = make("button", { type: "button", className }, words);
  element.addEventListener("click", act);
  return element;
}

/** Returns a line in which a dialog tells something, and the function that does; notices are behind it. */
export function teller() {
  const line = make("p", { className: "told", role: "status" });
  return [line, (words) => line.replaceChildren(words)];
}

let count = 0;

/** Returns a list to choose from; `options` are pairs of a value and its words. */
export function choice(words, options, properties = {}) {
  const [label, control] = field(words, properties, "select");
  control.append(...options.map(([value, shown]) => make("option", { value }, shown)));
  return [label, control];
}

/** Returns a box to tick, with its words. */
export function box(words, properties = {}) {
  const control = make("input", { type: "checkbox", ...properties });
  return [make("label", { className: "box" }, control, " ", words), control];
}

/** Returns a field with its label before it; `properties` are those of the field. */
export function field(words, properties, tag = "input") {
  const control = make(tag, { id: `field-${++count}`, ...properties });
  return [make("label", { htmlFor: control.id }, words), control];
}
/** Returns a field for the reason of an act, with its label. */
export function reasonField(value = "") {
  return field(t("menu.why"), { maxLength: REASON, dir: "auto", autocomplete: "off", value });
}
