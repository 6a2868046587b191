// A clock that only moves when a test moves it. Node's own mock.timers differ between its releases.

const real = {
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  now: Date.now,
};

let now = 0; // milliseconds
let made = 0;
const timers = new Map(); // by id, in the order in which they were set

/** Puts the clock at 0, without any timers, in the place of setTimeout, clearTimeout and Date.now. */
export function stopClock() {
  now = 0;
  timers.clear();
  globalThis.setTimeout = (callback, delay = 0, ...args) => {
    made += 1;
    timers.set(made, { due: now + Math.max(1, delay), run: () => callback(...args) });
    return made;
  };
  globalThis.clearTimeout = (id) => timers.delete(id);
  Date.now = () => now;
}

/** Gives the real clock back. */
export function releaseClock() {
  globalThis.setTimeout = real.setTimeout;
  globalThis.clearTimeout = real.clearTimeout;
  Date.now = real.now;
}

/** Moves the clock by so many milliseconds; what is due meanwhile runs at its time, in its order. */
export function tick(duration) {
  const end = now + duration;
  for (let next = nextUntil(end); next; next = nextUntil(end)) {
    const [id, timer] = next;
    timers.delete(id);
    now = timer.due;
    timer.run();
  }
  now = end;
}

function nextUntil(end) {
  const due = [...timers].filter(([, timer]) => timer.due <= end);
  return due.sort(([, one], [, other]) => one.due - other.due)[0];
}
