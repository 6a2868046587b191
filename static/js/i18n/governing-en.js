// English for faults, rights, rules and links; loaded behind the first messages.

import { en } from "./en.js";

Object.assign(en, {
  // The place of a room that one cannot be in
  "operator.is": "You are an operator now, and may moderate all rooms.",
  "operator.not": "This operator’s link is not good any more.",

  // Why nothing can be said
  "silence.muted": "You are muted here: you can read.",
  "silence.read_only": "Your link lets you only read here.",
  "silence.reading": "You can only read here just now.",
  "silence.closed": "Only moderators speak here just now.",
  "silence.slow_mode": "Slow mode: your next message has to wait.",
  "silence.newcomer": "Newcomers wait a little before they speak here.",
  "silence.bad_room": "You are not in this room.",
  "silence.no_such_room": "You are not in this room.",
  "silence.banned": "You are not in this room.",
  "silence.room_full": "You are not in this room.",
  "silence.kicked": "You are not in this room.",
  "silence.left": "Still {time}.",

  // What moderators did
  "act.created": "{who} made this room",
  "act.createdPrivate": "{who} made this private room",
  "act.rules": "{who} set the rules: {what}",
  "act.mute": "{who} muted {people}",
  "act.muteFor": "{who} muted {people} for {time}",
  "act.unmute": "{who} lets {people} speak again",
  "act.kick": "{who} removed {people}",
  "act.ban": "{who} banned {people}",
  "act.banFor": "{who} banned {people} for {time}",
  "act.unban": "{who} lets {people} come back",
  "act.clear": "{who} cleared what {people} said",
  "act.restore": "{who} brought back what was cleared",
  "act.raid": "{who} undid a raid by {people}",
  "act.approve": "{who} approved what {people} wrote",
  "act.reject": "{who} rejected what {people} wrote",
  "act.delete": "{who} deleted a message of {people}",
  "act.freed": "{who} gave up the name of {people} for others",
  "act.undone": "{who} took something back",
  "act.report": "{who} told about a message",
  "act.admitted": "{who} wrote privately to {people}",
  "act.linkMade": "{who} made a link: {what}",
  "act.linkUsed": "{who} came by a link",
  "act.linkEnded": "{who} revoked a link",
  "act.forgotten": "the server forgot {room}, which nobody used",
  "act.people": { one: "{count} person", other: "{count} people" },
  "act.others": { one: "{count} other", other: "{count} others" },

  // Rules
  "rules.closedOn": "only moderators speak",
  "rules.closedOff": "everybody may speak",
  "rules.slowOn": "slow mode, {time} between two messages",
  "rules.slowOff": "no slow mode",
  "rules.newcomersOn": "newcomers wait {time} before they speak",
  "rules.newcomersOff": "newcomers need not wait",
  "rules.membersOn": { one: "at most {count} person", other: "at most {count} people" },
  "rules.membersOff": "any number of people",
  "rules.hold_linksOn": "links of newcomers wait for a moderator",
  "rules.hold_linksOff": "links of newcomers need not wait",
  "rules.no_filesOn": "newcomers send no pictures or files",
  "rules.no_filesOff": "newcomers may send pictures and files",
  "rules.same": "as before",

  // Room settings
  "settings.title": "Room settings",

  // New rooms
  "room.new": "New room",
  "room.name": "What is it called?",
  "room.kind": "Who may come in?",
  "room.public": "Everybody",
  "room.private": "Only who has a link",
  "room.make": "Make the room",
  "room.made": "The room is there",
  "room.keep": "Keep these links: they are shown only now. Whoever has one may do what it says.",
  "room.enter": "Go to the room",

  // What can be done with a person or a message
  "menu.title": "What to do with {nick}",
  "ignore.done": "You see nothing of {nick} any more, in this browser.",
  "ignore.undone": "You see again what {nick} writes.",
  "ignore.full": "You ignore too many people already.",
  "pair.invited": "{nick} writes to you privately.",
  "menu.why": "Reason, if you like",
  "menu.reported": "The moderators will see it.",
  "menu.done": "Done.",
  "menu.shared": "Others here come from the same address, so it is not banned: whoever was can come back under another name. Let newcomers wait, or close the room for a while.",

  // Raids
  "raid.shared": "Others come from the same address, so it is not banned. Whoever comes back from there under another name waits 15 minutes before they can write.",
  "raid.done": "The raid is undone. It can be taken back in the room settings.",

  // The user's devices
  "phone.title": "Go on on my phone",
  "look.title": "Settings",
  "pair.question": "You are {nick} here. Go on as the person of the other device?",
  "pair.detail": "This browser then forgets {nick}: rooms, drafts, and what is not sent.",
  "pair.yes": "Go on as the other person",
  "pair.no": "Stay {nick}",
  "devices.title": "Signed-in devices",
  "devices.leave": "Sign out",
  "devices.ended": "You were signed out from another device or tab.",

  // What the user wants of a room
  "attention.message": "{nick} writes in {room}",
  "rooms.filter": "Filter rooms",
  "people.count": "People: {count}",
  "people.filter": "Filter people",
  "people.unlisted": { one: "{count} more is here, whom the server does not list.", other: "{count} more are here, whom the server does not list." },
  "people.guests": { one: "When you came, {count} was here with a simple program, without a name.", other: "When you came, {count} were here with simple programs, without names." },
  "rooms.quiet": { one: "{count} quiet room", other: "{count} quiet rooms" },

  // Notifications
  "notify.more": "More about notifications",
  "notify.titleCalm": "Notifications: do not disturb",

  // A guest window
  "guest.link": "Chat as somebody else",
  "guest.line": "Guest window: here you are {nick}, until you close it.",
  "threshold.people": { one: "{count} person is in {room} just now.", other: "{count} people are in {room} just now." },
  "threshold.nobody": "Nobody is in {room} just now.",
  "threshold.topic": "It is about: {topic}",
  "guest.hint": "In this window you are somebody else; your other windows stay who they are.",

  // Ways to other rooms
  "finding.title": "Find a room",
  "switcher.at": "You are in {room}",
  "switcher.allRead": "Nothing is unread in your other rooms.",

  // Actions and errors
  "action.more": "More",
  "mark.title": "Marks in messages",
  "mark.bold": "Bold",
  "mark.italic": "Italic",
  "mark.struck": "Struck through",
  "mark.code": "Code",
  "mark.quote": "Quote",
  "mark.list": "List",
  "mark.link": "Link",
  "mark.help": "Help with writing",
  "mark.hide": "Hide these buttons (Settings bring them back)",
  "action.forward": "Send on",
  "error.bad_pair": "This code is used or over. Make a new one on the other device.",
  "error.no_such_room": "There is no such room, or the link to it is not good any more.",
  "error.banned": "You may not be in this room.",
  "error.muted": "You are muted in this room.",
  "error.read_only": "Your link lets you only read here.",
  "error.closed": "Only moderators speak here just now.",
  "error.held": "A moderator looks at it first, as it has a link and you are new here. It appears once it is approved.",
  "error.no_files": "Newcomers may not send pictures or files here.",
  "error.no_links": "Newcomers may not set a topic with a link in it here.",
  "error.too_many_clearings": "Too much was cleared here within a day, or it is in too many rooms. Choose a later time.",
  "error.too_many_held": "Too much waits for the moderators here already. Try again later.",
  "error.room_full": "No more people may be in this room.",
  "error.not_moderator": "You may not do that with a moderator, or without being one.",
  "error.not_operator": "Only whoever runs this chat may do that.",
  "error.room_taken": "There is a room of this name already.",
  "error.too_many_links": "There are too many links. Revoke one first.",
  "error.too_many_people": "Those are too many people at once.",
  "error.too_late": "It is too late for that, or it was taken back already.",
  "error.too_many_new_rooms": "Too many new rooms were made from your address. Try again later.",
  "error.lost": "The connection is lost. Try again in a moment.",
});
