// Rules of the page's modules: which folder may import which.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path/posix";
import { test } from "node:test";

const ROOT = new URL("../../static/js/", import.meta.url);
const IMPORT = /(?:from|import\() ?"(\.[^"]+)"/g;

// A folder imports itself, those to the right of its colon, and uuid.js.
const RULES = {
  state: [],
  i18n: [],
  net: [],
  storage: [],
  log: ["state", "i18n"],
  panels: ["i18n", "net", "storage", "log"],
  compose: ["i18n", "log", "panels"],
};
const GLOBALS = /\b(document|window|localStorage|navigator|location|WebSocket|setTimeout)\b/;

const names = readdirSync(ROOT, { recursive: true }).filter((name) => name.endsWith(".js"));
const source = (name) => readFileSync(new URL(name, ROOT), "utf8");
const folder = (name) => (dirname(name) === "." ? name : dirname(name));

function imported(name) {
  return [...source(name).matchAll(IMPORT)].map(([, path]) => folder(join(dirname(name), path)));
}

for (const [layer, others] of Object.entries(RULES)) {
  test(`${layer}/ imports only what is below it`, () => {
    const allowed = [layer, ...others, "uuid.js"];
    const wrong = names
      .filter((name) => dirname(name) === layer)
      .flatMap((name) => imported(name).map((other) => `${name}: ${other}`))
      .filter((line) => !allowed.includes(line.split(": ")[1]));
    assert.deepEqual(wrong, []);
  });
}

test("every folder has a rule", () => {
  const folders = new Set(names.map(dirname).filter((name) => name !== "."));
  assert.deepEqual([...folders].sort(), Object.keys(RULES).sort());
});

test("the picture in the docs is the rules, and has all that is not in a folder", () => {
  const text = readFileSync(new URL("../../docs/design.md", import.meta.url), "utf8");
  const [page] = text.split("## The page\n").slice(1);
  const lines = page.split("```")[1].trim().split("\n");
  const drawn = lines.map((line) => {
    const [names, rest] = line.split(":");
    return [names.split(" "), rest.match(/^ {1,5}(\w+(?: \w+)*) {3,}/)?.[1] ?? ""];
  });
  const folders = drawn.slice(1, -1).flatMap(([of, others]) =>
    of.map((name) => [name.replace("/", ""), others.split(" ").filter(Boolean)]),
  );
  assert.deepEqual(Object.fromEntries(folders), RULES);
  const files = [...drawn[0][0], ...drawn.at(-1)[0]].map((name) => `${name}.js`);
  const above = names.filter((name) => dirname(name) === ".");
  assert.deepEqual(files.sort(), above.sort());
  const below = drawn.at(-1)[0].flatMap((name) => imported(`${name}.js`));
  assert.deepEqual(below, []);
});

test("state/ touches neither the DOM nor the network nor timers", () => {
  const code = (name) => source(name).replace(/\/\/.*|\/\*[^]*?\*\//g, "");
  const wrong = names.filter((name) => dirname(name) === "state" && GLOBALS.test(code(name)));
  assert.deepEqual(wrong, []);
});

test("boot.js needs no view, so that it runs before the rest is loaded", () => {
  const layers = imported("boot.js").filter((name) => !name.endsWith(".js"));
  assert.deepEqual([...new Set(layers)].sort(), ["net", "state", "storage"]);
});
