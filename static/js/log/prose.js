// Renders a message's text as elements, without HTML.

import { parse } from "./markup.js";

const TAGS = { bold: "strong", italic: "em", code: "code", block: "pre", link: "a", name: "span" };

/** Returns the nodes of a text; mentions of `nick` are highlighted. */
export function prose(text, nick) {
  return parse(text, nick).map(show);
}

/** Returns a text with at most one blank line in a row. */
export function calm(text) {
  return text.replace(/\n\s*\n\s*\n/g, "\n\n");
}

function show(node) {
  if (typeof node === "string") return document.createTextNode(calm(node));
  const element = document.createElement(TAGS[node.kind]);
  element.append(...(node.children?.map(show) ?? [node.text]));
  if (node.kind === "link") lead(element, node.href);
  if (node.kind === "name") element.className = node.isMe ? "name me" : "name";
  if (node.kind === "block") element.tabIndex = 0; // it may scroll sideways
  return element;
}

/** Sets a link's address; its site gets no referrer and no access to the page. */
function lead(link, href) {
  link.href = href;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  link.referrerPolicy = "no-referrer";
  // Letters of other scripts may look alike: the encoded address shows the difference.
  if (/(^|\.)xn--/.test(new URL(href).hostname)) link.title = href;
}
