// Rules of marks in messages: what they become, what stays text, and that parsing takes linear time.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { actionOf, isEmojiAlone, parse, plain } from "../../../static/js/log/markup.js";

// What the server takes for a link; tests/unit/test_web_links.py reads it, too.
const SHARED = JSON.parse(readFileSync(new URL("links.json", import.meta.url), "utf8"));
const OF_SERVER = new RegExp(SHARED.pattern, "i");

const bold = (...children) => ({ kind: "bold", children });
const italic = (...children) => ({ kind: "italic", children });
const code = (text) => ({ kind: "code", text });
const block = (text, language = "") => ({ kind: "block", text, language });
const struck = (...children) => ({ kind: "struck", children });
const quote = (...children) => ({ kind: "quote", children });
const list = (start, ...items) => ({ kind: "list", items: items.map((item) => [item].flat()), start });
const named = (text, href, host) => ({ kind: "link", text, href, host });
const link = (text, href = text) => ({ kind: "link", text, href });
const name = (text, isMe = false) => ({ kind: "name", text, isMe });

/** All text in nodes, without the marks. */
function flat(nodes) {
  return nodes
    .map((node) => node.text ?? (node.children ? flat(node.children) : (node.items?.map(flat).join("\n") ?? node)))
    .join("");
}

function links(nodes) {
  return nodes.flatMap((node) => {
    if (node.href) return [node];
    return node.items ? node.items.flatMap(links) : links(node.children ?? []);
  });
}

function isSubsequence(part, whole) {
  let at = 0;
  for (const character of part) at = whole.indexOf(character, at) + 1 || Infinity;
  return at !== Infinity;
}

