// How far the user has read in a room, and how many messages are new. Pure.

/** All messages up to `seq` are read. The new messages begin after `line`, if that is not null. */
export class ReadMark {
  seq = null; // null: not known yet
  line = null; // stays while the user looks at the messages that were new
  behind = 0; // messages of others after the line
  unread = 0; // messages of others that the user has not seen yet
  mentions = 0; // how many of these mention the user
  hasMore = false; // whether there are more than are counted
  elsewhere = -1; // up to which number it is read in another tab or on another device
  told = -1; // up to which number the server knows it
  back = 0; // how often it was set back, here or elsewhere; more often outranks further
  isHeld = false; // whether it was just set back, so that what is in view is not read yet

  /** Begins at the stored mark; in a room that is new to the user all is read. */
  begin(last) {
    this.seq = this.seq === null ? last : Math.min(this.seq, last);
  }

  /** Counts messages of others that the user has not seen; they come after the number `after`. */
  add(count, mentions, { after = this.seq, hasMore = false } = {}) {
    if (!count) return;
    this.line = Math.min(this.line ?? after, after);
    this.behind += count;
    this.unread += count;
    this.mentions += mentions;
    this.hasMore ||= hasMore;
  }

  /** Marks all messages up to a number as read. */
  see(last) {
    this.seq = Math.max(this.seq, last);
    this.unread = this.mentions = 0;
  }

  /** Marks all messages up to a number as read elsewhere; the number may be ahead of what has come here. */
  seeElsewhere(seq) {
    this.see(seq);
    this.elsewhere = Math.max(this.elsewhere, seq);
  }

  /** Sets it back to a number; what comes after it is to be counted again. */
  setBack(seq, back) {
    Object.assign(this, new ReadMark(), { seq, back, told: seq, isHeld: true });
  }

  /** Removes the line, unless there is something unread. */
  wipe() {
    if (this.unread) return;
    this.line = null;
    this.behind = 0;
    this.hasMore = false;
  }

  /** Begins again at a number of another epoch. */
  restart(last) {
    Object.assign(this, new ReadMark(), { seq: last });
  }
}
