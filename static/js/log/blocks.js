// Splits a message into blocks of lines: fenced code, quotes, lists, and the text between. Pure.

const FENCE = /^```([^`]*)$/; // opens a block of code; the text after the backticks is a language
const FENCE_END = /^```\s*$/;
const QUOTE = /^> ?/;
const BULLET = /^[-*•] +(?=\S)/;
const NUMBER = /^(\d{1,3})[.)] +(?=\S)/;
const BEGINS = /^(?:>|[-*•] |\d{1,3}[.)] )/m; // a line of a quote or a list
const LEAST_NUMBERED = 2; // items; one alone may be a date, as in "3. October"

/**
 * Returns the parts of a text: strings, and { kind: "block", text, language }, { kind: "quote", text } and
 * { kind: "list", items, start }, where `start` is the first number of a numbered list, else null. Line ends beside
 * a block belong to it. Takes linear time.
 */
export function blocks(text) {
  const parts = text.includes("```") ? fenced(text) : [text];
  return parts.flatMap((part) => (typeof part === "string" && BEGINS.test(part) ? grouped(part.split("\n")) : part));
}

/** Splits a text into blocks of code and strings. */
function fenced(text) {
  const lines = text.split("\n");
  const ends = lines.flatMap((line, place) => (FENCE_END.test(line) ? [place] : [])).reverse();
  const parts = [];
  let from = 0; // the first line that is in no part yet
  for (let place = 0; place < lines.length; place++) {
    const [, language] = FENCE.exec(lines[place]) ?? [];
    if (language === undefined) continue;
    const end = following(ends, place);
    if (!end) break;
    if (place > from) parts.push(lines.slice(from, place).join("\n"));
    parts.push({ kind: "block", text: lines.slice(place + 1, end).join("\n"), language: language.trim() });
    place = end;
    from = end + 1;
  }
  if (from < lines.length) parts.push(lines.slice(from).join("\n"));
  return parts;
}

/** Returns the first of some places, given in descending order, after `place`; drops those before. */
export function following(places, place) {
  while (places.at(-1) <= place) places.pop();
  return places.at(-1);
}

/** Returns lines as quotes, lists and strings: neighbours of one kind are one part. */
function grouped(lines) {
  const groups = [];
  for (const line of lines) {
    const kind = kindOf(line);
    if (groups.at(-1)?.kind === kind) groups.at(-1).lines.push(line);
    else groups.push({ kind, lines: [line] });
  }
  return joined(groups.map(part));
}

function kindOf(line) {
  if (QUOTE.test(line)) return "quote";
  if (BULLET.test(line)) return "bullets";
  return NUMBER.test(line) ? "numbers" : "text";
}

function part({ kind, lines }) {
  const without = (mark) => lines.map((line) => line.replace(mark, ""));
  if (kind === "quote") return { kind, text: without(QUOTE).join("\n") };
  if (kind === "bullets") return { kind: "list", items: without(BULLET), start: null };
  if (kind === "text" || lines.length < LEAST_NUMBERED) return lines.join("\n");
  return { kind: "list", items: without(NUMBER), start: Number(NUMBER.exec(lines[0])[1]) };
}

/** Joins texts that are neighbours after all. */
function joined(parts) {
  const result = [];
  for (const one of parts) {
    if (typeof one === "string" && typeof result.at(-1) === "string") result.push(`${result.pop()}\n${one}`);
    else result.push(one);
  }
  return result;
}
