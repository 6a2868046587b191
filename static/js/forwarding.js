// Sends a message on to another room: as a quote, and with its files.

import { lengthOf } from "./i18n/characters.js";
import { learn } from "./i18n/files.js";
import { t } from "./i18n/strings.js";
import { isolate } from "./log/narration.js";
import { nickOf } from "./log/row.js";
import { urlOf } from "./net/address.js";
import { authorization } from "./net/authorization.js";
import { exchange } from "./net/exchange.js";
import { UploadError } from "./net/tus.js";
import { refusalWords } from "./panels/file-words.js";
import { forwarded, openForward } from "./panels/forward.js";
import { ownMatching } from "./state/directory.js";
import { uuid } from "./uuid.js";

/** Lets the user choose a room, and sends the message of an entry on to it. */
export function forward(page, { item, author }) {
  const { notice, store } = page;
  const onGo = async (name) => notice.tell(await sendOn(page, store.rooms.get(name), item, author));
  openForward(store.rooms, store.active, { ownMatching, onGo });
}

/** Sends a message on to a room; returns what the user is told. */
async function sendOn({ session, store, update }, room, item, author) {
  const { limits } = store;
  const text = forwarded(item, nickOf(author));
  const limit = limits.text ?? Infinity;
  if (!room || lengthOf(text) > limit) return t("composer.tooLong", { count: lengthOf(text), limit });
  try {
    const copies = (item.files ?? []).map((file) => copy(file, room.name, authorization(session, store)));
    const files = await Promise.all(copies);
    update(() => room.put({ t: "send", text, ...(files.length && { files }), cid: uuid() }, Date.now()));
    return t("forward.done", { room: isolate(room.label) });
  } catch (error) {
    if (!(error instanceof UploadError)) throw error;
    await learn();
    return refusalWords(error, limits.file);
  }
}

/** Has the server keep a file once more, for a message in a room; rejects with an UploadError if it does not. */
async function copy({ id, alt }, room, headers) {
  const url = urlOf(`api/v1/rooms/${encodeURIComponent(room)}/files?copy=${encodeURIComponent(id)}`).href;
  const answer = await exchange({ method: "POST", url, headers });
  if (answer.status !== 201) throw new UploadError(answer);
  return { ...answer.json.file, key: uuid(), at: Date.now(), ...(alt && { alt }) };
}