for (const [rule, text, ...nodes] of [
  ["text is text", "tea & <b>milk</b> &amp;", "tea & <b>milk</b> &amp;"],
  ["nothing is nothing", ""],
  ["two stars are bold, one italic", "a **b** *c*", "a ", bold("b"), " ", italic("c")],
  ["three are both", "***a***", bold(italic("a"))],
  ["they may be in each other", "**a *b* c**", bold("a ", italic("b"), " c")],
  ["but not across each other", "*a **b* c**", italic("a **b"), " c**"],
  ["a mark that is not closed is text", "*a **b", "*a **b"],
  ["the nearest one opens", "*a *b*", "*a ", italic("b")],
  ["stars beside blanks are text", "2 * 3 * 4, ** a **", "2 * 3 * 4, ** a **"],
  ["stars in words and sums are text", "2*3*4 a**b**c", "2*3*4 a**b**c"],
  ["where words have no gaps they are marks", "你好**重要**吧", "你好", bold("重要"), "吧"],
  ["marks may be beside punctuation", "(*a*)!", "(", italic("a"), ")!"],
  ["marks go over line ends", "*a\nb*", italic("a\nb")],
  ["empty marks are text", "**** ** **", "**** ** **"],
  ["code keeps its marks", "`*a* @b http://c.d`", code("*a* @b http://c.d")],
  ["more backticks hold fewer", "`` a`b `` ` `", code("a`b"), " ` `"],
  ["code that is not closed is text", "`a ``b", "`a ``b"],
  ["marks may hold code", "**a `*` b**", bold("a ", code("*"), " b")],
  ["a fence makes a block", "see\n```js\nlet *a*;\n\n  b\n```\nthen", "see", block("let *a*;\n\n  b", "js"), "then"],
  ["a block may be all there is", "```\na\n```", block("a")],
  ["and empty", "```\n```", block("")],
  ["two tildes strike", "a ~~b *c*~~ ~d~", "a ", struck("b ", italic("c")), " ~d~"],
  ["tildes in words are text", "a~~b~~c ~~ ~~", "a~~b~~c ~~ ~~"],
  ["lines behind > are a quote", "he said\n> *so*\n>and so\nright", "he said", quote(italic("so"), "\nand so"), "right"],
  ["lines behind dashes or stars are a list", "buy\n- tea\n* **milk**", "buy", list(null, "tea", [bold("milk")])],
  ["lines behind numbers are, too", "3. tea\n4) milk\nso", list(3, "tea", "milk"), "so"],
  ["but one alone is text", "3. October\nis late", "3. October\nis late"],
  ["a sum, a dash and an arrow are text", "-1 - 2\n1.5\n->", "-1 - 2\n1.5\n->"],
  ["a block keeps all of that", "```\n> a\n- b\n```", block("> a\n- b")],
  ["a text may have an address", "see [the *plan*](https://a.b/c).", "see ", named("the *plan*", "https://a.b/c", "a.b"), "."],
  ["whose host tells where it leads", "[https://bank.example](https://evil.example/x)", named("https://bank.example", "https://evil.example/x", "evil.example")],
  ["not to anything but http", "[a](javascript:b) [c](/d) [ ](https://a.b)", "[a](javascript:b) [c](/d) [ ](", link("https://a.b", "https://a.b/"), ")"],
  ["nor to a disguised host", "[a](https://x@evil.example)", "[a](https://x@evil.example)"],
  ["blocks follow each other", "```\na\n```\n```\nb\n```", block("a"), block("b")],
  ["a fence that is not closed is text", "a\n```\nb", "a\n```\nb"],
  ["three backticks in a line are code", "a ```b``` c", "a ", code("b"), " c"],
  ["marks do not reach over a block", "*a\n```\nb\n```\nc*", "*a", block("b"), "c*"],
  ["links go to http and https", "http://a.b https://c.d/e?f=g#h", link("http://a.b", "http://a.b/"), " ", link("https://c.d/e?f=g#h")],
  ["and to nothing else", "javascript:alert(1) data:text/html,x ftp://a.b //a.b", "javascript:alert(1) data:text/html,x ftp://a.b //a.b"],
  ["capitals are as good", "HTTP://A.B", link("HTTP://A.B", "http://a.b/")],
  ["what ends the sentence is not of the link", "(https://a.b/c), https://a.b/d.", "(", link("https://a.b/c"), "), ", link("https://a.b/d"), "."],
  ["a bracket that the link opened is", "https://a.b/c_(d)", link("https://a.b/c_(d)")],
  ["quotes and angles end a link", '"https://a.b/c" <https://a.b/d>', '"', link("https://a.b/c"), '" <', link("https://a.b/d"), ">"],
  ["links keep their stars", "https://a.b/*c* *d*", link("https://a.b/*c"), "* ", italic("d")],
  ["marks may hold a link", "**https://a.b/c**", bold(link("https://a.b/c"))],
  ["a link begins a word", "xhttps://a.b 'https://a.b/c'", "xhttps://a.b '", link("https://a.b/c"), "'"],
  ["what is no address is text", "https:// http://[ https://:", "https:// http://[ https://:"],
  ["letters that turn the text around end a link", "https://a.b/\u202egpj", link("https://a.b/"), "\u202egpj"],
  ["prose without spaces goes on around a link", "请看https://example.com/a，谢谢", "请看", link("https://example.com/a"), "，谢谢"],
  ["a full stop of any script ends it", "見て https://example.com/b。次の文", "見て ", link("https://example.com/b"), "。次の文"],
  ["and so does a bracket", "链接：https://example.com/c（说明）", "链接：", link("https://example.com/c"), "（说明）"],
  ["quotes are not of it", "“https://example.com/d” ‘https://example.com/e’", "“", link("https://example.com/d"), "” ‘", link("https://example.com/e"), "’"],
  ["nor are angles", "«https://example.com/e» oui", "«", link("https://example.com/e"), "» oui"],
  ["nor low quotes", "„https://example.com/e“, ‹https://example.com/f›", "„", link("https://example.com/e"), "“, ‹", link("https://example.com/f"), "›"],
  ["nor corners", "「https://example.com/f」と『https://example.com/g』", "「", link("https://example.com/f"), "」と『", link("https://example.com/g"), "』"],
  ["nor lenses", "【https://example.com/f】《https://example.com/g》", "【", link("https://example.com/f"), "】《", link("https://example.com/g"), "》"],
  ["a title of any script is", "https://ja.wikipedia.org/wiki/サクラ_(曖昧さ回避)", link("https://ja.wikipedia.org/wiki/サクラ_(曖昧さ回避)", "https://ja.wikipedia.org/wiki/%E3%82%B5%E3%82%AF%E3%83%A9_(%E6%9B%96%E6%98%A7%E3%81%95%E5%9B%9E%E9%81%BF)")],
  ["Chinese punctuation ends it", "看https://a.b/c！还有https://a.b/d；https://a.b/e、https://a.b/f？", "看", link("https://a.b/c"), "！还有", link("https://a.b/d"), "；", link("https://a.b/e"), "、", link("https://a.b/f"), "？"],
  ["dots and dashes, too", "https://a.b/c……好 https://a.b/d——好 https://a.b/e｜好", link("https://a.b/c"), "……好 ", link("https://a.b/d"), "——好 ", link("https://a.b/e"), "｜好"],
  ["Arabic punctuation ends it", "انظر https://a.b/c، https://a.b/d؛ https://a.b/e؟ https://a.b/f۔", "انظر ", link("https://a.b/c"), "، ", link("https://a.b/d"), "؛ ", link("https://a.b/e"), "؟ ", link("https://a.b/f"), "۔"],
  ["a danda ends it", "देखो https://a.b/c। https://a.b/d॥", "देखो ", link("https://a.b/c"), "। ", link("https://a.b/d"), "॥"],
  ["Thai goes on before it", "ดูที่https://a.b/c นะ", "ดูที่", link("https://a.b/c"), " นะ"],
  ["a Hebrew quote ends it", "ראו https://a.b/c״ כן", "ראו ", link("https://a.b/c"), "״ כן"],
  ["Armenian, Ethiopic and Spanish, too", "https://a.b/c։ https://a.b/d። ¿https://a.b/e?", link("https://a.b/c"), "։ ", link("https://a.b/d"), "። ¿", link("https://a.b/e"), "?"],
  ["a host ends where another script begins", "去https://example.com看看 https://example.com:8443看看", "去", link("https://example.com", "https://example.com/"), "看看 ", link("https://example.com:8443", "https://example.com:8443/"), "看看"],
  ["a bracket that it did not open ends it", "(见https://a.b/c)然后 [https://a.b/d]x", "(见", link("https://a.b/c"), ")然后 [", link("https://a.b/d"), "]x"],
  ["and so does the quote before it", "'https://a.b/c'然后", "'", link("https://a.b/c"), "'然后"],
  ["an address may be one of version 6", "http://[::1]:8080/a，好", link("http://[::1]:8080/a"), "，好"],
  ["a port may follow", "https://example.com:8080，好", link("https://example.com:8080", "https://example.com:8080/"), "，好"],
  ["spaces without width end it", "https://a.b/c\u200bd", link("https://a.b/c"), "\u200bd"],
  ["what stands before a host is not a host", "https://example.com@evil.org/ https://a:b@c.d HTTPS:///a.b@c.d https://@a.b", "https://example.com@evil.org/ https://a:b@c.d HTTPS:///a.b@c.d https://@a.b"],
  ["an @ behind the host is of the path", "https://a.b/@c?d@e#f@g", link("https://a.b/@c?d@e#f@g")],
  ["a backslash ends a link", "https://evil.org\\a.b/ https://a.b\\c", link("https://evil.org", "https://evil.org/"), "\\a.b/ ", link("https://a.b", "https://a.b/"), "\\c"],
  ["a blank ends a host", "https://exa mple.com", link("https://exa", "https://exa/"), " mple.com"],
  ["a host of two scripts that look alike is text", "https://p\u0430ypal.com https://googl\u03b5.com", "https://p\u0430ypal.com https://googl\u03b5.com"],
  ["so is one of such letters alone", "https://\u0430\u0440\u0440\u04cf\u0435.com/x", "https://\u0430\u0440\u0440\u04cf\u0435.com/x"],
  ["and one with what looks like a slash or a colon", "https://a.com\u2044b.org https://a.com\u2215b.org https://a.com\u29f8b.org https://a\u30ceb.org https://a.com\ua78980.org", "https://a.com\u2044b.org https://a.com\u2215b.org https://a.com\u29f8b.org https://a\u30ceb.org https://a.com\ua78980.org"],
  ["no port is beyond the last one", "https://a.b:65536 https://a.b:x", "https://a.b:65536 https://a.b:x"],
  ["an h is an h", "hhh http ahhttps", "hhh http ahhttps"],
  ["names stand behind an @", "@bob: hi @ann-lee!", name("@bob"), ": hi ", name("@ann-lee"), "!"],
  ["addresses of mail are no names", "ann@b.c a@ann", "ann@b.c a@ann"],
  ["an @ alone is text", "@ @! @@", "@ @! @@"],
]) {
  test(rule, () => assert.deepEqual(parse(text), nodes));
}

