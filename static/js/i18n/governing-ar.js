// Arabic for faults, rights and rules; loaded behind the first messages.

import { ar } from "./ar.js";

Object.assign(ar, {
  // The place of a room that one cannot be in
  "operator.is": "أنت الآن مدير، ويمكنك الإشراف على كل الغرف.",
  "operator.not": "لم يعد رابط المدير هذا صالحًا.",

  // Why nothing can be said
  "silence.muted": "أُسكتَّ هنا: يمكنك القراءة.",
  "silence.read_only": "رابطك يتيح القراءة فقط هنا.",
  "silence.reading": "يمكنك القراءة فقط هنا الآن.",
  "silence.closed": "لا يتكلم هنا الآن إلا المشرفون.",
  "silence.slow_mode": "الوضع البطيء: على رسالتك التالية أن تنتظر.",
  "silence.newcomer": "ينتظر الجدد قليلًا قبل أن يتكلموا هنا.",
  "silence.bad_room": "لست في هذه الغرفة.",
  "silence.no_such_room": "لست في هذه الغرفة.",
  "silence.banned": "لست في هذه الغرفة.",
  "silence.room_full": "لست في هذه الغرفة.",
  "silence.kicked": "لست في هذه الغرفة.",
  "silence.left": "بقي {time}.",

  // What moderators did
  "act.created": "أنشأ {who} هذه الغرفة",
  "act.createdPrivate": "أنشأ {who} هذه الغرفة الخاصة",
  "act.rules": "وضع {who} القواعد: {what}",
  "act.mute": "أسكت {who} {people}",
  "act.muteFor": "أسكت {who} {people} لمدة {time}",
  "act.unmute": "سمح {who} لـ{people} بالكلام من جديد",
  "act.kick": "أخرج {who} {people}",
  "act.ban": "حظر {who} {people}",
  "act.banFor": "حظر {who} {people} لمدة {time}",
  "act.unban": "سمح {who} لـ{people} بالعودة",
  "act.clear": "محا {who} ما قاله {people}",
  "act.restore": "أعاد {who} ما مُحي",
  "act.raid": "أبطل {who} هجومًا من {people}",
  "act.approve": "وافق {who} على ما كتبه {people}",
  "act.reject": "رفض {who} ما كتبه {people}",
  "act.delete": "حذف {who} رسالة من {people}",
  "act.freed": "أتاح {who} اسم {people} لآخرين",
  "act.undone": "تراجع {who} عن شيء",
  "act.report": "أبلغ {who} عن رسالة",
  "act.admitted": "كتب {who} إلى {people} على انفراد",
  "act.linkMade": "أنشأ {who} رابطًا: {what}",
  "act.linkUsed": "أتى {who} عبر رابط",
  "act.linkEnded": "ألغى {who} رابطًا",
  "act.forgotten": "نسي الخادم {room} إذ لم يستعملها أحد",
  "act.others": { one: "وشخص آخر ({count})", other: "و{count} غيرهم" },
  "act.people": { one: "شخص واحد ({count})", two: "شخصان ({count})", few: "{count} أشخاص", other: "{count} شخصًا" },

  // Rules
  "rules.closedOn": "لا يتكلم إلا المشرفون",
  "rules.closedOff": "يجوز للجميع الكلام",
  "rules.slowOn": "وضع بطيء، {time} بين رسالتين",
  "rules.slowOff": "بلا وضع بطيء",
  "rules.newcomersOn": "ينتظر الجدد {time} قبل أن يتكلموا",
  "rules.newcomersOff": "لا ينتظر الجدد",
  "rules.membersOn": { one: "شخص واحد على الأكثر ({count})", two: "شخصان على الأكثر ({count})", few: "{count} أشخاص على الأكثر", other: "{count} شخصًا على الأكثر" },
  "rules.membersOff": "أي عدد من الأشخاص",
  "rules.hold_linksOn": "روابط الجدد تنتظر مشرفًا",
  "rules.hold_linksOff": "روابط الجدد لا تنتظر",
  "rules.no_filesOn": "الجدد لا يرسلون صورًا ولا ملفات",
  "rules.no_filesOff": "يمكن للجدد إرسال صور وملفات",
  "rules.same": "كما من قبل",

  // Room settings
  "settings.title": "إعدادات الغرفة",

  // New rooms
  "room.new": "غرفة جديدة",
  "room.name": "ما اسمها؟",
  "room.kind": "من يمكنه الدخول؟",
  "room.public": "الجميع",
  "room.private": "من لديه رابط فقط",
  "room.make": "إنشاء الغرفة",
  "room.made": "الغرفة جاهزة",
  "room.keep": "احتفظ بهذه الروابط: فهي تظهر الآن فقط. من لديه أحدها يستطيع ما هو مكتوب عليه.",
  "room.enter": "الذهاب إلى الغرفة",

  // What can be done with a person or a message
  "menu.title": "ما يمكن فعله مع {nick}",
  "ignore.done": "لن ترى شيئًا من {nick} بعد الآن في هذا المتصفح.",
  "ignore.undone": "سترى من جديد ما يكتبه {nick}.",
  "ignore.full": "أنت تتجاهل أشخاصًا كثيرين جدًا.",
  "pair.invited": "يكتب إليك {nick} على انفراد.",
  "menu.why": "السبب، إن شئت",
  "menu.reported": "سيراه المشرفون.",
  "menu.done": "تم.",
  "menu.shared": "يأتي آخرون هنا من العنوان نفسه، لذا لم يُحظر: يمكن للمحظور أن يعود باسم آخر. اجعل الجدد ينتظرون، أو أغلق الغرفة مدة.",

  // Raids
  "raid.shared": "يأتي آخرون من العنوان نفسه، لذا لم يُحظر. من يعود من هناك باسم آخر ينتظر 15 دقيقة قبل أن يكتب.",
  "raid.done": "أُبطل الهجوم. يمكن التراجع عن ذلك في إعدادات الغرفة.",

  // The user's devices
  "phone.title": "المتابعة على هاتفي",
  "look.title": "الإعدادات",
  "pair.question": "أنت هنا {nick}. هل تتابع بصفة شخص الجهاز الآخر؟",
  "pair.detail": "عندئذ ينسى هذا المتصفح {nick}: الغرف والمسودات وما لم يُرسَل.",
  "pair.yes": "المتابعة بصفة الشخص الآخر",
  "pair.no": "البقاء {nick}",
  "devices.title": "الأجهزة المسجّل دخولها",
  "devices.leave": "تسجيل الخروج",
  "devices.ended": "سُجّل خروجك من جهاز آخر أو لسان آخر.",

  // What the user wants of a room
  "attention.message": "يكتب {nick} في {room}",
  "rooms.filter": "تصفية الغرف",
  "people.count": "الأشخاص: {count}",
  "people.filter": "تصفية الأشخاص",
  "people.unlisted": { one: "هنا شخص آخر ({count}) لا يذكره الخادم.", other: "هنا {count} غيرهم لا يذكرهم الخادم." },
  "people.guests": { one: "عندما أتيت كان هنا {count} ببرنامج بسيط، بلا اسم.", other: "عندما أتيت كان هنا {count} ببرامج بسيطة، بلا أسماء." },
  "rooms.quiet": { one: "غرفة هادئة ({count})", two: "غرفتان هادئتان ({count})", few: "{count} غرف هادئة", other: "{count} غرفة هادئة" },

  // Notifications
  "notify.more": "المزيد عن الإشعارات",
  "notify.titleCalm": "الإشعارات: عدم الإزعاج",

  // A guest window
  "guest.link": "الدردشة بصفة شخص آخر",
  "guest.line": "نافذة ضيف: أنت هنا {nick}، إلى أن تغلقها.",
  "threshold.people": { zero: "لا أحد ({count}) في {room} الآن.", one: "شخص واحد ({count}) في {room} الآن.", two: "شخصان ({count}) في {room} الآن.", few: "{count} أشخاص في {room} الآن.", other: "{count} شخصًا في {room} الآن." },
  "threshold.nobody": "لا أحد في {room} الآن.",
  "threshold.topic": "موضوعها: {topic}",
  "guest.hint": "في هذه النافذة أنت شخص آخر؛ وفي نوافذك الأخرى تبقى كما أنت.",

  // Ways to other rooms
  "finding.title": "البحث عن غرفة",
  "switcher.at": "أنت في {room}",
  "switcher.allRead": "لا شيء غير مقروء في غرفك الأخرى.",

  // Actions and errors
  "action.more": "المزيد",
  "mark.title": "تنسيق النص",
  "mark.bold": "عريض",
  "mark.italic": "مائل",
  "mark.struck": "مشطوب",
  "mark.code": "رمز برمجي",
  "mark.quote": "اقتباس",
  "mark.list": "قائمة",
  "mark.link": "رابط",
  "mark.help": "مساعدة في الكتابة",
  "mark.hide": "إخفاء هذه الأزرار (تعيدها الإعدادات)",
  "action.forward": "إعادة توجيه",
  "error.bad_pair": "استُعمل هذا الرمز أو انتهى. أنشئ رمزًا جديدًا على الجهاز الآخر.",
  "error.no_such_room": "لا توجد غرفة كهذه، أو لم يعد الرابط إليها صالحًا.",
  "error.banned": "لا يجوز لك أن تكون في هذه الغرفة.",
  "error.muted": "أُسكتَّ في هذه الغرفة.",
  "error.read_only": "رابطك يتيح القراءة فقط هنا.",
  "error.closed": "لا يتكلم هنا الآن إلا المشرفون.",
  "error.held": "ينظر فيها مشرف أولًا، لأن فيها رابطًا وأنت جديد هنا. تظهر بعد الموافقة.",
  "error.no_files": "لا يمكن للجدد إرسال صور أو ملفات هنا.",
  "error.no_links": "لا يجوز للجدد هنا وضع موضوع فيه رابط.",
  "error.too_many_clearings": "مُحي هنا أكثر مما ينبغي في يوم واحد، أو أنه في غرف كثيرة. اختر وقتًا لاحقًا.",
  "error.too_many_held": "هناك الكثير بانتظار المشرفين هنا. حاول لاحقًا.",
  "error.room_full": "لا مكان للمزيد في هذه الغرفة.",
  "error.not_moderator": "لا يجوز ذلك مع مشرف، ولا لمن ليس مشرفًا.",
  "error.not_operator": "لا يجوز ذلك إلا لمن يدير هذه الدردشة.",
  "error.room_taken": "هناك غرفة بهذا الاسم.",
  "error.too_many_links": "هناك روابط كثيرة جدًا. ألغِ أحدها أولًا.",
  "error.too_many_people": "هؤلاء أشخاص كثيرون جدًا دفعة واحدة.",
  "error.too_late": "فات الأوان على ذلك، أو تم التراجع عنه.",
  "error.too_many_new_rooms": "أُنشئت غرف كثيرة جدًا من عنوانك. حاول لاحقًا.",
  "error.lost": "انقطع الاتصال. حاول مرة أخرى بعد لحظة.",
});
