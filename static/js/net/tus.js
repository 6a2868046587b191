// Uploads one file by tus 1.0, in pieces, and goes on where it was after a cut.

const VERSION = { "Tus-Resumable": "1.0.0" };
const PIECE = 1_048_576; // bytes: what most proxies let through
const GONE = [404, 410]; // statuses of an upload that the server does not know any more
const LATER = [0, 408, 409, 423, 425, 429, 500, 502, 503, 504]; // statuses after which trying again may help
const MOST_PATIENCE = 60; // s that one waits because the server asks for it

/** Why a file was not uploaded: the server's `code` and `text`; `wait`: ms after which to go on, or null if that does not help. */
export class UploadError extends Error {
  constructor({ status, header, json }) {
    super(`status ${status}`);
    this.name = "UploadError";
    this.status = status;
    this.code = json?.code ?? (status ? "unknown" : "unreachable");
    this.text = json?.detail ?? "";
    const asked = Number(header("Retry-After")) || 0; // s
    const helps = LATER.includes(status) && asked <= MOST_PATIENCE;
    this.wait = helps ? asked * 1000 : null;
    this.until = asked ? Date.now() + asked * 1000 : null;
  }
}

/**
 * An upload of `blob` under a `name` to the address `url`; `exchange` makes a request. `location` is the address of one
 * that was begun before; `onLocation` is called with it when it is known, `onProgress` with the share that is uploaded.
 */
export class TusUpload {
  #exchange;
  #about;
  #location;
  #offset = 0;

  constructor(exchange, { location = null, ...about }) {
    this.#exchange = exchange;
    this.#about = about;
    this.#location = location;
  }

  /** Uploads what is left of it; resolves to what the server says of the file. Rejects with an UploadError. */
  async run(signal) {
    if (this.#location) await this.#resume(signal);
    if (!this.#location) await this.#create(signal);
    for (;;) {
      const file = await this.#sendPiece(signal);
      if (file) return file;
    }
  }

  /** Has the server remove what it has. */
  async giveUp() {
    if (!this.#location) return;
    await this.#ask("DELETE", this.#location);
  }

  async #create(signal) {
    const { name, blob, url } = this.#about;
    const metadata = `filename ${base64(name)}`;
    const headers = { "Upload-Length": String(blob.size), "Upload-Metadata": metadata };
    const answer = await this.#ask("POST", url, { headers, signal });
    const location = answer.header("Location");
    if (answer.status !== 201 || !location) throw new UploadError(answer);
    this.#location = new URL(location, url).href;
    this.#offset = 0;
    this.#about.onLocation?.(this.#location);
  }

  /** Asks how far it was; an upload that is gone begins anew. */
  async #resume(signal) {
    const answer = await this.#ask("HEAD", this.#location, { signal });
    if (GONE.includes(answer.status)) this.#location = null;
    else if (answer.status >= 200 && answer.status < 300) this.#offset = Number(answer.header("Upload-Offset")) || 0;
    else throw new UploadError(answer);
  }

  /** Sends the next piece; resolves to what the server says of the file if it was the last one. */
  async #sendPiece(signal) {
    const { blob, onProgress } = this.#about;
    const start = this.#offset;
    const body = blob.slice(start, start + PIECE);
    const headers = { "Content-Type": "application/offset+octet-stream", "Upload-Offset": String(start) };
    const tell = (sent) => onProgress?.(Math.min(start + sent, blob.size) / blob.size);
    tell(0);
    const answer = await this.#ask("PATCH", this.#location, { headers, body, signal, onSent: tell });
    const isTaken = answer.status >= 200 && answer.status < 300;
    this.#offset = Number(answer.header("Upload-Offset")) || start + body.size;
    const isOver = isTaken && this.#offset >= blob.size;
    if (isTaken && !isOver) return null;
    if (isOver && answer.json?.file) return answer.json.file;
    throw this.#lost(answer, isOver);
  }

  /** Returns the error for a piece that was not taken; what the server does not know any more begins anew. */
  #lost(answer, isOver) {
    const error = new UploadError(answer);
    if (!isOver && !GONE.includes(answer.status)) return error;
    this.#location = null;
    error.wait = 0;
    return error;
  }

  #ask(method, url, { headers = {}, ...rest } = {}) {
    const all = { ...VERSION, ...this.#about.headers(), ...headers };
    return this.#exchange({ method, url, headers: all, ...rest });
  }
}

/** Returns the bytes of a text in UTF-8, as base64. */
function base64(text) {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)));
}
