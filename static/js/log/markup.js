// Parses the marks in a message: **bold**, *italic*, ~~struck~~, `code`, links, @names, and blocks of lines. Pure.

import { mentions } from "../state/mention.js";
import { blocks, following } from "./blocks.js";

const PLAIN = /[^*~`@h[]+|h+(?!ttps?:\/\/)/iy; // text without marks
const RUN = /\*+|~+/y;
// A text with an address of its own. What is too long is none.
const NAMED = /\[([^[\]\n]{1,200})\]\((https?:\/\/[^\s()]{1,2000})\)/iy;
const TICKS = /`+/g;
// Up to white space, or punctuation other than ASCII that is not within a word.
const LINK = /https?:\/\/(?:[!#-;=?-[\]^_a-~]|[^\0-\x7f\s\p{P}\p{Cc}\p{Bidi_Control}\u200b\u2060\ufeff＄＋＜＝＞＾｀｜～]|[··׳״־་፡‐-–’‧〜・･](?=[\p{L}\p{N}\p{M}]))+/iuy;
const NAME = /@[\p{L}\p{N}](?:-?[\p{L}\p{N}\p{M}_])*/uy;
const WORD = /[\p{L}\p{N}\p{M}_]/u;
const GAP = /^\s?$/u; // also matches the start and the end
// Scripts without spaces between words, so that marks may stand right beside their letters.
const DENSE = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Hang}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}]/u;
// A host, right behind which such a script goes on.
const HOST = new RegExp(`^https?://(?:[\\w-]+\\.)+[a-z]{2,}(?::\\d+)?(?=${DENSE.source})`, "iu");
// The host in an address, as it is written.
const AUTHORITY = /^https?:\/+([^/?#]*)/i;
// A part of a host's name in which letters of other scripts can be taken for those of Latin: among
// such, or all of them. Chromium shows these in punycode, by a list like this one.
const SCRIPTS = [/\p{sc=Latn}/u, /\p{sc=Cyrl}/u, /\p{sc=Grek}/u, /\p{sc=Armn}|\p{sc=Cher}|\p{sc=Copt}|\p{sc=Geor}|\p{sc=Lisu}/u];
const ALIKE = /^(?=.*[^\0-\x7f])[0-9\-асԁеһіјӏорԛѕԝхуъЬҽпгѵѡαικνοπρτυωհոսցօզᴀᴄᴇᴏᴜᴠᴡᴢıȷɑɡ]+$/u;
// What looks like a slash, a colon or another sign that ends a host.
const SIGNS = /(?![\0-\x7f])\p{Sm}|[\ua789\u02d0\u02f8\u0337\u0338]|[a-z0-9-][ノソゾン丶丿]|[ノソゾン丶丿][a-z0-9-]/u;
const TRAILING = /[.,;:!?'*_~([{]/; // belongs to the sentence rather than to the address
const PAIRS = { ")": "(", "]": "[", "}": "{" };
const KINDS = { "*": ["italic"], "**": ["bold"], "***": ["bold", "italic"], "~~": ["struck"] };
const MARKS = { italic: "*", bold: "**", struck: "~~" };
// One emoji as it is seen: a flag, or a picture with its tone and what is joined to it.
const PICTURE = "(?:(?!\\p{Regional_Indicator})\\p{Emoji_Presentation}|\\p{Extended_Pictographic}\\ufe0f)\\p{Emoji_Modifier}?";
const JOINED = "(?:\\u200d\\p{Extended_Pictographic}\\ufe0f?\\p{Emoji_Modifier}?)*";
const EMOJI = `(?:\\p{Regional_Indicator}{2}|${PICTURE}${JOINED})`;
const LONGEST_EMOJI = 100; // UTF-16 units of a text that is looked at
const FEW_EMOJI = new RegExp(`^\\s*(?:${EMOJI}\\s*){1,3}$`, "u"); // and nothing else
const ACTION = /^\/me\s+(?=\S)/;

/**
 * Returns a text as nodes. A node is a string, or one of
 *   { kind: "bold" | "italic" | "struck" | "quote", children }
 *   { kind: "list", items, start }   each item is a list of nodes; numbered from `start`, if that is not null
 *   { kind: "code", text }           within a line
 *   { kind: "block", text, language }   of whole lines
 *   { kind: "link", text, href, host? }   to http or https; with the host if the text is not the address
 *   { kind: "name", text, isMe }   with its @; `isMe` if it is `nick`
 * Marks that are not closed stay text. Takes linear time.
 */
export function parse(text, nick = "") {
  const read = (words) => new Line(words, nick).read();
  return blocks(text).flatMap((part) => {
    if (typeof part === "string") return read(part);
    if (part.kind === "quote") return { kind: "quote", children: read(part.text) };
    return part.kind === "list" ? { ...part, items: part.items.map(read) } : part;
  });
}

/** Returns a text without its marks. */
export function plain(text) {
  return parse(text).map(said).join("").trim();
}

/** Returns the action in a text that begins with "/me"; null for any other text. */
export function actionOf(text) {
  return ACTION.test(text) ? text.replace(ACTION, "") : null;
}

/** Whether a text is up to three emoji alone. */
export function isEmojiAlone(text) {
  return text.length < LONGEST_EMOJI && FEW_EMOJI.test(text);
}

function said(node) {
  if (typeof node === "string") return node;
  const { kind, items, host } = node;
  if (items) return `\n${items.map((item) => `• ${item.map(said).join("")}`).join("\n")}\n`;
  const text = (node.text ?? node.children.map(said).join("")) + (host ? ` (${host})` : "");
  return kind === "block" || kind === "quote" ? `\n${text}\n` : text;
}

/** Parses a text without blocks, from left to right. */
class Line {
  #text;
  #at = 0;
  #nodes = []; // so far; a mark that may open something is { mark, kind }
  #open = new Map(); // the index of the last opening mark in the nodes, by kind
  #mine; // the ends of mentions of the user, by start
  #ticks = new Map(); // the starts of runs of backticks, descending, by length

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
    if (first === "*" || first === "~") this.#readRun();
    else if (first === "[") this.#readNamed();
    else if (first === "`") this.#readCode();
    else if (first === "@") this.#readName();
    else this.#readLink();
  }

  /** Reads a run of stars or tildes. */
  #readRun() {
    const before = this.#before;
    const run = this.#take(RUN);
    const after = this.#text[this.#at] ?? "";
    const kinds = KINDS[run] ?? [];
    const closes = !GAP.test(before) && !isInWord(after);
    const opens = !GAP.test(after) && !isInWord(before);
    const closed = closes ? [...kinds].reverse().filter((kind) => this.#close(kind)) : [];
    const rest = kinds.filter((kind) => !closed.includes(kind));
    if (!kinds.length) this.#nodes.push(run);
    for (const kind of rest) {
      if (opens) this.#open.set(kind, this.#nodes.length);
      this.#nodes.push({ kind, mark: MARKS[kind] });
    }
  }

  /** Makes a node of everything since the opening mark of a kind; returns whether there was one. */
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

  #readNamed() {
    const start = this.#at;
    const found = this.#take(NAMED);
    NAMED.lastIndex = start;
    const [, text, link] = (found && NAMED.exec(this.#text)) || [];
    const href = text?.trim() && addressOf(link);
    if (!href) this.#at = start + 1;
    this.#nodes.push(href ? { kind: "link", text, href, host: new URL(href).host } : "[");
  }

  #readLink() {
    const start = this.#at;
    const before = this.#before;
    const found = this.#take(LINK);
    const text = found && !isInWord(before) ? trimmed(found, before) : null;
    const href = text && addressOf(text);
    if (!found) this.#at += 4; // past the "http"
    if (href) this.#at = start + text.length;
    this.#nodes.push(href ? { kind: "link", text, href } : this.#since(start));
  }

  get #before() {
    return [...this.#text.slice(Math.max(0, this.#at - 2), this.#at)].at(-1) ?? "";
  }

  #since(start) {
    return this.#text.slice(start, this.#at);
  }

  /** Matches a sticky pattern here; returns the match, if any, and moves behind it. */
  #take(pattern) {
    pattern.lastIndex = this.#at;
    const [found = ""] = pattern.exec(this.#text) ?? [];
    this.#at += found.length;
    return found;
  }
}

/** Whether a letter or digit beside a mark makes it part of a word or a calculation. */
function isInWord(character) {
  return WORD.test(character) && !DENSE.test(character);
}

/** Returns code without the blanks that separate it from backticks at its ends. */
function padless(code) {
  return code.startsWith(" ") && code.endsWith(" ") ? code.slice(1, -1) : code;
}

/** Returns a link without what belongs to the sentence, given the character before it. */
function trimmed(link, before) {
  const [host] = HOST.exec(link) ?? [];
  let end = endOf(link, before);
  while (TRAILING.test(link[end - 1])) end--;
  return host ?? link.slice(0, end);
}

/** Returns where a bracket ends it that it has not opened, or the quote before it. */
function endOf(link, before) {
  const open = { "(": 0, "[": 0, "{": 0 };
  for (let place = 0; place < link.length; place++) {
    const character = link[place];
    if (character in open) open[character]++;
    else if (character in PAIRS && open[PAIRS[character]]-- <= 0) return place;
    else if (character === "'" && before === "'") return place;
  }
  return link.length;
}

/** Returns the address of a link; null if it is not valid, or its host is another one than it seems. */
function addressOf(link) {
  const [, host] = AUTHORITY.exec(link);
  if (host.includes("@") || host.split(".").some(isDisguised)) return null;
  try {
    return new URL(link).href;
  } catch {
    return null;
  }
}

/** Whether a part of a host's name looks like another one. */
function isDisguised(label) {
  const letters = label.normalize("NFKC").toLowerCase();
  return ALIKE.test(letters) || SIGNS.test(letters) || SCRIPTS.filter((script) => script.test(letters)).length > 1;
}

/** Returns nodes with unclosed marks as text, and adjacent strings joined. */
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
