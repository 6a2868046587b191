// Spanish.

export const es = {
  direction: "ltr",

  // The whole page
  "page.noWebSockets": "Su navegador no puede abrir WebSockets, y este chat los necesita.",
  "page.incomplete": "Una parte de esta página no se ha cargado. Vuelva a cargarla.",
  "page.close": "Cerrar",

  // The link to a room
  "link.copy": "Copiar el enlace a esta sala",

  // Connection
  "status.connecting": "Conectando …",
  "status.open": "Conectado",
  "status.slowed": "Un poco más despacio: fue mucho de una vez",
  "status.away": "Sin conexión",
  "banner.lost": "Se ha perdido la conexión. Puede seguir escribiendo.",
  "banner.stopped": "El servidor se ha detenido. La página se conecta cuando vuelva; puede seguir escribiendo.",
  "banner.restarting": "El servidor se está reiniciando. Puede seguir escribiendo.",
  "banner.offline": "No tiene conexión a internet. Puede seguir escribiendo.",
  "banner.ended": "El servidor ha terminado la conexión: {reason}.",
  "banner.flooded": "Fue demasiado de una vez para el servidor. Espere un poco y vuelva a conectarse.",
  "banner.countdown": "Intento {attempt} en {count} s.",
  "banner.attempt": "Intento {attempt} …",
  "banner.retry": "Reconectar ahora",

  // Rooms
  "rooms.title": "Salas",
  "rooms.unread": "sin leer",
  "rooms.mentioned": "sin leer, y le mencionan",
  "rooms.menu": "Opciones de {room}",
  "rooms.join": "Entrar en otra sala",
  "rooms.joinButton": "Entrar",

  // People
  "people.title": "Personas",
  "people.rename": "Cambiar de nombre",

  // Search
  "search.title": "Buscar mensajes",

  // Log and rows
  "log.title": "Mensajes",
  "log.earlier": "Mensajes anteriores",
  "log.empty": "Aún no se ha dicho nada",
  "log.begin": "Empiece usted, o copie el enlace de arriba y déselo a otros. Todos los que están en esta sala pueden leer lo que escriba.",
  "log.unknown": "Aún no está aquí",
  "log.wait": "Lo que se dijo llega con la conexión.",
  "row.copy": "Copiar este código",
  "row.unfold": "Mostrar las {count} líneas",
  "row.deleted": "Mensaje eliminado",
  "row.cleared": { one: "1 mensaje retirado", other: "{count} mensajes retirados" },
  "row.edited": "editado",
  "row.edits": "{edited}: ver textos anteriores",
  "row.new": "Nuevo",
  "row.ignored": "De alguien a quien usted ignora",
  "row.gone": "Un mensaje que ya no está",
  "row.jump": "Ir al mensaje",
  "row.nameless": "Alguien",
  "row.sending": "Enviando …",
  "row.waiting": "Se enviará al conectarse",
  "row.failed": "No enviado. {reason}",
  "row.retry": "Reintentar",
  "row.delete": "Eliminar",
  "row.topic": "Tema: {text}",
  "note.reset": "El servidor ha empezado de nuevo. Lo que se dijo aquí antes ya no está.",
  "note.gap": "Ha estado fuera mucho tiempo. Parte de lo que se dijo entretanto ya no se conserva.",

  // Composer
  "composer.label": "Mensaje",
  "composer.placeholder": "Escribir en {room}",
  "composer.full": "Ya hay demasiado esperando a ser enviado. Envíe esto cuando vuelva la conexión.",
  "composer.tooLong": "Esto tiene {count} caracteres, y un mensaje tiene como máximo {limit}.",
  "composer.send": "Enviar",

  // Name
  "name.question": "¿Cómo quiere que le llamemos?",
  "name.hint": "Todos en la sala verán este nombre. No hay cuenta ni contraseña.",
  "name.enter": "Entrar en el chat",
  "name.change": "Tomar este nombre",
  "name.cancel": "Conservar el anterior",

  // Errors of the server, by code; for other codes the server's own text is shown
  "error.bad_room": "El nombre de una sala tiene hasta 64 letras y cifras; entre ellas puede haber _ . -",
  "error.bad_nick": "Un nombre tiene hasta 32 caracteres, entre ellos una letra o una cifra, y ninguno invisible.",
  "error.nick_taken": "Otra persona se llama así.",
  "error.too_many_rooms": "Está en demasiadas salas. Deje una primero.",
  "error.unavailable": "El servidor no puede guardar nada ahora mismo.",
  "error.busy": "Fue demasiado de una vez.",
  "error.unknown": "El servidor lo ha rechazado.",
  "page.title": "{room} · {chat}",
  "page.titleUnread": "({count}) {room} · {chat}",
  "page.refused": "No hay ninguna sala «{room}». {reason}",
  "rooms.leave": "Dejar {room}",
  "people.you": "(usted)",
  "composer.between": "Este mensaje se está enviando ahora mismo. Vuelva a intentarlo en un momento.",
  "link.copied": "Enlace copiado. Quien lo abra estará en esta sala.",
  "link.byHand": "El enlace a esta sala: {link}",

  // Attention
  "attention.title": "Notificaciones",
  "attention.notify": "Notificarme",
  "attention.sound": "Reproducir un sonido",
  "attention.mention": "{nick} le menciona en {room}",
  "attention.refused": "Su navegador no permite notificaciones de esta página.",
  "people.others": "y {count} más",

  // Typing
  "typing.one": "{one} está escribiendo …",
  "typing.two": "{one} y {other} están escribiendo …",
  "typing.many": "Varias personas están escribiendo …",
  "search.label": "Palabras que buscar",
  "search.button": "Buscar",
  "search.narrow": "Por persona o día",
  "search.from": "De",
  "search.since": "Desde este día",
  "search.until": "Hasta este día",
  "search.more": "Más",
  "search.looking": "Buscando …",
  "search.found": { one: "{count} mensaje encontrado", other: "{count} mensajes encontrados" },
  "search.foundMany": { other: "Los últimos {count} mensajes encontrados" },

  // Log
  "jump.new": { one: "{count} mensaje nuevo", other: "{count} mensajes nuevos" },
  "jump.manyNew": { other: "Más de {count} mensajes nuevos" },
  "jump.end": "A los últimos mensajes",
  "composer.emoji": "Emoji",
  "composer.attach": "Añadir imágenes o archivos",

  // Actions on a message
  "action.all": "Acciones",
  "action.react": "Reaccionar",
  "action.reply": "Responder",
  "action.copy": "Copiar texto",
  "action.link": "Copiar enlace",
  "action.linked": "Enlace a este mensaje copiado.",
  "action.linkByHand": "El enlace a este mensaje: {link}",
  "action.copied": "Copiado.",
  "action.notCopied": "Su navegador no ha dejado copiar a esta página. Seleccione el texto en su lugar.",
  "action.edit": "Editar",
  "action.delete": "Eliminar",
  "action.keyDelete": "Supr",
  "delete.question": "¿Eliminar este mensaje para todos?",
  "delete.unsent": "¿Eliminar este mensaje? Aún no se ha enviado.",
  "delete.no": "Conservarlo",
  "picker.title": "Reaccionar con un emoji",
  "picker.search": "Buscar un emoji por su nombre (en inglés)",
  "draft.reply": "Respuesta a",
  "draft.edit": "Editando un mensaje",
  "draft.cancelReply": "No responder",
  "draft.cancelEdit": "No editar",
  "draft.left": { one: "queda {count} carácter", other: "quedan {count} caracteres" },
  "draft.over": { one: "sobra {count} carácter", other: "sobran {count} caracteres" },
  "suggestions.title": "Sugerencias",
  "leave.question": { one: "En {room} aún hay {count} cosa sin enviar. Si se va, nunca se enviará.", other: "En {room} aún hay {count} cosas sin enviar. Si se va, nunca se enviarán." },
  "leave.yes": "Dejarla de todos modos",
  "leave.no": "Quedarse",

  // Commands
  "command.me": "/me TEXTO – decir lo que hace",
  "command.nick": "/nick NOMBRE – llamarse de otra forma",
  "command.join": "/join SALA – ir a una sala",
  "command.leave": "/leave – dejar esta sala",
  "command.topic": "/topic TEXTO – decir de qué trata esta sala",
  "command.help": "/help – mostrar esta lista",
  "command.slashes": "//TEXTO – decir algo que empieza con una barra",
  "command.unknown": "No hay ninguna orden /{name}. Con //{name} se dice tal cual; /help muestra las órdenes.",
  "command.missing": "Falta algo: {usage}",
  "command.topicTooLong": "Este tema tiene {count} caracteres, y un tema tiene como máximo {limit}.",

  // Servers that ask who comes
  "access.password": "Contraseña de este chat",
  "access.enter": "Entrar",
  "access.wrong": "Esa no es la contraseña.",
  "access.token": "Este chat es para quienes tienen un enlace propio. Pídalo a quien lo administra.",
  "access.expired": "Su enlace ya no sirve. Pida otro.",
  "access.invite": "Necesita un enlace de invitación",
  "access.inviteWhy": "En este chat solo entra quien tiene un enlace a una de sus salas, y el suyo falta o ya no sirve. Pida uno a alguien que esté dentro.",
  "access.orInvite": "O abra un enlace de invitación.",

  // Errors of the server, as in en.js
  "error.not_joined": "No está en esta sala.",
  "error.not_found": "No existe ese mensaje.",
  "error.not_yours": "Ese mensaje no es suyo.",
  "error.too_long": "Esto es demasiado largo para el servidor.",
  "error.too_many_reactions": "Este mensaje ya tiene todas las reacciones que puede tener. Únase a una de ellas.",
  "error.too_many_changes": "Este mensaje ya se ha cambiado demasiadas veces. Envíe uno nuevo.",
  "error.storage_full": "El servidor no tiene espacio para más mensajes. Dígaselo a quien lo administra.",
  "error.key_reused": "El servidor tiene otra cosa con el mismo identificador. Elimine esto y escríbalo de nuevo.",
};
