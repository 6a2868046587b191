// Renders a message's text as elements, without HTML.

import { t } from "../i18n/strings.js";
import { parse } from "./markup.js";

const TAGS = { bold: "strong", italic: "em", struck: "s", code: "code", block: "pre", link: "a", name: "span", quote: "blockquote" };

/** Shows a text, with `words` in it highlighted once what does that is loaded. */
export const light = { show: (text) => document.createTextNode(text) };

/** Returns the nodes of a text; mentions of `nick`, other names that the room `knows`, and some `words` are highlighted. */
export function prose(text, nick, knows = () => true, words = []) {
  return parse(text, nick).map((node) => show(node, knows, words));
}

/** Returns a text with at most one blank line in a row. */
export function calm(text) {
  return text.replace(/\n\s*\n\s*\n/g, "\n\n");
}

function show(node, knows, words) {
  if (typeof node === "string") return light.show(calm(node), words);
  if (node.kind === "list") return list(node, knows, words);
  if (node.kind === "name" && !node.isMe && !knows(node.text.slice(1))) return document.createTextNode(node.text);
  const element = document.createElement(TAGS[node.kind]);
  element.append(...(node.children?.map((child) => show(child, knows, words)) ?? [node.text]));
  if (node.kind === "link") return lead(element, node);
  if (node.kind === "name") element.className = node.isMe ? "name me" : "name";
  if (node.kind === "block" && node.language) colour(element, node.language);
  return node.kind === "block" ? withCopying(element) : element;
}

function list({ items, start }, knows, words) {
  const element = document.createElement(start === null ? "ul" : "ol");
  if (start !== null) element.start = start;
  element.append(
    ...items.map((item) => {
      const one = document.createElement("li");
      one.append(...item.map((child) => show(child, knows, words)));
      return one;
    }),
  );
  return element;
}

/** Colours a block of code as soon as the module that can is loaded; it stays plain without. */
function colour(block, language) {
  import("./highlight.js").then(({ paint }) => paint(block, language), () => {});
}

/** Returns a block of code with a button that copies it; whoever listens to the log does that. */
function withCopying(block) {
  block.tabIndex = 0; // it may scroll sideways
  const button = document.createElement("button");
  Object.assign(button, { type: "button", className: "plain", ariaLabel: t("row.copy"), title: t("row.copy") });
  button.dataset.act = "copy";
  const box = document.createElement("div");
  box.className = "code";
  box.append(block, button);
  return box;
}

/**
 * Sets a link's address; its site gets no referrer and no access to the page. Behind a text that is not the address
 * stands where the link leads.
 */
function lead(link, { href, host }) {
  link.href = href;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  link.referrerPolicy = "no-referrer";
  // Letters of other scripts may look alike: the encoded address shows the difference.
  if (host || /(^|\.)xn--/.test(new URL(href).hostname)) link.title = href;
  if (!host) return link;
  const place = document.createElement("bdi");
  place.className = "host";
  place.textContent = ` (${host})`;
  link.append(place);
  return link;
}
