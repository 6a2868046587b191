// Reads the marks in a message: **bold**, *italic*, `code`, fenced code, links, @names. Pure.

import { mentions } from "../state/mention.js";

const FENCE = /^```[^`]*$/; // opens a block; what it says behind the marks is a language
const FENCE_END = /^```\s*$/;
const PLAIN = /[^*`@h]+|h+(?!ttps?:\/\/)/iy; // what is surely no mark
const STARS = /\*+/y;
const TICKS = /`+/g;
const LINK = /https?:\/\/[^\s<>"`\p{Cc}\p{Bidi_Control}]+/iuy;
const NAME = /@[\p{L}\p{N}](?:-?[\p{L}\p{N}\p{M}_])*/uy;
const WORD = /[\p{L}\p{N}\p{M}_]/u;
const GAP = /^\s?$/u; // also the start and the end
// Letters of these need no gap between words, so marks may stand right beside them.
const DENSE = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Hang}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}]/u;
const TRAILING = /[.,;:!?'*_~)\]}…。、，！？）」]/u; // ends a sentence rather than an address
const PAIRS = { ")": "(", "]": "[", "}": "{" };
const KINDS = { 1: ["italic"], 2: ["bold"], 3: ["bold", "italic"] }; // by the number of stars
const ACTION = /^\/me\s+(?=\S)/;

/**
 * Returns what a text consists of, as nodes. A node is a string, or one of
 *   { kind: "bold" | "italic", children }
 *   { kind: "code", text }         in a line
 *   { kind: "block", text }        of lines, in a box of its own
 *   { kind: "link", text, href }   to http or https
 *   { kind: "name", text, isMe }   after an @; `nick` tells who "me" is
 * What is not closed, or marks nothing, is text as it stands. Takes linear time.
 */
export function parse(text, nick = "") {
  const parts = blocks(text);
  return parts.flatMap((part) => (typeof part === "string" ? new Line(part, nick).read() : part));
}

/** A text as it reads, without its marks. */
export function plain(text) {
  return parse(text).map(said).join("").trim();
}

/** What somebody does, in a text that begins with "/me"; null for any other. */
export function actionOf(text) {
  return ACTION.test(text) ? text.replace(ACTION, "") : null;
}

function said(node) {
  if (typeof node === "string") return node;
  const text = node.text ?? node.children.map(said).join("");
  return node.kind === "block" ? `\n${text}\n` : text;
}

/** A text as blocks of code and strings in between; the line ends beside a block are part of it. */
function blocks(text) {
  if (!text.includes("```")) return [text];
  const lines = text.split("\n");
  const ends = lines.flatMap((line, place) => (FENCE_END.test(line) ? [place] : [])).reverse();
  const parts = [];
  let from = 0; // the first line that is in no part yet
  for (let place = 0; place < lines.length; place++) {
    if (!FENCE.test(lines[place])) continue;
    const end = following(ends, place);
    if (!end) break;
    if (place > from) parts.push(lines.slice(from, place).join("\n"));
    parts.push({ kind: "block", text: lines.slice(place + 1, end).join("\n") });
    place = end;
    from = end + 1;
  }
  if (from < lines.length) parts.push(lines.slice(from).join("\n"));
  return parts;
}

/** The first of the places, given from the last, that is behind another; those before are dropped. */
function following(places, place) {
  while (places.at(-1) <= place) places.pop();
  return places.at(-1);
}

/** Reads a text without blocks from left to right, once. */
class Line {
  #text;
  #at = 0;
  #nodes = []; // read so far; a mark that may open something stands there as { mark, kind }
  #open = new Map(); // by kind: where in the nodes its last mark is
  #mine; // ends of mentions of the user, by their start
  #ticks = new Map(); // starts of runs of backticks, from the last, by their length

  constructor(text, nick) {
    this.#text = text;
    this.#mine = new Map(mentions(text, nick));
    for (const { 0: run, index } of [...text.matchAll(TICKS)].reverse()) {
      const same = this.#ticks.get(run.length);
      if (same) same.push(index);
      else this.#ticks.set(run.length, [index]);
    }
  }

  read() {
    while (this.#at < this.#text.length) {
      const plain = this.#take(PLAIN);
      if (plain) this.#nodes.push(plain);
      else this.#readMark(this.#text[this.#at]);
    }
    return joined(this.#nodes);
  }

  #readMark(first) {
    if (first === "*") this.#readStars();
    else if (first === "`") this.#readCode();
    else if (first === "@") this.#readName();
    else this.#readLink();
  }

  #readStars() {
    const before = this.#before;
    const stars = this.#take(STARS);
    const after = this.#text[this.#at] ?? "";
    const kinds = KINDS[stars.length] ?? [];
    const closes = !GAP.test(before) && !isInWord(after);
    const opens = !GAP.test(after) && !isInWord(before);
    const closed = closes ? kinds.toReversed().filter((kind) => this.#close(kind)) : [];
    const rest = kinds.filter((kind) => !closed.includes(kind));
    if (!kinds.length) this.#nodes.push(stars);
    for (const kind of rest) {
      if (opens) this.#open.set(kind, this.#nodes.length);
      this.#nodes.push({ kind, mark: kind === "bold" ? "**" : "*" });
    }
  }

  /** Makes a node of all since the last mark of a kind; returns whether there was one. */
  #close(kind) {
    const start = this.#open.get(kind);
    if (start === undefined || start === this.#nodes.length - 1) return false;
    const [, ...children] = this.#nodes.splice(start);
    this.#nodes.push({ kind, children: joined(children) });
    for (const [other, place] of this.#open) if (place >= start) this.#open.delete(other);
    return true;
  }

  #readCode() {
    const start = this.#at;
    let end = start;
    while (this.#text[end] === "`") end += 1;
    const close = following(this.#ticks.get(end - start), start);
    const code = close ? this.#text.slice(end, close) : "";
    this.#at = code.trim() ? close + end - start : end;
    this.#nodes.push(code.trim() ? { kind: "code", text: padless(code) } : this.#since(start));
  }

  #readName() {
    const start = this.#at;
    const isStart = !WORD.test(this.#before);
    const isMe = this.#mine.has(start);
    if (isMe) this.#at = this.#mine.get(start);
    else if (!isStart || !this.#take(NAME)) this.#at += 1;
    const text = this.#since(start);
    this.#nodes.push(text.length > 1 ? { kind: "name", text, isMe } : text);
  }

  #readLink() {
    const start = this.#at;
    const isStart = !WORD.test(this.#before);
    const found = this.#take(LINK);
    const text = isStart && found ? trimmed(found) : null;
    const href = text && addressOf(text);
    if (!found) this.#at += 4; // past the h that it is
    if (href) this.#at = start + text.length;
    this.#nodes.push(href ? { kind: "link", text, href } : this.#since(start));
  }

  get #before() {
    return this.#text[this.#at - 1] ?? "";
  }

  #since(start) {
    return this.#text.slice(start, this.#at);
  }

  /** Takes what fits here, if anything does. */
  #take(pattern) {
    pattern.lastIndex = this.#at;
    const [found = ""] = pattern.exec(this.#text) ?? [];
    this.#at += found.length;
    return found;
  }
}

/** Whether a letter or digit beside a mark makes it part of a word, or of a sum. */
function isInWord(character) {
  return WORD.test(character) && !DENSE.test(character);
}

/** Code without the blanks that keep it from backticks at its ends. */
function padless(code) {
  return code.startsWith(" ") && code.endsWith(" ") ? code.slice(1, -1) : code;
}

/** A link without what is rather of the sentence around it. A bracket that it opened stays. */
function trimmed(link) {
  const count = (wanted) => link.split(wanted).length - 1;
  const extra = Object.fromEntries(
    Object.entries(PAIRS).map(([close, open]) => [close, count(close) - count(open)]),
  );
  let end = link.length;
  for (; TRAILING.test(link[end - 1]); end--) {
    const last = link[end - 1];
    if (last in extra && extra[last]-- <= 0) break;
  }
  return link.slice(0, end);
}

/** The address that a link goes to; null if it is none. */
function addressOf(link) {
  try {
    return new URL(link).href;
  } catch {
    return null;
  }
}

/** Nodes with strings beside each other made one, and marks that mark nothing made text. */
function joined(nodes) {
  const result = [];
  for (const node of nodes) {
    const text = node.mark ?? node;
    if (typeof text !== "string") result.push(text);
    else if (typeof result.at(-1) === "string") result[result.length - 1] += text;
    else result.push(text);
  }
  return result;
}
