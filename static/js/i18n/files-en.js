// English for pictures and files; loaded when there are any.

import { en } from "./en.js";

Object.assign(en, {
  // In the log
  "files.picture": "Picture: {name}",
  "files.broken": "This picture is not here just now.",
  "files.download": "Download {name}",
  "files.uploading": "Uploading {name}",
  "files.large": "Picture",
  "files.earlier": "Earlier picture",
  "files.later": "Later picture",
  "files.save": "Download",
  "files.place": "{place} of {count}",

  // Going with a message
  "files.fromCamera": "Take a photo",
  "files.fromPictures": "Choose pictures",
  "files.fromFile": "Choose files",
  "files.drop": "Drop it here to send it in {room}",
  "files.chips": "Goes with your message",
  "files.preparing": "Making it ready …",
  "files.waiting": "waits for the connection",
  "files.retry": "Retry",
  "files.retryOne": "Retry {name}",
  "files.remove": "Remove {name}",
  "files.alt": "Describe",
  "files.describeOne": "Describe {name}",
  "files.describeTitle": "Describe this picture",
  "files.describe": "What is in the picture?",
  "files.describeWhy": "For people who cannot see it.",
  "files.keep": "Keep",
  "files.cancel": "Cancel",

  // Why it does not
  "files.empty": "{name} is empty.",
  "files.tooLarge": "{name} is too large: it has {size}, and a file may have {limit}.",
  "files.tooLargeFor": "This is too large: a file may have {limit}.",
  "files.tooLargeHere": "This is too large for the server, or for something in front of it.",
  "files.moreFaults": { one: "And {count} more file cannot be sent.", other: "And {count} more files cannot be sent." },
  "files.tooMany": "Up to {count} files go with a message; the others were left out.",
  "files.folder": "A folder cannot be sent; open it and take the files in it.",
  "files.off": "Files cannot be sent in this chat.",
  "files.whileEditing": "Files go with a new message. Finish editing this one first.",
  "files.failedFirst": "A file could not be uploaded. Retry or remove it, then send.",
  "files.full": "The server has no space for more files. Tell whoever runs it.",
  "files.dayFull": "You have sent as much as you may for now. Try again in {time}.",
  "files.manyWaiting": "Too many of your files wait for a message. Send or remove some first.",
  "files.strangers": "In this room, newcomers cannot send files yet.",
  "files.signedOut": "The server does not know you any more. Load this page again.",
  "files.unreadable": "The server cannot read this picture. It may be damaged.",
  "files.unreachable": "The upload did not get through.",
  "files.gone": "This file was not kept by the browser. Add it again.",
});
