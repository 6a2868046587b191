// English for what is loaded behind the first messages; other languages have all in one file.

import { en } from "./en.js";

Object.assign(en, {
  // What is missing
  "note.reset": "The server has begun anew. What was said here before is gone.",
  "note.gap": "You were away for long. Some of what was said meanwhile is no longer kept.",

  // The whole page
  "page.title": "{room} · {chat}",
  "page.titleUnread": "({count}) {room} · {chat}",
  "page.refused": "There is no room “{room}”. {reason}",
  "people.you": "(you)",
  "composer.between": "This message is being sent just now. Try again in a moment.",

  // The link to a room
  "link.copied": "Link copied. Whoever opens it is in this room.",
  "link.byHand": "The link to this room: {link}",

  // Attention
  "attention.title": "Notifications",
  "attention.notify": "Notify me",
  "attention.sound": "Play a sound",
  "attention.mention": "{nick} mentions you in {room}",
  "attention.refused": "Your browser does not allow notifications from this page.",

  // People
  "people.others": "and {count} more",

  // Typing
  "typing.one": "{one} is typing …",
  "typing.two": "{one} and {other} are typing …",
  "typing.many": "Several people are typing …",

  // Log
  "jump.new": { one: "{count} new message", other: "{count} new messages" },
  "jump.manyNew": { other: "More than {count} new messages" },
  "jump.end": "To the latest messages",

  // Composer
  "composer.between": "This message is being sent just now. Try again in a moment.",
  "composer.full": "Too much waits to be sent already. Send this when the connection is back.",
  "composer.tooLong": "This has {count} characters, and a message has up to {limit}.",
  "composer.emoji": "Emoji",
  "composer.attach": "Add pictures or files",

  // Actions on a message
  "action.all": "Actions",
  "action.react": "React",
  "action.reply": "Reply",
  "action.copy": "Copy text",
  "action.link": "Copy link",
  "action.linked": "Link to this message copied.",
  "action.linkByHand": "The link to this message: {link}",
  "action.copied": "Copied.",
  "action.notCopied": "Your browser did not let this page copy. Select the text instead.",
  "action.edit": "Edit",
  "action.delete": "Delete",
  "action.keyDelete": "Del",
  "delete.question": "Delete this message for everybody?",
  "delete.unsent": "Delete this message? It is not sent yet.",
  "delete.no": "Keep it",
  "picker.title": "React with an emoji",
  "picker.search": "Look for an emoji by name",
  "draft.reply": "Reply to",
  "draft.edit": "Editing a message",
  "draft.cancelReply": "Do not reply",
  "draft.cancelEdit": "Do not edit",
  "draft.left": { one: "{count} character left", other: "{count} characters left" },
  "draft.over": { one: "{count} character too many", other: "{count} characters too many" },
  "suggestions.title": "Suggestions",
  "leave.question": {
    one: "In {room}, {count} thing is not sent yet. If you leave, it never will be.",
    other: "In {room}, {count} things are not sent yet. If you leave, they never will be.",
  },
  "leave.yes": "Leave all the same",
  "leave.no": "Stay",

  // Commands
  "command.me": "/me TEXT – say what you do",
  "command.nick": "/nick NAME – be called something else",
  "command.join": "/join ROOM – go to a room",
  "command.leave": "/leave – leave this room",
  "command.topic": "/topic TEXT – say what this room is about",
  "command.help": "/help – show this list",
  "command.slashes": "//TEXT – say something that begins with a slash",
  "command.unknown": "There is no command /{name}. With //{name} it is said as it stands; /help tells the commands.",
  "command.missing": "Something is missing: {usage}",
  "command.topicTooLong": "This topic has {count} characters, and a topic has up to {limit}.",

  // Errors of the server, as in en.js
  "error.bad_room": "A room’s name has up to 64 letters and digits; _ . - may stand between them.",
  "error.too_many_rooms": "You are in too many rooms. Leave one first.",
  "error.not_joined": "You are not in this room.",
  "error.not_found": "There is no such message.",
  "error.not_yours": "That message is not yours.",
  "error.too_long": "This is too long for the server.",
  "error.too_many_reactions": "This message has as many reactions as it can have. Join one of them.",
  "error.too_many_changes": "This message has been changed too often already. Send a new one.",
  "error.storage_full": "The server has no space for more messages. Tell whoever runs it.",
  "error.key_reused": "The server has something else under the same id. Delete this and write it again.",
});
