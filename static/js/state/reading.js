// What the user has read of the rooms, and which new messages to tell of.

const MOST_NEWS = 100;

/** Looks at the rooms of `store`; what is read of each is in its mark. */
export class Reading {
  isWatched = true; // whether the page is visible
  heeded = { words: [] }; // that count as a mention of the user; the rooms have this object, too
  #store;
  #news = []; // messages of others since `takeNews`

  constructor(store) {
    this.#store = store;
  }

  /** The number of unread messages in all rooms. */
  get unread() {
    return this.#rooms.reduce((sum, room) => sum + room.unread, 0);
  }

  /** The marks of all rooms, to be stored. */
  get marks() {
    const read = this.#rooms.filter(({ mark }) => mark.seq !== null);
    return Object.fromEntries(read.map(({ name, mark, epoch }) => [name, placed(mark, epoch)]));
  }

  /** Returns the new messages of others, each once: {room, label, event, isMention, isSeen}; MOST_NEWS at most. */
  takeNews() {
    const news = this.#news;
    this.#news = [];
    return news;
  }

  /** Handles that the page becomes visible or hidden: the shown room is read while it is visible. */
  watch(isWatched) {
    const { room } = this.#store;
    this.isWatched = isWatched;
    if (isWatched && room) room.mark.isHeld = false;
    if (!isWatched) room?.mark.wipe();
    else if (room) this.see(room);
  }

  /** Handles that a room's view reaches or leaves the latest messages. */
  follow(room, isAtEnd) {
    if (isAtEnd && !room.isAtEnd) room.mark.isHeld = false;
    room.isAtEnd = isAtEnd;
    this.see(room);
  }

  /** Handles marks of an earlier visit or another tab: {seq, epoch} by name. */
  recall(marks) {
    for (const room of this.#rooms) room.recall(marks[room.name]);
  }

  /** Handles the marks that a welcome tells: {room, seq}, of its epoch. */
  learn(marks, epoch) {
    for (const room of this.#rooms) room.mark.told = -1;
    for (const { room, seq, back } of marks) this.#store.rooms.get(room)?.readElsewhere(seq, epoch, back);
  }

  /** Handles a new message of somebody else; nothing comes of it if the user ignores them. */
  hear(room, event) {
    if (room.ignored.has(event.from?.id)) return;
    const isMention = room.isMention(event.text, this.#store.me.nick);
    const isSeen = this.#isSeen(room) || event.seq <= room.mark.seq; // here, or on another device
    if (!isSeen) room.mark.add(1, isMention ? 1 : 0);
    this.#news.push({ room: room.name, label: room.label, event, isMention, isSeen });
    if (this.#news.length > MOST_NEWS) this.#news.shift();
  }

  /** Counts a room as read up to its last message, if the user sees that. */
  see(room) {
    if (room.last !== null && this.#isSeen(room)) room.mark.see(room.last);
  }

  #isSeen(room) {
    return room === this.#store.room && this.isWatched && room.isAtEnd && !room.history.isPast && !room.mark.isHeld;
  }

  get #rooms() {
    return [...this.#store.rooms.values()];
  }
}

function placed({ seq, back }, epoch) {
  return { seq, epoch, ...(back && { back }) };
}
