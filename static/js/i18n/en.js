// English, but for en-later.js. Keys are grouped by module; texts with a number have plural forms.

export const en = {
  direction: "ltr",

  // The whole page
  "page.noWebSockets": "Your browser cannot open WebSockets, and this chat needs them.",
  "page.incomplete": "A part of this page did not load. Please load it again.",
  "page.close": "Close",

  // The link to a room
  "link.copy": "Copy the link to this room",

  // Connection
  "status.connecting": "Connecting …",
  "status.open": "Connected",
  "status.slowed": "A little slower: that was much at once",
  "status.away": "Not connected",
  "banner.lost": "The connection is lost. You can go on writing.",
  "banner.stopped": "The server was stopped. The page connects when it is back; you can go on writing.",
  "banner.restarting": "The server is restarting. You can go on writing.",
  "banner.offline": "You are offline. You can go on writing.",
  "banner.ended": "The server ended the connection: {reason}.",
  "banner.countdown": "Attempt {attempt} in {count} s.",
  "banner.attempt": "Attempt {attempt} …",
  "banner.retry": "Reconnect now",

  // Rooms
  "rooms.title": "Rooms",
  "rooms.unread": "unread",
  "rooms.mentioned": "unread, and you are mentioned",
  "rooms.menu": "Options for {room}",
  "rooms.join": "Join another room",
  "rooms.joinButton": "Join",

  // People
  "people.title": "People",
  "people.rename": "Change name",

  // Search
  "search.title": "Search messages",

  // Log and rows
  "log.title": "Messages",
  "log.earlier": "Earlier messages",
  "log.empty": "Nothing said yet",
  "log.begin":
    "Begin, or copy the link above and give it to others. Everyone in this room can read what you write.",
  "log.unknown": "Not here yet",
  "log.wait": "What was said comes with the connection.",
  "row.copy": "Copy this code",
  "row.unfold": "Show all {count} lines",
  "row.deleted": "Message deleted",
  "row.cleared": { one: "1 message removed", other: "{count} messages removed" },
  "row.edited": "edited",
  "row.edits": "{edited}: show earlier texts",
  "row.new": "New",
  "row.ignored": "From somebody whom you ignore",
  "row.gone": "A message that is no longer here",
  "row.jump": "Go to the message",
  "row.nameless": "Somebody",
  "row.sending": "Sending …",
  "row.waiting": "Will be sent once connected",
  "row.failed": "Not sent. {reason}",
  "row.retry": "Retry",
  "row.delete": "Delete",
  "row.topic": "Topic: {text}",

  // Composer
  "composer.label": "Message",
  "composer.placeholder": "Write in {room}",
  "composer.send": "Send",

  // Name
  "name.question": "What shall we call you?",
  "name.hint": "Everyone in the room will see this name. There is no account and no password.",
  "name.enter": "Join the chat",

  // Errors of the server, by code; for other codes the server's own text is shown
  "error.bad_nick": "A name has up to 32 characters, with a letter or a digit among them, and none that cannot be seen.",
  "error.nick_taken": "Somebody else is called that.",
  "error.unavailable": "The server cannot keep anything just now.",
  "error.busy": "That was too much at once.",
  "error.unknown": "The server refused it.",
  "banner.flooded": "That was too much at once for the server. Wait a little, then reconnect.",
  "name.change": "Take this name",
  "name.cancel": "Keep the old one",
};
