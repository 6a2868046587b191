// Rules of the colours of people: who has which, that they can be told apart, and that they can be read.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { SHADES, Shades } from "../../../static/js/state/shades.js";

const READABLE = 4.5; // to 1, of text on its background (WCAG AA)
const APART = 0.12; // distance in OKLab of any two colours
const TILE = 0.15; // of an initial's colour in its background
const STRIPE = 0.1; // of the accent in the background of a message that mentions the user
const css = readFileSync(new URL("../../../static/css/base.css", import.meta.url), "utf8");

const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
const parse = (colour) => [1, 3, 5].map((place) => parseInt(colour.slice(place, place + 2), 16) / 255);
const mix = (over, under, share) => over.map((part, place) => share * part + (1 - share) * under[place]);

function luminance(colour) {
  const [red, green, blue] = colour.map(linear);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/** Returns a colour in OKLab, in which equal distances look alike. */
function lab(colour) {
  const [r, g, b] = colour.map(linear);
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

/** Returns the colours in a part of the style sheet, by their names. */
function colours(part) {
  return Object.fromEntries([...part.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map(([, name, value]) => [name, parse(value)]));
}

const [light, dark] = css.split(':root[data-theme="dark"]');
for (const [scheme, part] of [["light", light], ["dark", dark]]) {
  const all = colours(part);
  const hues = Array.from({ length: SHADES }, (_, place) => all[`hue${place}`]);

  test(`${scheme}: each colour can be read wherever a name or an initial stands`, () => {
    for (const [place, hue] of hues.entries()) {
      const below = [all.surface, all.page];
      const painted = [...below, ...below.map((one) => mix(hue, one, TILE)), mix(all.accent, all.surface, STRIPE)];
      for (const one of painted) assert.ok(contrast(hue, one) >= READABLE, `hue${place} ${contrast(hue, one)}`);
    }
  });

  test(`${scheme}: any two colours can be told apart`, () => {
    for (const [place, one] of hues.entries()) {
      for (const [other, two] of hues.entries()) {
        if (other <= place) continue;
        const distance = Math.hypot(...lab(one).map((value, at) => value - lab(two)[at]));
        assert.ok(distance >= APART, `hue${place} hue${other} ${distance}`);
      }
    }
  });
}

test("twelve people have twelve colours, whoever they are, and keep them", () => {
  const shades = new Shades();
  const people = Array.from({ length: 2 * SHADES }, (_, number) => `person ${number * number}`);
  const first = people.slice(0, SHADES).map((id) => shades.of(id));
  assert.equal(new Set(first).size, SHADES);
  const rest = people.slice(SHADES).map((id) => shades.of(id));
  assert.equal(new Set(rest).size, SHADES);
  assert.deepEqual(people.map((id) => shades.of(id)), [...first, ...rest]);
});

test("of very many people the later ones have their usual colour", () => {
  const shades = new Shades();
  for (let number = 0; number < 5_000; number++) shades.of(`${number}`);
  assert.equal(shades.of("late"), new Shades().of("late"));
});
