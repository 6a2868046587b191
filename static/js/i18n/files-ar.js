// Arabic for pictures and files; loaded when there are any.

import { ar } from "./ar.js";

Object.assign(ar, {
  // In the log
  "files.picture": "صورة: {name}",
  "files.broken": "هذه الصورة غير متاحة الآن.",
  "files.download": "تنزيل {name}",
  "files.uploading": "جارٍ رفع {name}",
  "files.large": "صورة",
  "files.earlier": "الصورة السابقة",
  "files.later": "الصورة التالية",
  "files.save": "تنزيل",
  "files.place": "{place} من {count}",

  // Going with a message
  "files.fromCamera": "التقاط صورة",
  "files.fromPictures": "اختيار صور",
  "files.fromFile": "اختيار ملفات",
  "files.drop": "أفلته هنا لإرساله إلى {room}",
  "files.chips": "يُرسَل مع رسالتك",
  "files.preparing": "جارٍ التحضير …",
  "files.waiting": "ينتظر الاتصال",
  "files.retry": "إعادة المحاولة",
  "files.retryOne": "إعادة محاولة {name}",
  "files.remove": "إزالة {name}",
  "files.alt": "وصف",
  "files.describeOne": "وصف {name}",
  "files.describeTitle": "وصف هذه الصورة",
  "files.describe": "ماذا يظهر في الصورة؟",
  "files.describeWhy": "لمن لا يستطيع رؤيتها.",
  "files.keep": "حفظ",
  "files.cancel": "إلغاء",

  // Why it does not
  "files.empty": "{name} فارغ.",
  "files.tooLarge": "{name} كبير جدًا: حجمه {size}، والحد الأقصى للملف {limit}.",
  "files.tooLargeFor": "هذا كبير جدًا: الحد الأقصى للملف {limit}.",
  "files.tooLargeHere": "هذا كبير جدًا على الخادم أو على شيء أمامه.",
  "files.moreFaults": {
    zero: "لا ملفات أخرى ({count}).",
    one: "وملف آخر ({count}) لا يمكن إرساله.",
    two: "وملفان آخران ({count}) لا يمكن إرسالهما.",
    few: "و{count} ملفات أخرى لا يمكن إرسالها.",
    many: "و{count} ملفًا آخر لا يمكن إرسالها.",
    other: "و{count} ملف آخر لا يمكن إرسالها.",
  },
  "files.tooMany": "يمكن أن تحمل الرسالة حتى {count} من الملفات؛ وتُرك الباقي.",
  "files.folder": "لا يمكن إرسال مجلد؛ افتحه وخذ الملفات التي فيه.",
  "files.off": "لا يمكن إرسال ملفات في هذه الدردشة.",
  "files.whileEditing": "تُرسَل الملفات مع رسالة جديدة. أنهِ تعديل هذه أولًا.",
  "files.failedFirst": "تعذّر رفع ملف. أعد المحاولة أو أزله، ثم أرسل.",
  "files.full": "لا مساحة في الخادم لملفات أخرى. أخبر من يديره.",
  "files.dayFull": "أرسلت كل ما يُسمح لك به الآن. حاول مرة أخرى بعد {time}.",
  "files.manyWaiting": "ملفات كثيرة لك تنتظر رسالة. أرسل بعضها أو أزله أولًا.",
  "files.strangers": "في هذه الغرفة لا يستطيع الجدد إرسال ملفات بعد.",
  "files.signedOut": "لم يعد الخادم يعرفك. أعد تحميل هذه الصفحة.",
  "files.unreadable": "لا يستطيع الخادم قراءة هذه الصورة. ربما تكون تالفة.",
  "files.unreachable": "لم يصل الملف إلى الخادم.",
  "files.gone": "لم يحفظ المتصفح هذا الملف. أضفه مرة أخرى.",
});
