// Spanish for faults, rights and rules; loaded behind the first messages.

import { es } from "./es.js";

Object.assign(es, {
  // The place of a room that one cannot be in
  "operator.is": "Ahora administra este chat y puede moderar todas las salas.",
  "operator.not": "Este enlace de administración ya no sirve.",

  // Why nothing can be said
  "silence.muted": "Aquí le han silenciado: puede leer.",
  "silence.read_only": "Su enlace solo le deja leer aquí.",
  "silence.reading": "Ahora mismo solo puede leer aquí.",
  "silence.closed": "Ahora mismo solo hablan los moderadores.",
  "silence.slow_mode": "Modo lento: su próximo mensaje tiene que esperar.",
  "silence.newcomer": "Los recién llegados esperan un poco antes de hablar aquí.",
  "silence.bad_room": "No está en esta sala.",
  "silence.no_such_room": "No está en esta sala.",
  "silence.banned": "No está en esta sala.",
  "silence.room_full": "No está en esta sala.",
  "silence.kicked": "No está en esta sala.",
  "silence.left": "Aún {time}.",

  // What moderators did
  "act.created": "{who} creó esta sala",
  "act.createdPrivate": "{who} creó esta sala privada",
  "act.rules": "{who} fijó las reglas: {what}",
  "act.mute": "{who} silenció a {people}",
  "act.muteFor": "{who} silenció a {people} durante {time}",
  "act.unmute": "{who} deja hablar de nuevo a {people}",
  "act.kick": "{who} sacó a {people}",
  "act.ban": "{who} expulsó a {people}",
  "act.banFor": "{who} expulsó a {people} durante {time}",
  "act.unban": "{who} deja volver a {people}",
  "act.clear": "{who} borró lo que dijo {people}",
  "act.restore": "{who} recuperó lo borrado",
  "act.raid": "{who} deshizo una invasión de {people}",
  "act.approve": "{who} aprobó lo que escribió {people}",
  "act.reject": "{who} rechazó lo que escribió {people}",
  "act.delete": "{who} eliminó un mensaje de {people}",
  "act.freed": "{who} liberó el nombre de {people} para otros",
  "act.undone": "{who} deshizo algo",
  "act.report": "{who} avisó de un mensaje",
  "act.admitted": "{who} escribió en privado a {people}",
  "act.linkMade": "{who} creó un enlace: {what}",
  "act.linkUsed": "{who} llegó por un enlace",
  "act.linkEnded": "{who} revocó un enlace",
  "act.forgotten": "el servidor olvidó {room}, que nadie usaba",
  "act.others": { one: "{count} más", other: "{count} más" },
  "act.people": { one: "{count} persona", other: "{count} personas" },

  // Rules
  "rules.closedOn": "solo hablan los moderadores",
  "rules.closedOff": "todos pueden hablar",
  "rules.slowOn": "modo lento, {time} entre dos mensajes",
  "rules.slowOff": "sin modo lento",
  "rules.newcomersOn": "los recién llegados esperan {time} antes de hablar",
  "rules.newcomersOff": "los recién llegados no tienen que esperar",
  "rules.membersOn": { one: "{count} persona como máximo", other: "{count} personas como máximo" },
  "rules.membersOff": "cualquier número de personas",
  "rules.hold_linksOn": "los enlaces de recién llegados esperan a un moderador",
  "rules.hold_linksOff": "los enlaces de recién llegados no tienen que esperar",
  "rules.no_filesOn": "los recién llegados no envían imágenes ni archivos",
  "rules.no_filesOff": "los recién llegados pueden enviar imágenes y archivos",
  "rules.same": "como antes",

  // Room settings
  "settings.title": "Ajustes de la sala",

  // New rooms
  "room.new": "Sala nueva",
  "room.name": "¿Cómo se llama?",
  "room.kind": "¿Quién puede entrar?",
  "room.public": "Todos",
  "room.private": "Solo quien tenga un enlace",
  "room.make": "Crear la sala",
  "room.made": "La sala está lista",
  "room.keep": "Guarde estos enlaces: solo se muestran ahora. Quien tenga uno puede hacer lo que dice.",
  "room.enter": "Ir a la sala",

  // What can be done with a person or a message
  "menu.title": "Qué hacer con {nick}",
  "ignore.done": "Ya no ve nada de {nick} en este navegador.",
  "ignore.undone": "Vuelve a ver lo que escribe {nick}.",
  "ignore.full": "Ya ignora a demasiadas personas.",
  "pair.invited": "{nick} le escribe en privado.",
  "menu.why": "Motivo, si quiere",
  "menu.reported": "Los moderadores lo verán.",
  "menu.done": "Hecho.",
  "menu.shared": "Otros aquí vienen de la misma dirección, así que no está bloqueada: quien fue expulsado puede volver con otro nombre. Haga esperar a los recién llegados, o cierre la sala un rato.",

  // Raids
  "raid.shared": "Otros vienen de la misma dirección, así que no está bloqueada. Quien vuelva desde ahí con otro nombre espera 15 minutos antes de escribir.",
  "raid.done": "La invasión se ha deshecho. Se puede revertir en los ajustes de la sala.",

  // The user's devices
  "phone.title": "Seguir en mi teléfono",
  "look.title": "Ajustes",
  "pair.question": "Aquí es {nick}. ¿Seguir como la persona del otro dispositivo?",
  "pair.detail": "Este navegador olvida entonces a {nick}: salas, borradores y lo no enviado.",
  "pair.yes": "Seguir como la otra persona",
  "pair.no": "Seguir siendo {nick}",
  "devices.title": "Dispositivos con sesión",
  "devices.leave": "Cerrar sesión",
  "devices.ended": "Se cerró su sesión desde otro dispositivo o pestaña.",

  // What the user wants of a room
  "attention.message": "{nick} escribe en {room}",
  "rooms.filter": "Filtrar salas",
  "people.count": "Personas: {count}",
  "people.filter": "Filtrar personas",
  "people.unlisted": { one: "Hay {count} más, a quien el servidor no nombra.", other: "Hay {count} más, a quienes el servidor no nombra." },
  "people.guests": { one: "Cuando usted llegó, había {count} con un programa sencillo, sin nombre.", other: "Cuando usted llegó, había {count} con programas sencillos, sin nombre." },
  "rooms.quiet": { one: "{count} sala tranquila", other: "{count} salas tranquilas" },

  // Notifications
  "notify.more": "Más sobre notificaciones",
  "notify.titleCalm": "Notificaciones: no molestar",

  // A guest window
  "guest.link": "Chatear como otra persona",
  "guest.line": "Ventana de invitado: aquí es {nick}, hasta que la cierre.",
  "threshold.people": { one: "{count} persona está ahora en {room}.", other: "{count} personas están ahora en {room}." },
  "threshold.nobody": "Nadie está ahora en {room}.",
  "threshold.topic": "Trata de: {topic}",
  "guest.hint": "En esta ventana es otra persona; en sus otras ventanas sigue siendo quien es.",

  // Ways to other rooms
  "finding.title": "Encontrar una sala",
  "switcher.at": "Está en {room}",
  "switcher.allRead": "No hay nada sin leer en sus otras salas.",

  // Actions and errors
  "action.more": "Más",
  "mark.title": "Formato del texto",
  "mark.bold": "Negrita",
  "mark.italic": "Cursiva",
  "mark.struck": "Tachado",
  "mark.code": "Código",
  "mark.quote": "Cita",
  "mark.list": "Lista",
  "mark.link": "Enlace",
  "mark.help": "Ayuda para escribir",
  "mark.hide": "Ocultar estos botones (los ajustes los recuperan)",
  "action.forward": "Reenviar",
  "error.bad_pair": "Este código ya se usó o ha caducado. Cree uno nuevo en el otro dispositivo.",
  "error.no_such_room": "No existe esa sala, o el enlace ya no sirve.",
  "error.banned": "No puede estar en esta sala.",
  "error.muted": "Le han silenciado en esta sala.",
  "error.read_only": "Su enlace solo le deja leer aquí.",
  "error.closed": "Ahora mismo solo hablan los moderadores.",
  "error.held": "Un moderador lo mira antes, porque lleva un enlace y usted es nuevo aquí. Aparece cuando se apruebe.",
  "error.no_files": "Los recién llegados no pueden enviar imágenes ni archivos aquí.",
  "error.no_links": "Los recién llegados no pueden poner aquí un tema con un enlace.",
  "error.too_many_clearings": "Aquí ya se borró demasiado en un día, o está en demasiadas salas. Elija una hora posterior.",
  "error.too_many_held": "Ya hay demasiado esperando a los moderadores. Inténtelo más tarde.",
  "error.room_full": "No cabe nadie más en esta sala.",
  "error.not_moderator": "Eso no se puede hacer con un moderador, ni sin serlo.",
  "error.not_operator": "Solo quien administra este chat puede hacer eso.",
  "error.room_taken": "Ya hay una sala con ese nombre.",
  "error.too_many_links": "Hay demasiados enlaces. Revoque uno primero.",
  "error.too_many_people": "Son demasiadas personas de una vez.",
  "error.too_late": "Es tarde para eso, o ya se deshizo.",
  "error.too_many_new_rooms": "Se han creado demasiadas salas desde su dirección. Inténtelo más tarde.",
  "error.lost": "Se ha perdido la conexión. Inténtelo en un momento.",
});
