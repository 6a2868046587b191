// French for pictures and files; loaded when there are any.

import { fr } from "./fr.js";

Object.assign(fr, {
  // In the log
  "files.picture": "Image : {name}",
  "files.broken": "Cette image n’est pas là pour le moment.",
  "files.download": "Télécharger {name}",
  "files.uploading": "Envoi de {name}",
  "files.large": "Image",
  "files.earlier": "Image précédente",
  "files.later": "Image suivante",
  "files.save": "Télécharger",
  "files.place": "{place} sur {count}",

  // Going with a message
  "files.fromCamera": "Prendre une photo",
  "files.fromPictures": "Choisir des images",
  "files.fromFile": "Choisir des fichiers",
  "files.drop": "Déposez ici pour envoyer dans {room}",
  "files.chips": "Part avec votre message",
  "files.preparing": "Préparation …",
  "files.waiting": "attend la connexion",
  "files.retry": "Réessayer",
  "files.retryOne": "Réessayer {name}",
  "files.remove": "Retirer {name}",
  "files.alt": "Décrire",
  "files.describeOne": "Décrire {name}",
  "files.describeTitle": "Décrire cette image",
  "files.describe": "Que voit-on sur l’image ?",
  "files.describeWhy": "Pour les personnes qui ne peuvent pas la voir.",
  "files.keep": "Garder",
  "files.cancel": "Annuler",

  // Why it does not
  "files.empty": "{name} est vide.",
  "files.tooLarge": "{name} est trop grand : {size}, et un fichier peut avoir {limit}.",
  "files.tooLargeFor": "C’est trop grand : un fichier peut avoir {limit}.",
  "files.tooLargeHere": "C’est trop grand pour le serveur, ou pour quelque chose devant lui.",
  "files.moreFaults": {
    one: "Et {count} autre fichier ne peut pas être envoyé.",
    other: "Et {count} autres fichiers ne peuvent pas être envoyés.",
  },
  "files.tooMany": "Jusqu’à {count} fichiers partent avec un message ; les autres ont été laissés de côté.",
  "files.folder": "Un dossier ne peut pas être envoyé ; ouvrez-le et prenez les fichiers qu’il contient.",
  "files.off": "On ne peut pas envoyer de fichiers dans ce chat.",
  "files.whileEditing": "Les fichiers partent avec un nouveau message. Finissez d’abord de modifier celui-ci.",
  "files.failedFirst": "Un fichier n’a pas été envoyé. Réessayez ou retirez-le, puis envoyez.",
  "files.full": "Le serveur n’a plus de place pour des fichiers. Prévenez la personne qui le gère.",
  "files.dayFull": "Vous avez envoyé autant que permis pour le moment. Réessayez dans {time}.",
  "files.manyWaiting": "Trop de vos fichiers attendent un message. Envoyez-en ou retirez-en d’abord.",
  "files.strangers": "Dans ce salon, les nouveaux ne peuvent pas encore envoyer de fichiers.",
  "files.signedOut": "Le serveur ne vous connaît plus. Rechargez cette page.",
  "files.unreadable": "Le serveur ne peut pas lire cette image. Elle est peut-être abîmée.",
  "files.unreachable": "L’envoi n’a pas abouti.",
  "files.gone": "Le navigateur n’a pas gardé ce fichier. Ajoutez-le à nouveau.",
});
