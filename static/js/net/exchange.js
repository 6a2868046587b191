// One request by HTTP that tells how much of it is sent, which `fetch` does not.

const TIMEOUT = 120_000; // ms for one request; a piece of a file may be on a very slow line

/**
 * Resolves to { status, header(name), json }: a status of 0 means that there was no answer; `json` is null if the answer
 * has none. `onSent` is called with the bytes that are sent so far. Rejects with the signal's reason if it is aborted.
 */
export function exchange({ method, url, headers = {}, body = null, onSent, signal }) {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const request = new XMLHttpRequest();
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    if (onSent) request.upload.addEventListener("progress", ({ loaded }) => onSent(loaded));
    const header = (name) => request.getResponseHeader(name);
    request.addEventListener("loadend", () => resolve({ status: request.status, header, json: parsed(request.responseText) }));
    signal?.addEventListener("abort", () => {
      reject(signal.reason);
      request.abort();
    });
    request.timeout = TIMEOUT;
    request.send(body);
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
