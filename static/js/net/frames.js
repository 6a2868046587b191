// Divides what is sent into frames that the server accepts. Pure.

const LEAST = 1_024; // bytes; no frame is ever limited to less

const encoder = new TextEncoder();

/** Returns how many bytes some objects take as one frame: a JSON array in UTF-8. */
export function sizeOf(objects) {
  return encoder.encode(JSON.stringify(objects)).length;
}

/**
 * How large frames may be: as the server tells in `welcome`, and no larger than what it has
 * accepted, since it or a proxy may close a connection with 1009 all the same.
 */
export class FrameLimits {
  #bytes = 65_536; // of a frame, unless the server tells another limit
  #count = 256; // objects in a frame, unless the server tells another limit
  #joint = Infinity; // bytes of a frame with several objects, as learned from 1009
  #single = Infinity; // bytes of a frame with one object, as learned from 1009
  #largest = null; // {bytes, count} of the largest frame sent on this connection

  /** Takes over the limits that the server tells. */
  learn({ frame, requests } = {}) {
    this.#bytes = frame ?? this.#bytes;
    this.#count = requests ?? this.#count;
  }

  /**
   * Divides objects into frames, in order. Returns { frames, excess }, where `excess` are the
   * objects that are too large for a frame of their own.
   */
  divide(objects) {
    const frames = [];
    const excess = [];
    let size = Infinity; // of the last frame
    for (const object of objects) {
      const bytes = sizeOf([object]);
      if (bytes > Math.min(this.#bytes, this.#single)) excess.push(object);
      else if (this.#joins(frames.at(-1), size, bytes)) {
        frames.at(-1).push(object);
        size += bytes - 1; // a comma instead of two brackets
      } else {
        frames.push([object]);
        size = bytes;
      }
    }
    return { frames, excess };
  }

  #joins(frame, size, bytes) {
    const limit = Math.min(this.#bytes, this.#joint);
    return Boolean(frame) && frame.length < this.#count && size + bytes - 1 <= limit;
  }

  /** Notes a frame that was sent. */
  sent(frame) {
    const bytes = sizeOf(frame);
    if (bytes > (this.#largest?.bytes ?? 0)) this.#largest = { bytes, count: frame.length };
  }

  /** Notes that a connection has ended; `isTooLarge` if that was because of a frame's size. */
  closed({ isTooLarge }) {
    const { bytes, count } = this.#largest ?? {};
    this.#largest = null;
    if (!isTooLarge || !bytes) return;
    if (count > 1) this.#joint = Math.max(LEAST, Math.floor(bytes / 2));
    else this.#single = this.#joint = Math.max(LEAST, bytes - 1);
  }
}
