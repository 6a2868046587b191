// French for faults, rights, rules and links; loaded behind the first messages.

import { fr } from "./fr.js";

Object.assign(fr, {
  // The place of a room that one cannot be in
  "operator.is": "Vous gérez maintenant ce chat et pouvez modérer tous les salons.",
  "operator.not": "Ce lien de gestion n’est plus valable.",

  // Why nothing can be said
  "silence.muted": "Vous êtes ici en sourdine : vous pouvez lire.",
  "silence.read_only": "Votre lien vous permet seulement de lire ici.",
  "silence.reading": "Vous pouvez seulement lire ici en ce moment.",
  "silence.closed": "Seule la modération parle ici en ce moment.",
  "silence.slow_mode": "Mode lent : votre prochain message doit attendre.",
  "silence.newcomer": "Qui est nouveau attend un peu avant de parler ici.",
  "silence.bad_room": "Vous n’êtes pas dans ce salon.",
  "silence.no_such_room": "Vous n’êtes pas dans ce salon.",
  "silence.banned": "Vous n’êtes pas dans ce salon.",
  "silence.room_full": "Vous n’êtes pas dans ce salon.",
  "silence.kicked": "Vous n’êtes pas dans ce salon.",
  "silence.left": "Encore {time}.",

  // What moderators did
  "act.created": "{who} a créé ce salon",
  "act.createdPrivate": "{who} a créé ce salon privé",
  "act.rules": "{who} a fixé les règles : {what}",
  "act.mute": "{who} a mis en sourdine {people}",
  "act.muteFor": "{who} a mis en sourdine {people} (durée : {time})",
  "act.unmute": "{who} laisse de nouveau parler {people}",
  "act.kick": "{who} a retiré {people}",
  "act.ban": "{who} a banni {people}",
  "act.banFor": "{who} a banni {people} (durée : {time})",
  "act.unban": "{who} laisse revenir {people}",
  "act.clear": "{who} a effacé les messages de {people}",
  "act.restore": "{who} a rétabli ce qui était effacé",
  "act.raid": "{who} a annulé un raid de {people}",
  "act.approve": "{who} a accepté ce que {people} a écrit",
  "act.reject": "{who} a refusé ce que {people} a écrit",
  "act.delete": "{who} a effacé un message de {people}",
  "act.freed": "{who} a libéré le nom de {people}",
  "act.undone": "{who} a annulé quelque chose",
  "act.report": "{who} a signalé un message",
  "act.admitted": "{who} a écrit en privé à {people}",
  "act.linkMade": "{who} a créé un lien : {what}",
  "act.linkUsed": "{who} est venu par un lien",
  "act.linkEnded": "{who} a révoqué un lien",
  "act.forgotten": "le serveur a oublié {room}, que personne n’utilisait",
  "act.people": { one: "{count} personne", other: "{count} personnes" },
  "act.others": { one: "{count} autre", other: "{count} autres" },

  // Rules
  "rules.closedOn": "seule la modération parle",
  "rules.closedOff": "tout le monde peut parler",
  "rules.slowOn": "mode lent, {time} entre deux messages",
  "rules.slowOff": "pas de mode lent",
  "rules.newcomersOn": "qui est nouveau attend {time} avant de parler",
  "rules.newcomersOff": "qui est nouveau n’attend pas",
  "rules.membersOn": { one: "{count} personne au plus", other: "{count} personnes au plus" },
  "rules.membersOff": "autant de personnes qu’on veut",
  "rules.hold_linksOn": "les liens de qui est nouveau attendent la modération",
  "rules.hold_linksOff": "les liens de qui est nouveau n’attendent pas",
  "rules.no_filesOn": "qui est nouveau n’envoie ni images ni fichiers",
  "rules.no_filesOff": "qui est nouveau peut envoyer des images et des fichiers",
  "rules.same": "comme avant",

  // Room settings
  "settings.title": "Réglages du salon",

  // New rooms
  "room.new": "Nouveau salon",
  "room.name": "Comment s’appelle-t-il ?",
  "room.kind": "Qui peut y entrer ?",
  "room.public": "Tout le monde",
  "room.private": "Seulement qui a un lien",
  "room.make": "Créer le salon",
  "room.made": "Le salon est là",
  "room.keep": "Gardez ces liens : ils ne sont montrés que maintenant. Qui en a un peut faire ce qu’il dit.",
  "room.enter": "Aller dans le salon",

  // What can be done with a person or a message
  "menu.title": "Que faire avec {nick}",
  "ignore.done": "Dans ce navigateur, vous ne voyez plus rien de {nick}.",
  "ignore.undone": "Vous voyez de nouveau ce que {nick} écrit.",
  "ignore.full": "Vous ignorez déjà trop de gens.",
  "pair.invited": "{nick} vous écrit en privé.",
  "menu.why": "Raison, si vous voulez",
  "menu.reported": "La modération le verra.",
  "menu.done": "C’est fait.",
  "menu.shared": "D’autres ici viennent de la même adresse, qui n’est donc pas bannie : on peut revenir sous un autre nom. Faites attendre les nouveaux, ou fermez le salon pour un temps.",

  // Raids
  "raid.shared": "D’autres viennent de la même adresse, qui n’est donc pas bannie. Qui en revient sous un autre nom attend 15 minutes avant de pouvoir écrire.",
  "raid.done": "Le raid est annulé. Les réglages du salon permettent d’y revenir.",

  // The user's devices
  "phone.title": "Continuer sur mon téléphone",
  "look.title": "Réglages",
  "pair.question": "Vous êtes {nick} ici. Continuer en tant que la personne de l’autre appareil ?",
  "pair.detail": "Ce navigateur oublie alors {nick} : salons, brouillons et ce qui n’est pas envoyé.",
  "pair.yes": "Continuer en tant que l’autre personne",
  "pair.no": "Rester {nick}",
  "devices.title": "Appareils connectés",
  "devices.leave": "Se déconnecter",
  "devices.ended": "Vous avez été déconnecté depuis un autre appareil ou onglet.",

  // What the user wants of a room
  "attention.message": "{nick} écrit dans {room}",
  "rooms.filter": "Filtrer les salons",
  "people.count": "Participants : {count}",
  "people.filter": "Filtrer les participants",
  "people.unlisted": { one: "{count} autre personne est ici, que le serveur ne nomme pas.", other: "{count} autres sont ici, que le serveur ne nomme pas." },
  "people.guests": { one: "À votre arrivée, {count} était ici avec un programme simple, sans nom.", other: "À votre arrivée, {count} étaient ici avec des programmes simples, sans nom." },
  "rooms.quiet": { one: "{count} salon calme", other: "{count} salons calmes" },

  // Notifications
  "notify.more": "Plus sur les notifications",
  "notify.titleCalm": "Notifications : ne pas déranger",

  // A guest window
  "guest.link": "Discuter sous une autre identité",
  "guest.line": "Fenêtre d’invité : ici, vous êtes {nick}, jusqu’à ce que vous la fermiez.",
  "threshold.people": { one: "{count} personne est dans {room} en ce moment.", other: "{count} personnes sont dans {room} en ce moment." },
  "threshold.nobody": "Il n’y a personne dans {room} en ce moment.",
  "threshold.topic": "On y parle de : {topic}",
  "guest.hint": "Dans cette fenêtre, vous êtes quelqu’un d’autre ; vos autres fenêtres ne changent pas.",

  // Ways to other rooms
  "finding.title": "Trouver un salon",
  "switcher.at": "Vous êtes dans {room}",
  "switcher.allRead": "Rien de non lu dans vos autres salons.",

  // Actions and errors
  "action.more": "Plus",
  "mark.title": "Mise en forme",
  "mark.bold": "Gras",
  "mark.italic": "Italique",
  "mark.struck": "Barré",
  "mark.code": "Code",
  "mark.quote": "Citation",
  "mark.list": "Liste",
  "mark.link": "Lien",
  "mark.help": "Aide à l’écriture",
  "mark.hide": "Masquer ces boutons (les réglages les rétablissent)",
  "action.forward": "Transférer",
  "error.bad_pair": "Ce code a servi ou n’est plus valable. Faites-en un nouveau sur l’autre appareil.",
  "error.no_such_room": "Ce salon n’existe pas, ou le lien vers lui n’est plus valable.",
  "error.banned": "Vous ne pouvez pas être dans ce salon.",
  "error.muted": "Vous êtes en sourdine dans ce salon.",
  "error.read_only": "Votre lien vous permet seulement de lire ici.",
  "error.closed": "Seule la modération parle ici en ce moment.",
  "error.held": "La modération le regarde d’abord, car il a un lien et vous êtes nouveau ici. Il paraîtra une fois approuvé.",
  "error.no_files": "Qui est nouveau ne peut envoyer ni images ni fichiers ici.",
  "error.no_links": "Les nouveaux venus ne peuvent pas mettre ici un sujet contenant un lien.",
  "error.too_many_clearings": "Trop a été effacé ici en un jour, ou c’est dans trop de salons. Choisissez une heure plus tardive.",
  "error.too_many_held": "Trop de choses attendent déjà la modération ici. Réessayez plus tard.",
  "error.room_full": "Personne d’autre ne peut entrer dans ce salon.",
  "error.not_moderator": "Cela ne se fait pas à la modération, ni sans en être.",
  "error.not_operator": "Seul qui gère ce chat peut le faire.",
  "error.room_taken": "Il y a déjà un salon de ce nom.",
  "error.too_many_links": "Il y a trop de liens. Révoquez-en un d’abord.",
  "error.too_many_people": "Cela fait trop de monde à la fois.",
  "error.too_late": "C’est trop tard, ou c’est déjà annulé.",
  "error.too_many_new_rooms": "Trop de nouveaux salons sont venus de votre adresse. Réessayez plus tard.",
  "error.lost": "La connexion est perdue. Réessayez dans un instant.",
});
