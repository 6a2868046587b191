// German.

export const de = {
  direction: "ltr",

  // The whole page
  "page.title": "{room} · {chat}",
  "page.titleUnread": "({count}) {room} · {chat}",
  "page.noWebSockets": "Ihr Browser kann keine WebSockets öffnen, und dieser Chat braucht sie.",
  "page.incomplete": "Ein Teil dieser Seite wurde nicht geladen. Bitte laden Sie sie neu.",
  "page.close": "Schließen",
  "page.refused": "Einen Raum „{room}“ gibt es nicht. {reason}",

  // The link to a room
  "link.copy": "Link zu diesem Raum kopieren",
  "link.copied": "Link kopiert. Wer ihn öffnet, ist in diesem Raum.",
  "link.byHand": "Der Link zu diesem Raum: {link}",

  // Connection
  "status.connecting": "Verbindet …",
  "status.open": "Verbunden",
  "status.slowed": "Etwas langsamer: das war viel auf einmal",
  "status.away": "Nicht verbunden",
  "banner.lost": "Die Verbindung ist weg. Sie können weiterschreiben.",
  "banner.stopped": "Der Server wurde angehalten. Die Seite verbindet sich, wenn er wieder da ist; Sie können weiterschreiben.",
  "banner.restarting": "Der Server startet neu. Sie können weiterschreiben.",
  "banner.offline": "Sie sind offline. Sie können weiterschreiben.",
  "banner.ended": "Der Server hat die Verbindung beendet: {reason}.",
  "banner.flooded": "Das war dem Server zu viel auf einmal. Warten Sie etwas und verbinden Sie sich dann neu.",
  "banner.countdown": "Versuch {attempt} in {count} s.",
  "banner.attempt": "Versuch {attempt} …",
  "banner.retry": "Jetzt verbinden",

  // Rooms
  "rooms.title": "Räume",
  "rooms.unread": "ungelesen",
  "rooms.mentioned": "ungelesen, und Sie werden erwähnt",
  "rooms.menu": "Optionen für {room}",
  "rooms.leave": "{room} verlassen",
  "rooms.join": "Einen weiteren Raum betreten",
  "rooms.joinButton": "Los",

  // People
  "people.title": "Leute",
  "people.you": "(Sie)",
  "people.others": "und {count} weitere",
  "people.rename": "Namen ändern",

  // Attention
  "attention.title": "Benachrichtigungen",
  "attention.notify": "Benachrichtigen",
  "attention.sound": "Ton abspielen",
  "attention.mention": "{nick} erwähnt Sie in {room}",
  "attention.refused": "Ihr Browser erlaubt dieser Seite keine Benachrichtigungen.",

  // Typing
  "typing.one": "{one} schreibt …",
  "typing.two": "{one} und {other} schreiben …",
  "typing.many": "Mehrere schreiben …",

  // Search
  "search.title": "Diesen Raum durchsuchen",
  "search.label": "Gesuchte Wörter",
  "search.button": "Suchen",
  "search.narrow": "Nach Person oder Tag",
  "search.from": "Von",
  "search.since": "Ab diesem Tag",
  "search.until": "Bis zu diesem Tag",
  "search.looking": "Suche läuft …",
  "search.found": { one: "{count} Nachricht gefunden", other: "{count} Nachrichten gefunden" },
  "search.foundMany": { other: "Die letzten {count} gefundenen Nachrichten" },
  "search.more": "Weitere",

  // Log and rows
  "log.title": "Nachrichten",
  "log.earlier": "Frühere Nachrichten",
  "jump.new": { one: "{count} neue Nachricht", other: "{count} neue Nachrichten" },
  "jump.manyNew": { other: "Mehr als {count} neue Nachrichten" },
  "jump.end": "Zu den neuesten Nachrichten",
  "log.empty": "Noch nichts gesagt",
  "log.begin":
    "Fangen Sie an, oder kopieren Sie den Link oben und schicken Sie ihn anderen. Alle in diesem Raum können lesen, was Sie schreiben.",
  "log.unknown": "Noch nicht da",
  "log.wait": "Was gesagt wurde, kommt mit der Verbindung.",
  "row.deleted": "Nachricht gelöscht",
  "row.edited": "bearbeitet",
  "row.new": "Neu",
  "row.gone": "Eine Nachricht, die es nicht mehr gibt",
  "row.jump": "Zur Nachricht",
  "row.nameless": "Jemand",
  "row.sending": "Wird gesendet …",
  "row.waiting": "Wird gesendet, sobald verbunden",
  "row.failed": "Nicht gesendet. {reason}",
  "row.retry": "Nochmals",
  "row.delete": "Löschen",
  "row.topic": "Thema: {text}",
  "note.reset": "Der Server hat neu begonnen. Was hier früher gesagt wurde, ist weg.",
  "note.gap": "Sie waren lange fort. Einiges, was inzwischen gesagt wurde, ist nicht mehr da.",

  // Composer
  "composer.label": "Nachricht",
  "composer.placeholder": "In {room} schreiben",
  "composer.full": "Es wartet schon zu viel darauf, gesendet zu werden. Senden Sie dies, wenn die Verbindung wieder da ist.",
  "composer.tooLong": "Das hat {count} Zeichen, und eine Nachricht hat höchstens {limit}.",
  "composer.between": "Diese Nachricht wird gerade gesendet. Versuchen Sie es gleich noch einmal.",
  "composer.emoji": "Emoji",
  "composer.send": "Senden",

  // Actions on a message
  "action.all": "Aktionen",
  "action.react": "Reagieren",
  "action.reply": "Antworten",
  "action.copy": "Text kopieren",
  "action.copied": "Kopiert.",
  "action.notCopied": "Ihr Browser lässt diese Seite nicht kopieren. Markieren Sie stattdessen den Text.",
  "action.edit": "Bearbeiten",
  "action.delete": "Löschen",
  "action.keyDelete": "Entf",
  "delete.question": "Diese Nachricht für alle löschen?",
  "delete.unsent": "Diese Nachricht löschen? Sie ist noch nicht gesendet.",
  "delete.no": "Behalten",
  "picker.title": "Mit einem Emoji reagieren",
  "picker.search": "Emoji nach (englischem) Namen suchen",
  "draft.reply": "Antwort auf",
  "draft.edit": "Nachricht bearbeiten",
  "draft.cancelReply": "Nicht antworten",
  "draft.cancelEdit": "Nicht bearbeiten",
  "draft.left": { one: "noch {count} Zeichen", other: "noch {count} Zeichen" },
  "draft.over": { one: "{count} Zeichen zu viel", other: "{count} Zeichen zu viel" },
  "suggestions.title": "Vorschläge",
  "leave.question": {
    one: "In {room} ist noch {count} Sache nicht gesendet. Wenn Sie gehen, wird sie es nie.",
    other: "In {room} sind noch {count} Sachen nicht gesendet. Wenn Sie gehen, werden sie es nie.",
  },
  "leave.yes": "Trotzdem verlassen",
  "leave.no": "Bleiben",

  // Commands
  "command.me": "/me TEXT – sagen, was Sie tun",
  "command.nick": "/nick NAME – anders heißen",
  "command.join": "/join RAUM – in einen Raum gehen",
  "command.leave": "/leave – diesen Raum verlassen",
  "command.topic": "/topic TEXT – sagen, worum es in diesem Raum geht",
  "command.help": "/help – diese Liste zeigen",
  "command.slashes": "//TEXT – etwas sagen, das mit einem Schrägstrich beginnt",
  "command.unknown": "Einen Befehl /{name} gibt es nicht. Mit //{name} wird es gesagt, wie es dasteht; /help nennt die Befehle.",
  "command.missing": "Es fehlt etwas: {usage}",
  "command.topicTooLong": "Dieses Thema hat {count} Zeichen, und ein Thema hat höchstens {limit}.",

  // Server, die fragen, wer kommt
  "access.password": "Passwort dieses Chats",
  "access.enter": "Eintreten",
  "access.wrong": "Das ist nicht das Passwort.",
  "access.token": "Dieser Chat ist für Leute mit einem eigenen Link. Bitte frage danach, wer ihn betreibt.",
  "access.expired": "Dein Link gilt nicht mehr. Bitte frage nach einem anderen.",
  "access.invite": "Du brauchst einen Einladungslink",
  "access.inviteWhy": "In diesen Chat kommt nur, wer einen Link zu einem der Räume hat; deiner fehlt oder gilt nicht mehr. Bitte jemanden, der dabei ist, um einen.",
  "access.orInvite": "Oder öffne einen Einladungslink.",

  // Name
  "name.question": "Wie sollen wir Sie nennen?",
  "name.hint": "Alle im Raum sehen diesen Namen. Es gibt kein Konto und kein Passwort.",
  "name.enter": "Zum Chat",
  "name.change": "Diesen Namen nehmen",
  "name.cancel": "Den alten behalten",

  // Errors of the server
  "error.bad_room": "Der Name eines Raums hat bis zu 64 Buchstaben und Ziffern; dazwischen dürfen _ . - stehen.",
  "error.nick_taken": "So heißt schon jemand.",
  "error.too_many_rooms": "Sie sind in zu vielen Räumen. Verlassen Sie erst einen.",
  "error.not_joined": "Sie sind nicht in diesem Raum.",
  "error.not_found": "Diese Nachricht gibt es nicht.",
  "error.not_yours": "Diese Nachricht ist nicht von Ihnen.",
  "error.too_long": "Das ist zu lang für den Server.",
  "error.too_many_reactions": "Diese Nachricht hat schon so viele Reaktionen, wie sie haben kann. Schließen Sie sich einer davon an.",
  "error.too_many_changes": "Diese Nachricht ist schon zu oft geändert worden. Schreiben Sie eine neue.",
  "error.storage_full": "Der Server hat keinen Platz für weitere Nachrichten. Sagen Sie es denen, die ihn betreiben.",
  "error.key_reused": "Der Server hat unter derselben Kennung schon etwas anderes. Löschen Sie dies und schreiben Sie es neu.",
  "error.unavailable": "Der Server kann gerade nichts speichern.",
  "error.busy": "Das war zu viel auf einmal.",
  "error.unknown": "Der Server hat das abgelehnt.",
};
