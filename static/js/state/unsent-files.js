// The files of drafts and of messages that wait to be sent. Pure.
//
// A file is { key, name, type, size, width?, height?, alt?, upload?, id?, at? }: `upload` is where its upload goes on,
// `id` the server's, and `at` when it was uploaded, in ms.

const STALE = 3_000_000; // ms after which an uploaded file may be gone, as no message names it; the server waits for an hour

/** Returns the files as { file, room, cid?, state? }: with the `cid` and state of a message in the queue, or without of a draft. */
export function unsentFiles(drafts, rooms) {
  const inDrafts = [...drafts].flatMap(([room, { files }]) => (files ?? []).map((file) => ({ file, room })));
  const inQueues = [...rooms.values()].flatMap(({ name, queue }) =>
    queue.entries.flatMap(({ cid, state, files }) => (files ?? []).map((file) => ({ file, room: name, cid, state }))),
  );
  return [...inQueues, ...inDrafts];
}

/** Changes what is known of a file, by its key, wherever it is; `changes` may remove a part with `undefined`. */
export function describe(drafts, rooms, key, changes) {
  const isIt = (file) => file.key === key;
  for (const draft of drafts.values()) {
    if (draft.files?.some(isIt)) draft.files = draft.files.map((file) => (isIt(file) ? { ...file, ...changes } : file));
  }
  for (const { queue } of rooms.values()) {
    for (const { cid, files } of queue.entries) if (files?.some(isIt)) queue.describe(cid, key, changes);
  }
}

/** Has what was uploaded long ago uploaded again, unless the server may have the message already. */
export function renewStale(drafts, rooms, now) {
  const entries = [...rooms.values()].flatMap(({ queue }) => queue.entries.filter(({ wasSent }) => !wasSent));
  const files = [...drafts.values(), ...entries].flatMap(({ files: some }) => some ?? []);
  const stale = files.filter(({ id, at = 0 }) => id && now - at > STALE);
  for (const { key } of stale) describe(drafts, rooms, key, { id: undefined, upload: undefined });
}

/**
 * Has the files of messages uploaded again that were refused with one of these `codes`, as the server does not know the
 * files any more; returns whether there were any. Each message is in `renewed` then, as once is enough: a server that
 * never knows them is not asked for ever.
 */
export function renewLost(rooms, codes, renewed) {
  const lost = [...rooms.values()].flatMap(({ queue }) =>
    queue.entries.filter((one) => one.files && codes.includes(one.reason?.code) && !renewed.has(one.cid)).map((one) => [queue, one]),
  );
  for (const [queue, { cid, files }] of lost) {
    renewed.add(cid);
    for (const { key } of files) queue.describe(cid, key, { id: undefined, upload: undefined });
    queue.retry(cid);
  }
  return lost.length > 0;
}
