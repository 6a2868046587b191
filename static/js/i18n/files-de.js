// German for pictures and files; loaded when there are any.

import { de } from "./de.js";

Object.assign(de, {
  // In the log
  "files.picture": "Bild: {name}",
  "files.broken": "Dieses Bild ist gerade nicht da.",
  "files.download": "{name} herunterladen",
  "files.uploading": "{name} wird hochgeladen",
  "files.large": "Bild",
  "files.earlier": "Früheres Bild",
  "files.later": "Späteres Bild",
  "files.save": "Herunterladen",
  "files.place": "{place} von {count}",

  // Going with a message
  "files.fromCamera": "Foto aufnehmen",
  "files.fromPictures": "Bilder wählen",
  "files.fromFile": "Dateien wählen",
  "files.drop": "Hier loslassen, um es in {room} zu senden",
  "files.chips": "Geht mit Ihrer Nachricht",
  "files.preparing": "Wird vorbereitet …",
  "files.waiting": "wartet auf die Verbindung",
  "files.retry": "Nochmal",
  "files.retryOne": "{name} nochmal versuchen",
  "files.remove": "{name} entfernen",
  "files.alt": "Beschreiben",
  "files.describeOne": "{name} beschreiben",
  "files.describeTitle": "Dieses Bild beschreiben",
  "files.describe": "Was ist auf dem Bild?",
  "files.describeWhy": "Für Menschen, die es nicht sehen können.",
  "files.keep": "Übernehmen",
  "files.cancel": "Abbrechen",

  // Why it does not
  "files.empty": "{name} ist leer.",
  "files.tooLarge": "{name} ist zu groß: Es sind {size}, und eine Datei darf {limit} haben.",
  "files.tooLargeFor": "Das ist zu groß: Eine Datei darf {limit} haben.",
  "files.tooLargeHere": "Das ist zu groß für den Server oder für etwas vor ihm.",
  "files.moreFaults": {
    one: "Und {count} weitere Datei kann nicht gesendet werden.",
    other: "Und {count} weitere Dateien können nicht gesendet werden.",
  },
  "files.tooMany": "Zu einer Nachricht gehen bis zu {count} Dateien; die übrigen wurden weggelassen.",
  "files.folder": "Ein Ordner kann nicht gesendet werden; öffnen Sie ihn und nehmen Sie die Dateien darin.",
  "files.off": "In diesem Chat können keine Dateien gesendet werden.",
  "files.whileEditing": "Dateien gehen mit einer neuen Nachricht. Bearbeiten Sie diese zuerst fertig.",
  "files.failedFirst": "Eine Datei wurde nicht hochgeladen. Versuchen Sie es nochmal oder entfernen Sie sie, dann senden Sie.",
  "files.full": "Der Server hat keinen Platz für weitere Dateien. Sagen Sie es dem Betreiber.",
  "files.dayFull": "Sie haben vorerst so viel gesendet, wie Sie dürfen. Versuchen Sie es in {time} wieder.",
  "files.manyWaiting": "Zu viele Ihrer Dateien warten auf eine Nachricht. Senden oder entfernen Sie zuerst einige.",
  "files.strangers": "In diesem Raum können Neue noch keine Dateien senden.",
  "files.signedOut": "Der Server kennt Sie nicht mehr. Laden Sie diese Seite neu.",
  "files.unreadable": "Der Server kann dieses Bild nicht lesen. Vielleicht ist es beschädigt.",
  "files.unreachable": "Das Hochladen ist nicht durchgekommen.",
  "files.gone": "Der Browser hat diese Datei nicht aufbewahrt. Fügen Sie sie nochmal hinzu.",
});
