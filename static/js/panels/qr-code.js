// Encodes a text as a QR code (ISO/IEC 18004): bytes, error correction M, versions 1 to 10. Pure.

// Of each version: codewords in all, those for correction in a block, and blocks.
const SIZES = [
  [26, 10, 1], [44, 16, 1], [70, 26, 1], [100, 18, 2], [134, 24, 2],
  [172, 16, 4], [196, 18, 4], [242, 22, 4], [292, 22, 5], [346, 26, 5],
];
const ALIGNED = [[], [18], [22], [26], [30], [34], [22, 38], [24, 42], [26, 46], [28, 50]]; // and 6
const MASKS = [
  (x, y) => (x + y) % 2, (_, y) => y % 2, (x) => x % 3, (x, y) => (x + y) % 3,
  (x, y) => (Math.floor(x / 3) + Math.floor(y / 2)) % 2, (x, y) => ((x * y) % 2) + ((x * y) % 3),
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2, (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2,
];
const FORMAT = { divisor: 0x537, bits: 10, mask: 0x5412 };
const VERSION = { divisor: 0x1f25, bits: 12, mask: 0 };
const FINDER_LIKE = /(?=10111010000|00001011101)/g; // what looks like a part of a finder pattern

/** Returns the code of a text as rows of booleans, true for dark; null if the text is too long. */
export function encode(text) {
  const bytes = new TextEncoder().encode(text);
  const version = 1 + SIZES.findIndex((size, place) => bytes.length + (place < 9 ? 2 : 3) <= room(size));
  if (!version) return null;
  const frame = makeFrame(version);
  const bits = interleaved(codewords(bytes, version), version).flatMap((one) => toBits(one, 8));
  const codes = MASKS.map((mask, number) => draw(frame, bits, mask, number));
  return codes.reduce((best, one) => (penalty(one) < penalty(best) ? one : best));
}

/** Returns how many codewords of data there are. */
function room([all, correction, blocks]) {
  return all - correction * blocks;
}

function toBits(value, count) {
  return Array.from({ length: count }, (_, place) => (value >> (count - 1 - place)) & 1);
}

// Data

/** Returns the codewords of data: the mode, the length, the bytes, and padding. */
function codewords(bytes, version) {
  const bits = [0, 1, 0, 0, ...toBits(bytes.length, version < 10 ? 8 : 16), ...[...bytes].flatMap((one) => toBits(one, 8))];
  const count = room(SIZES[version - 1]);
  bits.push(...[0, 0, 0, 0].slice(0, count * 8 - bits.length));
  const words = Array.from({ length: Math.ceil(bits.length / 8) }, (_, place) =>
    bits.slice(8 * place, 8 * place + 8).reduce((sum, bit, bitPlace) => sum | (bit << (7 - bitPlace)), 0),
  );
  for (let pad = 0xec; words.length < count; pad ^= 0xec ^ 0x11) words.push(pad);
  return words;
}

/** Divides data into blocks with their correction, and takes from them in turn. */
function interleaved(words, version) {
  const [, correction, count] = SIZES[version - 1];
  const short = Math.floor(words.length / count);
  const long = words.length % count; // so many blocks, the last ones, have a word more
  const starts = Array.from({ length: count + 1 }, (_, place) => short * place + Math.max(0, place - (count - long)));
  const blocks = starts.slice(0, -1).map((start, place) => words.slice(start, starts[place + 1]));
  const checks = blocks.map((block) => remainder(block, correction));
  return [...inTurn(blocks, short + 1), ...inTurn(checks, correction)];
}

function inTurn(blocks, length) {
  const places = Array.from({ length }, (_, place) => place);
  return places.flatMap((place) => blocks.filter((block) => place < block.length).map((block) => block[place]));
}

/** Returns the Reed-Solomon remainder of a block. */
function remainder(block, degree) {
  let divisor = [1];
  for (let place = 0, root = 1; place < degree; place++, root = multiply(root, 2)) {
    const next = [...divisor, 0];
    divisor.forEach((one, index) => (next[index + 1] ^= multiply(one, root)));
    divisor = next;
  }
  const rest = Array(degree).fill(0);
  for (const word of block) {
    const factor = word ^ rest.shift();
    rest.push(0);
    rest.forEach((_, index) => (rest[index] ^= multiply(divisor[index + 1], factor)));
  }
  return rest;
}

/** Multiplies in the field of 256 elements. */
function multiply(one, other) {
  let product = 0;
  for (let bit = 7; bit >= 0; bit--) {
    product = (product << 1) ^ ((product >> 7) * 0x11d);
    product ^= ((other >> bit) & 1) * one;
  }
  return product;
}

// Patterns

/** Returns rows with all patterns of a version; what is left for data and for the format is undefined. */
function makeFrame(version) {
  const size = 17 + 4 * version;
  const rows = Array.from({ length: size }, () => Array(size));
  for (let place = 0; place < size; place++) rows[6][place] = rows[place][6] = place % 2 === 0;
  for (const [x, y] of [[3, 3], [size - 4, 3], [3, size - 4]]) squares(rows, x, y, 4, [2, 4]);
  const places = [6, ...ALIGNED[version - 1]];
  const last = places.at(-1);
  for (const x of places) {
    for (const y of places) if (version > 1 && !isCorner(x, y, last)) squares(rows, x, y, 2, [1]);
  }
  if (version >= 7) {
    checked(version, VERSION).reverse().forEach((bit, place) => {
      const [near, far] = [Math.floor(place / 3), size - 11 + (place % 3)];
      rows[near][far] = rows[far][near] = Boolean(bit);
    });
  }
  return rows;
}

function isCorner(x, y, last) {
  return (x === 6 && y === 6) || (x === 6 && y === last) || (x === last && y === 6);
}

/** Draws squares around a centre up to a distance; those at the distances `light` are light. */
function squares(rows, x, y, reach, light) {
  for (let row = y - reach; row <= y + reach; row++) {
    for (let column = x - reach; column <= x + reach; column++) {
      if (rows[row] === undefined || column < 0 || column >= rows.length) continue;
      rows[row][column] = !light.includes(Math.max(Math.abs(row - y), Math.abs(column - x)));
    }
  }
}

/** Returns the bits of a value with those that correct it, the highest first. */
function checked(value, { divisor, bits, mask }) {
  let rest = value;
  for (let count = 0; count < bits; count++) rest = (rest << 1) ^ ((rest >> (bits - 1)) * divisor);
  return toBits(((value << bits) | rest) ^ mask, bits === 10 ? 15 : 18);
}

/** Returns a frame with its format and masked data. */
function draw(frame, bits, mask, number) {
  const rows = frame.map((row) => [...row]);
  const size = rows.length;
  setFormat(rows, checked(number, FORMAT).reverse().map(Boolean));
  let next = 0;
  for (let right = size - 1; right > 0; right -= right === 8 ? 3 : 2) {
    const isUp = ((right < 7 ? right + 1 : right) & 2) === ((size - 1) & 2);
    for (let step = 0; step < size; step++) {
      const y = isUp ? size - 1 - step : step;
      for (const x of [right, right - 1]) {
        if (rows[y][x] === undefined) rows[y][x] = Boolean(bits[next++]) !== (mask(x, y) === 0);
      }
    }
  }
  return rows;
}

function setFormat(rows, bits) {
  const size = rows.length;
  const along = [0, 1, 2, 3, 4, 5, 7, 8];
  along.forEach((place, bit) => (rows[place][8] = rows[8][size - 1 - bit] = bits[bit]));
  [7, 5, 4, 3, 2, 1, 0].forEach((place, bit) => {
    rows[8][place] = bits[8 + bit];
    rows[size - 7 + bit][8] = bits[8 + bit];
  });
  rows[size - 8][8] = true;
}

/** Returns how hard a code is to read. */
function penalty(rows) {
  const columns = rows.map((_, place) => rows.map((row) => row[place]));
  const lines = [...rows, ...columns].map((line) => line.map(Number).join(""));
  const runs = lines.flatMap((line) => line.match(/0{5,}|1{5,}/g) ?? []).reduce((sum, run) => sum + run.length - 2, 0);
  const finders = lines.reduce((sum, line) => sum + (line.match(FINDER_LIKE)?.length ?? 0), 0);
  let blocks = 0;
  for (let y = 1; y < rows.length; y++) {
    for (let x = 1; x < rows.length; x++) {
      const one = rows[y][x];
      if (one === rows[y - 1][x] && one === rows[y][x - 1] && one === rows[y - 1][x - 1]) blocks += 1;
    }
  }
  const dark = rows.flat().filter(Boolean).length / rows.length ** 2;
  return runs + 40 * finders + 3 * blocks + 10 * Math.floor(Math.abs(dark - 0.5) * 20);
}
