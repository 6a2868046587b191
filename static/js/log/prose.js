// Shows what a message says as elements, one for each mark in it. Text stays text.

import { parse } from "./markup.js";

const TAGS = { bold: "strong", italic: "em", code: "code", block: "pre", link: "a", name: "span" };

/** Returns the nodes that show a text; mentions of `nick` stand out. */
export function prose(text, nick) {
  return parse(text, nick).map(show);
}

/** A text without the gaps that would push the others out of sight. */
export function calm(text) {
  return text.replace(/\n\s*\n\s*\n/g, "\n\n");
}

function show(node) {
  if (typeof node === "string") return document.createTextNode(calm(node));
  const element = document.createElement(TAGS[node.kind]);
  element.append(...(node.children?.map(show) ?? [node.text]));
  if (node.kind === "link") lead(element, node.href);
  if (node.kind === "name") element.className = node.isMe ? "name me" : "name";
  if (node.kind === "block") element.tabIndex = 0; // it may be wider than the page, and scroll
  return element;
}

/** Lets a link lead to where it says, which learns nothing of us. */
function lead(link, href) {
  link.href = href;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  link.referrerPolicy = "no-referrer";
  // Letters of other scripts look like others: the address tells which they are.
  if (new URL(href).hostname.startsWith("xn--")) link.title = href;
}
