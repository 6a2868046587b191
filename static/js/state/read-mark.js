// How far the user has read in a room, and what is new behind that. Pure.

/** All up to `seq` is read. Behind `line`, if there is one, the new messages begin. */
export class ReadMark {
  seq = null; // null: not known yet
  line = null; // stays for as long as the user looks at what was new
  behind = 0; // messages of others behind the line
  unread = 0; // messages of others that the user has not seen yet
  mentions = 0; // how many of these mention the user
  hasMore = false; // whether there are still more

  /** Begins where the user left off; in a room that is new to them all is read. */
  begin(last) {
    this.seq = this.seq === null ? last : Math.min(this.seq, last);
  }

  /** Takes in messages of others that the user has not seen, the first of them behind a number. */
  add(count, mentions, { after = this.seq, hasMore = false } = {}) {
    if (!count) return;
    this.line = Math.min(this.line ?? after, after);
    this.behind += count;
    this.unread += count;
    this.mentions += mentions;
    this.hasMore ||= hasMore;
  }

  /** Takes in that all up to a number is seen. */
  see(last) {
    this.seq = Math.max(this.seq, last);
    this.unread = this.mentions = 0;
  }

  /** Takes the line away: the user has turned to something else, or answered. */
  wipe() {
    if (this.unread) return;
    this.line = null;
    this.behind = 0;
    this.hasMore = false;
  }

  /** Forgets all: the numbers begin anew, or what was between is gone. */
  restart(last) {
    Object.assign(this, new ReadMark(), { seq: last });
  }
}
