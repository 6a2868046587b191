// The colours of the people in a room: each has one, and two have the same only if there is none left. Pure.

export const SHADES = 12; // colours in the style sheet
const MOST = 4_096; // people whose colour is remembered

/** The colours of one room, as numbers. */
export class Shades {
  #known = new Map(); // by id
  #used = Array(SHADES).fill(0); // how many people have each

  /** Returns the number of a person's colour, the same each time. */
  of(id) {
    if (!this.#known.has(id)) this.#choose(id);
    return this.#known.get(id) ?? usual(id);
  }

  /** Chooses the first free colour, or one of the least used, from the usual one of the person on. */
  #choose(id) {
    if (this.#known.size === MOST) return;
    const least = Math.min(...this.#used);
    let shade = usual(id);
    while (this.#used[shade] > least) shade = (shade + 1) % SHADES;
    this.#used[shade] += 1;
    this.#known.set(id, shade);
  }
}

function usual(id) {
  let sum = 0;
  for (const character of id) sum = (sum * 31 + character.codePointAt(0)) % 997;
  return sum % SHADES;
}
