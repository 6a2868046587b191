// Arabic.

export const ar = {
  direction: "rtl",

  // The whole page
  "page.noWebSockets": "متصفحك لا يستطيع فتح WebSockets، وهذه الدردشة تحتاج إليها.",
  "page.incomplete": "لم يُحمَّل جزء من هذه الصفحة. أعد تحميلها من فضلك.",
  "page.close": "إغلاق",

  // The link to a room
  "link.copy": "نسخ رابط هذه الغرفة",

  // Connection
  "status.connecting": "جارٍ الاتصال …",
  "status.open": "متصل",
  "status.slowed": "أبطأ قليلًا: كان ذلك كثيرًا دفعة واحدة",
  "status.away": "غير متصل",
  "banner.lost": "انقطع الاتصال. يمكنك مواصلة الكتابة.",
  "banner.stopped": "توقف الخادم. ستتصل الصفحة عندما يعود؛ يمكنك مواصلة الكتابة.",
  "banner.restarting": "يعيد الخادم التشغيل. يمكنك مواصلة الكتابة.",
  "banner.offline": "لا يوجد اتصال بالإنترنت. يمكنك مواصلة الكتابة.",
  "banner.ended": "أنهى الخادم الاتصال: {reason}.",
  "banner.flooded": "كان ذلك كثيرًا على الخادم دفعة واحدة. انتظر قليلًا ثم أعد الاتصال.",
  "banner.countdown": "المحاولة {attempt} بعد {count} ث.",
  "banner.attempt": "المحاولة {attempt} …",
  "banner.retry": "أعد الاتصال الآن",

  // Rooms
  "rooms.title": "الغرف",
  "rooms.unread": "غير مقروءة",
  "rooms.mentioned": "غير مقروءة، وقد ذُكرتَ فيها",
  "rooms.menu": "خيارات {room}",
  "rooms.join": "دخول غرفة أخرى",
  "rooms.joinButton": "دخول",

  // People
  "people.title": "الأشخاص",
  "people.rename": "تغيير الاسم",

  // Search
  "search.title": "البحث في الرسائل",

  // Log and rows
  "log.title": "الرسائل",
  "log.earlier": "رسائل أقدم",
  "log.empty": "لم يُقل شيء بعد",
  "log.begin": "ابدأ أنت، أو انسخ الرابط أعلاه وأعطه للآخرين. كل من في هذه الغرفة يستطيع قراءة ما تكتبه.",
  "log.unknown": "ليس هنا بعد",
  "log.wait": "ما قيل يصل مع الاتصال.",
  "row.copy": "نسخ هذا الرمز البرمجي",
  "row.unfold": "عرض كل الأسطر ({count})",
  "row.deleted": "حُذفت الرسالة",
  "row.cleared": { one: "أُزيلت رسالة واحدة ({count})", two: "أُزيلت رسالتان ({count})", few: "أُزيلت {count} رسائل", other: "أُزيلت {count} رسالة" },
  "row.edited": "معدَّلة",
  "row.edits": "{edited}: عرض النصوص السابقة",
  "row.new": "جديد",
  "row.ignored": "من شخص تتجاهله",
  "row.gone": "رسالة لم تعد هنا",
  "row.jump": "الانتقال إلى الرسالة",
  "row.nameless": "شخص ما",
  "row.sending": "جارٍ الإرسال …",
  "row.waiting": "سيُرسَل عند الاتصال",
  "row.failed": "لم يُرسَل. {reason}",
  "row.retry": "إعادة المحاولة",
  "row.delete": "حذف",
  "row.topic": "الموضوع: {text}",
  "note.reset": "بدأ الخادم من جديد. ما قيل هنا من قبل لم يعد موجودًا.",
  "note.gap": "غبت طويلًا. بعض ما قيل في هذه الأثناء لم يعد محفوظًا.",

  // Composer
  "composer.label": "رسالة",
  "composer.placeholder": "اكتب في {room}",
  "composer.full": "هناك الكثير بانتظار الإرسال. أرسل هذا عندما يعود الاتصال.",
  "composer.tooLong": "عدد الأحرف هنا {count}، والحد الأقصى للرسالة {limit}.",
  "composer.send": "إرسال",

  // Name
  "name.question": "ماذا نسميك؟",
  "name.hint": "كل من في الغرفة سيرى هذا الاسم. لا حساب ولا كلمة مرور.",
  "name.enter": "دخول الدردشة",
  "name.change": "اختيار هذا الاسم",
  "name.cancel": "إبقاء الاسم القديم",

  // Errors of the server, by code; for other codes the server's own text is shown
  "error.bad_room": "اسم الغرفة حتى 64 حرفًا ورقمًا؛ ويجوز بينها _ . -",
  "error.bad_nick": "للاسم 32 حرفًا على الأكثر، بينها حرف أو رقم، وليس فيه ما لا يُرى.",
  "error.nick_taken": "هناك من يحمل هذا الاسم.",
  "error.too_many_rooms": "أنت في غرف كثيرة جدًا. غادر إحداها أولًا.",
  "error.unavailable": "لا يستطيع الخادم حفظ شيء الآن.",
  "error.busy": "كان ذلك كثيرًا دفعة واحدة.",
  "error.unknown": "رفض الخادم ذلك.",
  "page.title": "{room} · {chat}",
  "page.titleUnread": "({count}) {room} · {chat}",
  "page.refused": "لا توجد غرفة «{room}». {reason}",
  "rooms.leave": "مغادرة {room}",
  "people.you": "(أنت)",
  "composer.between": "هذه الرسالة تُرسَل الآن. حاول مرة أخرى بعد لحظة.",
  "link.copied": "نُسخ الرابط. من يفتحه يكون في هذه الغرفة.",
  "link.byHand": "رابط هذه الغرفة: {link}",

  // Attention
  "attention.title": "الإشعارات",
  "attention.notify": "أشعرني",
  "attention.sound": "تشغيل صوت",
  "attention.mention": "ذكرك {nick} في {room}",
  "attention.refused": "متصفحك لا يسمح بإشعارات من هذه الصفحة.",
  "people.others": "و{count} غيرهم",

  // Typing
  "typing.one": "{one} يكتب …",
  "typing.two": "{one} و{other} يكتبان …",
  "typing.many": "عدة أشخاص يكتبون …",
  "search.label": "كلمات البحث",
  "search.button": "بحث",
  "search.narrow": "حسب الشخص أو اليوم",
  "search.from": "من",
  "search.since": "من هذا اليوم",
  "search.until": "حتى هذا اليوم",
  "search.more": "المزيد",
  "search.looking": "جارٍ البحث …",
  "search.found": { zero: "لم تُوجد رسائل", one: "وُجدت رسالة واحدة ({count})", two: "وُجدت رسالتان ({count})", few: "وُجدت {count} رسائل", many: "وُجدت {count} رسالة", other: "وُجدت {count} رسالة" },
  "search.foundMany": { few: "آخر {count} رسائل وُجدت", other: "آخر {count} رسالة وُجدت" },

  // Log
  "jump.new": { one: "رسالة جديدة ({count})", two: "رسالتان جديدتان ({count})", few: "{count} رسائل جديدة", other: "{count} رسالة جديدة" },
  "jump.manyNew": { other: "أكثر من {count} رسالة جديدة" },
  "jump.end": "إلى أحدث الرسائل",
  "composer.emoji": "إيموجي",
  "composer.attach": "إضافة صور أو ملفات",

  // Actions on a message
  "action.all": "إجراءات",
  "action.react": "تفاعل",
  "action.reply": "رد",
  "action.copy": "نسخ النص",
  "action.link": "نسخ الرابط",
  "action.linked": "نُسخ رابط هذه الرسالة.",
  "action.linkByHand": "رابط هذه الرسالة: {link}",
  "action.copied": "نُسخ.",
  "action.notCopied": "لم يسمح متصفحك لهذه الصفحة بالنسخ. حدّد النص بدلًا من ذلك.",
  "action.edit": "تعديل",
  "action.delete": "حذف",
  "action.keyDelete": "Del",
  "delete.question": "حذف هذه الرسالة لدى الجميع؟",
  "delete.unsent": "حذف هذه الرسالة؟ لم تُرسَل بعد.",
  "delete.no": "إبقاؤها",
  "picker.title": "التفاعل بإيموجي",
  "picker.search": "البحث عن إيموجي باسمه (بالإنجليزية)",
  "draft.reply": "رد على",
  "draft.edit": "تعديل رسالة",
  "draft.cancelReply": "عدم الرد",
  "draft.cancelEdit": "عدم التعديل",
  "draft.left": { one: "بقي حرف واحد ({count})", two: "بقي حرفان ({count})", few: "بقيت {count} أحرف", other: "بقي {count} حرفًا" },
  "draft.over": { one: "حرف واحد زائد ({count})", two: "حرفان زائدان ({count})", few: "{count} أحرف زائدة", other: "{count} حرفًا زائدًا" },
  "suggestions.title": "اقتراحات",
  "leave.question": { one: "في {room} شيء واحد لم يُرسَل بعد ({count}). إن غادرت فلن يُرسَل أبدًا.", other: "في {room} أشياء لم تُرسَل بعد ({count}). إن غادرت فلن تُرسَل أبدًا." },
  "leave.yes": "المغادرة رغم ذلك",
  "leave.no": "البقاء",

  // Commands
  "command.me": "/me نص – قل ما تفعله",
  "command.nick": "/nick اسم – اختر اسمًا آخر",
  "command.join": "/join غرفة – اذهب إلى غرفة",
  "command.leave": "/leave – غادر هذه الغرفة",
  "command.topic": "/topic نص – قل ما موضوع هذه الغرفة",
  "command.help": "/help – اعرض هذه القائمة",
  "command.slashes": "//نص – قل شيئًا يبدأ بشرطة مائلة",
  "command.unknown": "لا يوجد أمر /{name}. بـ //{name} يُقال كما هو؛ و/help يعرض الأوامر.",
  "command.missing": "هناك شيء ناقص: {usage}",
  "command.topicTooLong": "عدد أحرف هذا الموضوع {count}، والحد الأقصى للموضوع {limit}.",

  // Servers that ask who comes
  "access.password": "كلمة مرور هذه الدردشة",
  "access.enter": "دخول",
  "access.wrong": "ليست هذه كلمة المرور.",
  "access.token": "هذه الدردشة لمن لديه رابط خاص به. اطلبه ممن يديرها.",
  "access.expired": "لم يعد رابطك صالحًا. اطلب غيره.",
  "access.invite": "تحتاج إلى رابط دعوة",
  "access.inviteWhy": "لا يدخل هذه الدردشة إلا من لديه رابط إلى إحدى غرفها، ورابطك مفقود أو لم يعد صالحًا. اطلب واحدًا من شخص موجود فيها.",
  "access.orInvite": "أو افتح رابط دعوة.",

  // Errors of the server, as in en.js
  "error.not_joined": "لست في هذه الغرفة.",
  "error.not_found": "لا توجد رسالة كهذه.",
  "error.not_yours": "هذه الرسالة ليست لك.",
  "error.too_long": "هذا أطول مما يقبله الخادم.",
  "error.too_many_reactions": "لهذه الرسالة كل ما يمكن من التفاعلات. شارك في أحدها.",
  "error.too_many_changes": "غُيّرت هذه الرسالة مرات كثيرة جدًا. أرسل رسالة جديدة.",
  "error.storage_full": "لا مكان لدى الخادم لمزيد من الرسائل. أخبر من يديره.",
  "error.key_reused": "لدى الخادم شيء آخر بالمعرّف نفسه. احذف هذا واكتبه من جديد.",
};
