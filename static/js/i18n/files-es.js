// Spanish for pictures and files; loaded when there are any.

import { es } from "./es.js";

Object.assign(es, {
  // In the log
  "files.picture": "Imagen: {name}",
  "files.broken": "Esta imagen no está aquí en este momento.",
  "files.download": "Descargar {name}",
  "files.uploading": "Subiendo {name}",
  "files.large": "Imagen",
  "files.earlier": "Imagen anterior",
  "files.later": "Imagen siguiente",
  "files.save": "Descargar",
  "files.place": "{place} de {count}",

  // Going with a message
  "files.fromCamera": "Hacer una foto",
  "files.fromPictures": "Elegir imágenes",
  "files.fromFile": "Elegir archivos",
  "files.drop": "Suéltelo aquí para enviarlo a {room}",
  "files.chips": "Va con su mensaje",
  "files.preparing": "Preparando …",
  "files.waiting": "espera la conexión",
  "files.retry": "Reintentar",
  "files.retryOne": "Reintentar {name}",
  "files.remove": "Quitar {name}",
  "files.alt": "Describir",
  "files.describeOne": "Describir {name}",
  "files.describeTitle": "Describir esta imagen",
  "files.describe": "¿Qué se ve en la imagen?",
  "files.describeWhy": "Para las personas que no pueden verla.",
  "files.keep": "Guardar",
  "files.cancel": "Cancelar",

  // Why it does not
  "files.empty": "{name} está vacío.",
  "files.tooLarge": "{name} es demasiado grande: tiene {size}, y un archivo puede tener {limit}.",
  "files.tooLargeFor": "Es demasiado grande: un archivo puede tener {limit}.",
  "files.tooLargeHere": "Es demasiado grande para el servidor, o para algo delante de él.",
  "files.moreFaults": {
    one: "Y {count} archivo más no se puede enviar.",
    other: "Y {count} archivos más no se pueden enviar.",
  },
  "files.tooMany": "Con un mensaje van hasta {count} archivos; los demás se han dejado fuera.",
  "files.folder": "Una carpeta no se puede enviar; ábrala y tome los archivos que contiene.",
  "files.off": "En este chat no se pueden enviar archivos.",
  "files.whileEditing": "Los archivos van con un mensaje nuevo. Termine primero de editar este.",
  "files.failedFirst": "Un archivo no se ha subido. Reinténtelo o quítelo, y luego envíe.",
  "files.full": "El servidor no tiene espacio para más archivos. Avise a quien lo gestiona.",
  "files.dayFull": "Ha enviado todo lo que puede por ahora. Vuelva a intentarlo en {time}.",
  "files.manyWaiting": "Demasiados archivos suyos esperan un mensaje. Envíe o quite algunos primero.",
  "files.strangers": "En esta sala, los recién llegados aún no pueden enviar archivos.",
  "files.signedOut": "El servidor ya no le conoce. Vuelva a cargar esta página.",
  "files.unreadable": "El servidor no puede leer esta imagen. Quizá esté dañada.",
  "files.unreachable": "El archivo no ha llegado al servidor.",
  "files.gone": "El navegador no ha guardado este archivo. Añádalo de nuevo.",
});
