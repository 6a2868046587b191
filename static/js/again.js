// Loads a part of the page, and again if that fails.

const PAUSES = [1_000, 2_000, 4_000, 8_000]; // ms before another try

/** Returns what `load` resolves to; calls it again after a pause if it fails, and so often at most. */
export async function again(load) {
  for (const pause of PAUSES) {
    try {
      return await load();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
  return load();
}