for (const whole of [
  "https://ja.wikipedia.org/wiki/レオナルド・ダ・ヴィンチ",
  "https://en.wikipedia.org/wiki/Michelson–Morley_experiment",
  "https://fr.wikipedia.org/wiki/L’Équipe",
  "https://he.wikipedia.org/wiki/צה״ל",
  "https://ca.wikipedia.org/wiki/Col·legi",
  "https://fa.wikipedia.org/wiki/می\u200cخواهم",
  "https://例え.テスト/引き割り?q=茶#上",
  "https://bücher.example/ä",
  "https://hi.wikipedia.org/wiki/हिन्दी",
  "https://ar.wikipedia.org/wiki/شاي",
  "https://a.b/c(d(e)f)g[h]{i}",
  "https://example.com/@ann",
  "https://пример.рф/а",
  "https://βιβλίο.gr/",
  "https://한국.example/",
  "https://ノート.example/",
  "https://hello-キティ.example/",
  "https://နမူနာ.example/",
]) {
  test(`a link is whole: ${whole}`, () => {
    assert.deepEqual(parse(whole), [link(whole, new URL(whole).href)]);
  });
}

for (const [text, isShown] of SHARED.texts) {
  test(`the server knows about the link in: ${text}`, () => {
    assert.equal(links(parse(text)).length > 0, isShown);
  });
}

