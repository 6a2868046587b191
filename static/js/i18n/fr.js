// French.

export const fr = {
  direction: "ltr",

  // The whole page
  "page.title": "{room} · {chat}",
  "page.titleUnread": "({count}) {room} · {chat}",
  "page.noWebSockets": "Votre navigateur ne sait pas ouvrir de WebSocket, et ce chat en a besoin.",
  "page.incomplete": "Une partie de cette page n’a pas été chargée. Veuillez la recharger.",
  "page.close": "Fermer",
  "page.refused": "Le salon « {room} » n’existe pas. {reason}",

  // The link to a room
  "link.copy": "Copier le lien vers ce salon",
  "link.copied": "Lien copié. Qui l’ouvre entre dans ce salon.",
  "link.byHand": "Le lien vers ce salon : {link}",

  // Connection
  "status.connecting": "Connexion …",
  "status.open": "Connecté",
  "status.slowed": "Un peu plus lentement : c’était beaucoup à la fois",
  "status.away": "Non connecté",
  "banner.lost": "La connexion est perdue. Vous pouvez continuer à écrire.",
  "banner.stopped": "Le serveur a été arrêté. La page se connectera à son retour ; vous pouvez continuer à écrire.",
  "banner.restarting": "Le serveur redémarre. Vous pouvez continuer à écrire.",
  "banner.offline": "Vous êtes hors ligne. Vous pouvez continuer à écrire.",
  "banner.ended": "Le serveur a mis fin à la connexion : {reason}.",
  "banner.flooded": "C’était trop à la fois pour le serveur. Attendez un peu, puis reconnectez-vous.",
  "banner.countdown": "Essai {attempt} dans {count} s.",
  "banner.attempt": "Essai {attempt} …",
  "banner.retry": "Reconnecter",

  // Rooms
  "rooms.title": "Salons",
  "rooms.unread": "non lus",
  "rooms.mentioned": "non lus, et on vous mentionne",
  "rooms.menu": "Options de {room}",
  "rooms.leave": "Quitter {room}",
  "rooms.join": "Rejoindre un autre salon",
  "rooms.joinButton": "Entrer",

  // People
  "people.title": "Participants",
  "people.you": "(vous)",
  "people.others": "et {count} de plus",
  "people.rename": "Changer de nom",

  // Attention
  "attention.title": "Notifications",
  "attention.notify": "M’avertir",
  "attention.sound": "Jouer un son",
  "attention.mention": "{nick} vous mentionne dans {room}",
  "attention.refused": "Votre navigateur ne permet pas de notifications à cette page.",

  // Typing
  "typing.one": "{one} écrit…",
  "typing.two": "{one} et {other} écrivent…",
  "typing.many": "Plusieurs personnes écrivent…",

  // Search
  "search.title": "Rechercher dans ce salon",
  "search.label": "Mots à chercher",
  "search.button": "Rechercher",
  "search.narrow": "Par personne ou par jour",
  "search.from": "De",
  "search.since": "Depuis ce jour",
  "search.until": "Jusqu’à ce jour",
  "search.looking": "Recherche…",
  "search.found": { one: "{count} message trouvé", other: "{count} messages trouvés" },
  "search.foundMany": { other: "Les {count} derniers messages trouvés" },
  "search.more": "Suite",

  // Log and rows
  "log.title": "Messages",
  "log.earlier": "Messages précédents",
  "jump.new": { one: "{count} nouveau message", other: "{count} nouveaux messages" },
  "jump.manyNew": { other: "Plus de {count} nouveaux messages" },
  "jump.end": "Aux derniers messages",
  "log.empty": "Rien n’a encore été dit",
  "log.begin":
    "Commencez, ou copiez le lien ci-dessus et envoyez-le à d’autres. Tout le monde dans ce salon peut lire ce que vous écrivez.",
  "log.unknown": "Pas encore là",
  "log.wait": "Ce qui a été dit viendra avec la connexion.",
  "row.deleted": "Message supprimé",
  "row.edited": "modifié",
  "row.new": "Nouveau",
  "row.gone": "Un message qui n’existe plus",
  "row.jump": "Aller au message",
  "row.nameless": "Quelqu’un",
  "row.sending": "Envoi …",
  "row.waiting": "Sera envoyé une fois connecté",
  "row.failed": "Non envoyé. {reason}",
  "row.retry": "Réessayer",
  "row.delete": "Supprimer",
  "row.topic": "Sujet : {text}",
  "note.reset": "Le serveur est reparti de zéro. Ce qui a été dit ici auparavant n’existe plus.",
  "note.gap": "Vous étiez absent longtemps. Une partie de ce qui a été dit entre-temps n’est plus conservée.",

  // Composer
  "composer.label": "Message",
  "composer.placeholder": "Écrire dans {room}",
  "composer.full": "Trop de messages attendent déjà d’être envoyés. Envoyez celui-ci quand la connexion sera rétablie.",
  "composer.tooLong": "Il y a là {count} caractères, et un message en a {limit} au plus.",
  "composer.between": "Ce message est en cours d’envoi. Réessayez dans un instant.",
  "composer.emoji": "Émoji",
  "composer.send": "Envoyer",

  // Actions on a message
  "action.all": "Actions",
  "action.react": "Réagir",
  "action.reply": "Répondre",
  "action.copy": "Copier le texte",
  "action.copied": "Copié.",
  "action.notCopied": "Votre navigateur n’a pas laissé cette page copier. Sélectionnez plutôt le texte.",
  "action.edit": "Modifier",
  "action.delete": "Supprimer",
  "action.keyDelete": "Suppr",
  "delete.question": "Supprimer ce message pour tout le monde ?",
  "delete.unsent": "Supprimer ce message ? Il n’est pas encore envoyé.",
  "delete.no": "Le garder",
  "picker.title": "Réagir avec un emoji",
  "picker.search": "Chercher un emoji par son nom (anglais)",
  "draft.reply": "Réponse à",
  "draft.edit": "Modification du message",
  "draft.cancelReply": "Ne pas répondre",
  "draft.cancelEdit": "Ne pas modifier",
  "draft.left": { one: "encore {count} caractère", other: "encore {count} caractères" },
  "draft.over": { one: "{count} caractère de trop", other: "{count} caractères de trop" },
  "suggestions.title": "Suggestions",
  "leave.question": {
    one: "Dans {room}, {count} chose n’est pas encore envoyée. Si vous partez, elle ne le sera jamais.",
    other: "Dans {room}, {count} choses ne sont pas encore envoyées. Si vous partez, elles ne le seront jamais.",
  },
  "leave.yes": "Quitter quand même",
  "leave.no": "Rester",

  // Commands
  "command.me": "/me TEXTE – dire ce que vous faites",
  "command.nick": "/nick NOM – changer de nom",
  "command.join": "/join SALON – aller dans un salon",
  "command.leave": "/leave – quitter ce salon",
  "command.topic": "/topic TEXTE – dire de quoi parle ce salon",
  "command.help": "/help – montrer cette liste",
  "command.slashes": "//TEXTE – dire quelque chose qui commence par une barre",
  "command.unknown": "La commande /{name} n’existe pas. Avec //{name}, c’est dit tel quel ; /help donne les commandes.",
  "command.missing": "Il manque quelque chose : {usage}",
  "command.topicTooLong": "Ce sujet a {count} caractères, et un sujet en a {limit} au plus.",

  // Serveurs qui demandent qui vient
  "access.password": "Mot de passe de ce chat",
  "access.enter": "Entrer",
  "access.wrong": "Ce n’est pas le mot de passe.",
  "access.token": "Ce chat est réservé aux personnes qui ont leur propre lien. Demandez-en un à qui le gère.",
  "access.expired": "Votre lien n’est plus valable. Demandez-en un autre.",
  "access.invite": "Il vous faut un lien d’invitation",
  "access.inviteWhy": "Ce chat n’est ouvert qu’aux personnes qui ont un lien vers l’un de ses salons ; le vôtre manque ou n’est plus valable. Demandez-en un à quelqu’un qui y est.",
  "access.orInvite": "Ou ouvrez un lien d’invitation.",

  // Name
  "name.question": "Comment faut-il vous appeler ?",
  "name.hint": "Tout le monde dans le salon verra ce nom. Il n’y a ni compte ni mot de passe.",
  "name.enter": "Entrer dans le chat",
  "name.change": "Prendre ce nom",
  "name.cancel": "Garder l’ancien",

  // Errors of the server
  "error.bad_room": "Le nom d’un salon a jusqu’à 64 lettres et chiffres ; _ . - peuvent se trouver entre eux.",
  "error.nick_taken": "Quelqu’un d’autre porte déjà ce nom.",
  "error.too_many_rooms": "Vous êtes dans trop de salons. Quittez-en un d’abord.",
  "error.not_joined": "Vous n’êtes pas dans ce salon.",
  "error.not_found": "Ce message n’existe pas.",
  "error.not_yours": "Ce message n’est pas de vous.",
  "error.too_long": "C’est trop long pour le serveur.",
  "error.too_many_reactions": "Ce message a déjà autant de réactions qu’il peut en avoir. Reprenez l’une d’elles.",
  "error.too_many_changes": "Ce message a déjà été modifié trop souvent. Envoyez-en un nouveau.",
  "error.storage_full": "Le serveur n’a plus de place pour d’autres messages. Prévenez la personne qui le gère.",
  "error.key_reused": "Le serveur a déjà autre chose sous le même identifiant. Supprimez ceci et écrivez-le à nouveau.",
  "error.unavailable": "Le serveur ne peut rien conserver pour l’instant.",
  "error.busy": "C’était trop à la fois.",
  "error.unknown": "Le serveur a refusé.",
};
