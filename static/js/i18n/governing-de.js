// German for faults, rights, rules and links; loaded behind the first messages.

import { de } from "./de.js";

Object.assign(de, {
  // The place of a room that one cannot be in
  "operator.is": "Sie betreiben jetzt diesen Chat und dürfen alle Räume moderieren.",
  "operator.not": "Dieser Link zum Betreiben gilt nicht mehr.",

  // Why nothing can be said
  "silence.muted": "Sie sind hier stumm geschaltet: Sie können lesen.",
  "silence.read_only": "Ihr Link lässt Sie hier nur lesen.",
  "silence.reading": "Sie können hier gerade nur lesen.",
  "silence.closed": "Hier spricht gerade nur die Moderation.",
  "silence.slow_mode": "Langsamer Modus: Ihre nächste Nachricht muss warten.",
  "silence.newcomer": "Wer neu ist, wartet hier etwas mit dem Sprechen.",
  "silence.bad_room": "Sie sind nicht in diesem Raum.",
  "silence.no_such_room": "Sie sind nicht in diesem Raum.",
  "silence.banned": "Sie sind nicht in diesem Raum.",
  "silence.room_full": "Sie sind nicht in diesem Raum.",
  "silence.kicked": "Sie sind nicht in diesem Raum.",
  "silence.left": "Noch {time}.",

  // What moderators did
  "act.created": "{who} hat diesen Raum eingerichtet",
  "act.createdPrivate": "{who} hat diesen privaten Raum eingerichtet",
  "act.rules": "{who} hat die Regeln gesetzt: {what}",
  "act.mute": "{who} hat {people} stumm geschaltet",
  "act.muteFor": "{who} hat {people} stumm geschaltet (für {time})",
  "act.unmute": "{who} lässt {people} wieder sprechen",
  "act.kick": "{who} hat {people} entfernt",
  "act.ban": "{who} hat {people} ausgesperrt",
  "act.banFor": "{who} hat {people} ausgesperrt (für {time})",
  "act.unban": "{who} lässt {people} wiederkommen",
  "act.clear": "{who} hat die Nachrichten von {people} gelöscht",
  "act.restore": "{who} hat zurückgeholt, was gelöscht war",
  "act.raid": "{who} hat den Überfall von {people} rückgängig gemacht",
  "act.approve": "{who} hat freigegeben, was {people} geschrieben hat",
  "act.reject": "{who} hat abgelehnt, was {people} geschrieben hat",
  "act.delete": "{who} hat eine Nachricht von {people} gelöscht",
  "act.freed": "{who} hat den Namen von {people} für andere freigegeben",
  "act.undone": "{who} hat etwas zurückgenommen",
  "act.report": "{who} hat eine Nachricht gemeldet",
  "act.admitted": "{who} hat {people} privat geschrieben",
  "act.linkMade": "{who} hat einen Link angelegt: {what}",
  "act.linkUsed": "{who} kam über einen Link",
  "act.linkEnded": "{who} hat einen Link widerrufen",
  "act.forgotten": "der Server hat {room} vergessen, da niemand dort war",
  "act.people": { one: "{count} Person", other: "{count} Leute" },
  "act.others": { one: "{count} weitere Person", other: "{count} weitere" },

  // Rules
  "rules.closedOn": "nur die Moderation spricht",
  "rules.closedOff": "alle dürfen sprechen",
  "rules.slowOn": "langsamer Modus, {time} zwischen zwei Nachrichten",
  "rules.slowOff": "kein langsamer Modus",
  "rules.newcomersOn": "wer neu ist, wartet {time} mit dem Sprechen",
  "rules.newcomersOff": "wer neu ist, wartet nicht",
  "rules.membersOn": { one: "höchstens {count} Person", other: "höchstens {count} Leute" },
  "rules.membersOff": "beliebig viele Leute",
  "rules.hold_linksOn": "Links von Neuen warten auf die Moderation",
  "rules.hold_linksOff": "Links von Neuen warten nicht",
  "rules.no_filesOn": "Neue senden keine Bilder und Dateien",
  "rules.no_filesOff": "auch Neue dürfen Bilder und Dateien senden",
  "rules.same": "wie zuvor",

  // Room settings
  "settings.title": "Einstellungen des Raums",

  // New rooms
  "room.new": "Neuer Raum",
  "room.name": "Wie heißt er?",
  "room.kind": "Wer darf hinein?",
  "room.public": "Alle",
  "room.private": "Nur wer einen Link hat",
  "room.make": "Raum einrichten",
  "room.made": "Der Raum ist da",
  "room.keep": "Heben Sie diese Links auf: Sie werden nur jetzt gezeigt. Wer einen hat, darf, was er sagt.",
  "room.enter": "In den Raum",

  // What can be done with a person or a message
  "menu.title": "Was mit {nick} zu tun ist",
  "ignore.done": "Von {nick} sehen Sie in diesem Browser nichts mehr.",
  "ignore.undone": "Sie sehen wieder, was {nick} schreibt.",
  "ignore.full": "Sie ignorieren schon zu viele Leute.",
  "pair.invited": "{nick} schreibt Ihnen privat.",
  "menu.why": "Grund, wenn Sie mögen",
  "menu.reported": "Die Moderation wird es sehen.",
  "menu.done": "Erledigt.",
  "menu.shared": "Andere hier kommen von derselben Adresse, darum ist sie nicht gesperrt: Unter anderem Namen ist die Rückkehr möglich. Lassen Sie Neue warten, oder schließen Sie den Raum für eine Weile.",

  // Raids
  "raid.shared": "Andere kommen von derselben Adresse, darum wird sie nicht gesperrt. Wer von dort unter anderem Namen wiederkommt, wartet 15 Minuten, bevor er schreiben kann.",
  "raid.done": "Der Überfall ist rückgängig gemacht. Die Einstellungen des Raums können das zurücknehmen.",

  // The user's devices
  "phone.title": "Auf dem Telefon weitermachen",
  "look.title": "Einstellungen",
  "pair.question": "Sie sind hier {nick}. Als die Person des anderen Geräts weitermachen?",
  "pair.detail": "Dieser Browser vergisst {nick} dann: Räume, Entwürfe und was nicht gesendet ist.",
  "pair.yes": "Als die andere Person weitermachen",
  "pair.no": "{nick} bleiben",
  "devices.title": "Angemeldete Geräte",
  "devices.leave": "Abmelden",
  "devices.ended": "Sie wurden von einem anderen Gerät oder Tab abgemeldet.",

  // What the user wants of a room
  "attention.message": "{nick} schreibt in {room}",
  "rooms.filter": "Räume filtern",
  "people.count": "Leute: {count}",
  "people.filter": "Leute filtern",
  "people.unlisted": { one: "{count} weitere Person ist hier, die der Server nicht nennt.", other: "{count} weitere sind hier, die der Server nicht nennt." },
  "people.guests": { one: "Als Sie kamen, war {count} mit einem einfachen Programm hier, ohne Namen.", other: "Als Sie kamen, waren {count} mit einfachen Programmen hier, ohne Namen." },
  "rooms.quiet": { one: "{count} ruhiger Raum", other: "{count} ruhige Räume" },

  // Notifications
  "notify.more": "Mehr zu Benachrichtigungen",
  "notify.titleCalm": "Benachrichtigungen: nicht stören",

  // A guest window
  "guest.link": "Als jemand anderer chatten",
  "guest.line": "Gastfenster: Hier sind Sie {nick}, bis Sie es schließen.",
  "threshold.people": { one: "In {room} ist gerade {count} Person.", other: "In {room} sind gerade {count} Personen." },
  "threshold.nobody": "In {room} ist gerade niemand.",
  "threshold.topic": "Es geht um: {topic}",
  "guest.hint": "In diesem Fenster sind Sie jemand anderer; Ihre anderen Fenster bleiben, wer sie sind.",

  // Ways to other rooms
  "finding.title": "Raum finden",
  "switcher.at": "Sie sind in {room}",
  "switcher.allRead": "In Ihren anderen Räumen ist nichts ungelesen.",

  // Actions and errors
  "action.more": "Mehr",
  "mark.title": "Auszeichnungen",
  "mark.bold": "Fett",
  "mark.italic": "Kursiv",
  "mark.struck": "Durchgestrichen",
  "mark.code": "Code",
  "mark.quote": "Zitat",
  "mark.list": "Liste",
  "mark.link": "Link",
  "mark.help": "Hilfe zum Schreiben",
  "mark.hide": "Diese Knöpfe verbergen (Einstellungen holen sie zurück)",
  "action.forward": "Weiterleiten",
  "error.bad_pair": "Dieser Code ist benutzt oder gilt nicht mehr. Machen Sie auf dem anderen Gerät einen neuen.",
  "error.no_such_room": "Diesen Raum gibt es nicht, oder der Link dorthin gilt nicht mehr.",
  "error.banned": "Sie dürfen nicht in diesem Raum sein.",
  "error.muted": "Sie sind in diesem Raum stumm geschaltet.",
  "error.read_only": "Ihr Link lässt Sie hier nur lesen.",
  "error.closed": "Hier spricht gerade nur die Moderation.",
  "error.held": "Die Moderation sieht es sich erst an, da es einen Link hat und Sie neu hier sind. Nach der Freigabe erscheint es.",
  "error.no_files": "Wer neu ist, darf hier keine Bilder und Dateien senden.",
  "error.no_links": "Wer neu ist, darf hier kein Thema mit einem Link darin setzen.",
  "error.too_many_clearings": "Hier wurde an einem Tag schon zu viel gelöscht, oder es steht in zu vielen Räumen. Wählen Sie eine spätere Zeit.",
  "error.too_many_held": "Auf die Moderation wartet hier schon zu viel. Versuchen Sie es später.",
  "error.room_full": "Mehr Leute dürfen nicht in diesem Raum sein.",
  "error.not_moderator": "Das geht nicht mit jemandem aus der Moderation, und nicht ohne dazuzugehören.",
  "error.not_operator": "Das darf nur, wer diesen Chat betreibt.",
  "error.room_taken": "Einen Raum dieses Namens gibt es schon.",
  "error.too_many_links": "Es gibt zu viele Links. Widerrufen Sie erst einen.",
  "error.too_many_people": "Das sind zu viele Leute auf einmal.",
  "error.too_late": "Dafür ist es zu spät, oder es wurde schon zurückgenommen.",
  "error.too_many_new_rooms": "Von Ihrer Adresse kamen zu viele neue Räume. Versuchen Sie es später.",
  "error.lost": "Die Verbindung ist weg. Versuchen Sie es gleich noch einmal.",
});