test("the user's own name is marked, and may have blanks", () => {
  assert.deepEqual(parse("@Ann Lee, @ann", "ann lee"), [
    name("@Ann Lee", true), ", ", name("@ann"),
  ]);
});

test("/me is an action", () => {
  assert.equal(actionOf("/me waves *hard*"), "waves *hard*");
  assert.equal(actionOf("/me  \nwaves"), "waves");
  for (const text of ["/me", "/me ", "/mean it", " /me waves", "so /me waves"]) {
    assert.equal(actionOf(text), null);
  }
});

test("for any text only marks are removed, and links are http or https", () => {
  const parts = [
    "*", "**", "***", "`", "``", "```", "\n```\n", "\n", " ", "a", "h", "http", "https://", "a.b",
    "(", ")", "[", "@", "@ann", "_", "\\", "<", "~~", "](", "\n> ", "\n- ", "\n1. ", "\n2) ", "javascript:", "://", "é", "你", "😄", "\u202e", "\ud83d",
  ];
  let seed = 7;
  const random = (below) => (seed = (seed * 48271) % 2147483647) % below;
  for (let round = 0; round < 20_000; round++) {
    const text = Array.from({ length: random(14) }, () => parts[random(parts.length)]).join("");
    const nodes = parse(text, "ann");
    assert(isSubsequence(flat(nodes), text), JSON.stringify(text));
    assert(!links(nodes).length || OF_SERVER.test(text), JSON.stringify(text));
    const rest = text.replaceAll(/^(> ?|[-*•] +|\d+[.)] +)/gm, "").replaceAll(/[*~`\n ]|```\S*/g, "");
    for (const character of new Set(rest)) {
      if (!text.includes("```") && !text.includes("](")) assert(flat(nodes).includes(character), JSON.stringify(text));
    }
    for (const { href } of links(nodes)) assert.match(href, /^https?:\/\//);
  }
});

test("no text takes more than linear time", () => {
  const hostile = [
    "*", "**", "[", "`", "(", "@", "h", "*a ", "**a *b ", "a* ", "@a", "http://", "http://(", "http://[",
    "https://a)", "`a``b```c", "```\n", "```a\n", "*`@", "* *", "a\n", "\u202e", "e\u0301\u0301\u0301",
  ];
  const started = performance.now();
  for (const part of hostile) parse(part.repeat(100_000 / part.length), "ann");
  // Squares of these lengths would take hours; nothing else is asserted of the speed.
  assert(performance.now() - started < 60_000);
});

test("a plain text has no marks but those that are not closed", () => {
  assert.equal(plain("**Good** *old* `code`, @Ann: 2 * 3"), "Good old code, @Ann: 2 * 3");
  assert.equal(plain("see\n```js\na\nb\n```\nthere"), "see\na\nb\nthere");
  assert.equal(plain("***both*** and https://example.org/"), "both and https://example.org/");
});

test("up to three emoji alone are told from all else", () => {
  for (const text of ["👍", "❤️", "👍🏽", "👩‍💻", "🇫🇷", " 🎉 🎉 🎉\n", "🏳️‍🌈"]) assert.equal(isEmojiAlone(text), true, text);
  for (const text of ["", "  ", "a", "👍a", "1", "12", "#", "©", "👍👍👍👍", "🇫", ":)"]) assert.equal(isEmojiAlone(text), false, text);
  assert.equal(isEmojiAlone("👍".repeat(100_000)), false);
});
