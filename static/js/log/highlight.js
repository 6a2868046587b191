// Colours in blocks of code: a small tokenizer for what most languages have in common. Pure but for `paint`.

const WORDS = new Set(
  (
    "abstract and as async await bool boolean break case catch char class const continue crate def default defer del do double elif " +
    "else end enum except export extends extern false False final finally float fn for foreach from func function global go goto if " +
    "impl implements import in int interface is lambda let long loop match mod module move mut namespace new nil None nonlocal not " +
    "null or override package pass private protected pub public raise ref return self Self static str string struct super switch " +
    "template then this throw trait true True try type typeof undefined union unsafe use using var void where while with yield " +
    "select insert update delete create table from where group order by join SELECT INSERT UPDATE DELETE CREATE TABLE FROM WHERE " +
    "GROUP ORDER BY JOIN VALUES INTO SET echo fi done esac local exit"
  ).split(" "),
);
const HASH = /^(?:py|python|sh|bash|zsh|shell|console|rb|ruby|yaml|yml|toml|ini|conf|make|makefile|perl|pl|r|dockerfile)$/i;
const DASHES = /^(?:sql|lua|haskell|hs|ada)$/i;
const NONE = /^(?:|text|txt|plain|diff|log)$/i;
const LONGEST = 20_000; // UTF-16 units of a block; a longer one stays plain
const STRING = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\[^]|[^`\\])*`/.source;
const COMMENTS = { hash: "#[^\\n]*", dashes: "--[^\\n]*", slashes: "//[^\\n]*|/\\*[^]*?\\*/|<!--[^]*?-->" };

/** Returns code as [kind, text] pairs, in order; the kind is "comment", "string", "number", "word" or "". */
export function tokens(code, language) {
  if (NONE.test(language) || code.length > LONGEST) return [["", code]];
  const comment = COMMENTS[HASH.test(language) ? "hash" : DASHES.test(language) ? "dashes" : "slashes"];
  const pattern = new RegExp(`(${comment})|(${STRING})|(\\b\\d[\\w.]*)|([A-Za-z_]\\w*)`, "g");
  const found = [];
  let done = 0;
  for (const { 0: text, 1: isComment, 2: isString, 3: isNumber, index } of code.matchAll(pattern)) {
    const kind = isComment ? "comment" : isString ? "string" : isNumber ? "number" : WORDS.has(text) ? "word" : "";
    if (!kind) continue;
    if (index > done) found.push(["", code.slice(done, index)]);
    found.push([kind, text]);
    done = index + text.length;
  }
  if (done < code.length) found.push(["", code.slice(done)]);
  return found;
}

/** Colours the code in an element. */
export function paint(element, language) {
  const parts = tokens(element.textContent, language).map(([kind, text]) => {
    if (!kind) return text;
    const span = document.createElement("span");
    span.className = `code-${kind}`;
    span.textContent = text;
    return span;
  });
  element.replaceChildren(...parts);
}
