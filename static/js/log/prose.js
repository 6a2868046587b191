// Renders a message's text as elements, without HTML.

import { t } from "../i18n/strings.js";
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
  return node.kind === "block" ? withCopying(element) : element;
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

/** Sets a link's address; its site gets no referrer and no access to the page. */
function lead(link, href) {
  link.href = href;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  link.referrerPolicy = "no-referrer";
  // Letters of other scripts may look alike: the encoded address shows the difference.
  if (/(^|\.)xn--/.test(new URL(href).hostname)) link.title = href;
}
