// Loads the page's scripts again if that fails, and says why. It is no module and needs none of them.
{
  const PAUSES = [1, 2, 4, 8, 16]; // seconds before a script is asked for again
  const TEXTS = {
    en: {
      slow: "This page is still being loaded.",
      429: "The server has too many requests from your address. The page tries again by itself.",
      503: "The server has too much to do just now. The page tries again by itself.",
      0: "The server cannot be reached. The page tries again by itself.",
      other: "A part of this page did not load. The page tries again by itself.",
      over: "A part of this page did not load. Please load it again in a minute.",
    },
    de: {
      slow: "Diese Seite wird noch geladen.",
      429: "Der Server bekommt zu viele Anfragen von Ihrer Adresse. Die Seite versucht es von selbst wieder.",
      503: "Der Server hat gerade zu viel zu tun. Die Seite versucht es von selbst wieder.",
      0: "Der Server ist nicht erreichbar. Die Seite versucht es von selbst wieder.",
      other: "Ein Teil dieser Seite wurde nicht geladen. Die Seite versucht es von selbst wieder.",
      over: "Ein Teil dieser Seite wurde nicht geladen. Bitte laden Sie sie in einer Minute neu.",
    },
    fr: {
      slow: "Cette page se charge encore.",
      429: "Le serveur reçoit trop de requêtes de votre adresse. La page réessaie d’elle-même.",
      503: "Le serveur a trop à faire pour le moment. La page réessaie d’elle-même.",
      0: "Le serveur est injoignable. La page réessaie d’elle-même.",
      other: "Une partie de cette page n’a pas été chargée. La page réessaie d’elle-même.",
      over: "Une partie de cette page n’a pas été chargée. Veuillez la recharger dans une minute.",
    },
    es: {
      slow: "Esta página se está cargando todavía.",
      429: "El servidor recibe demasiadas solicitudes desde su dirección. La página vuelve a intentarlo sola.",
      503: "El servidor tiene demasiado que hacer ahora mismo. La página vuelve a intentarlo sola.",
      0: "No se puede acceder al servidor. La página vuelve a intentarlo sola.",
      other: "Una parte de esta página no se ha cargado. La página vuelve a intentarlo sola.",
      over: "Una parte de esta página no se ha cargado. Vuelva a cargarla dentro de un minuto.",
    },
    ar: {
      slow: "ما زالت هذه الصفحة قيد التحميل.",
      429: "يتلقى الخادم طلبات كثيرة جدًا من عنوانك. تحاول الصفحة من جديد تلقائيًا.",
      503: "الخادم مشغول جدًا الآن. تحاول الصفحة من جديد تلقائيًا.",
      0: "تعذّر الوصول إلى الخادم. تحاول الصفحة من جديد تلقائيًا.",
      other: "لم يُحمَّل جزء من هذه الصفحة. تحاول الصفحة من جديد تلقائيًا.",
      over: "لم يُحمَّل جزء من هذه الصفحة. أعد تحميلها بعد دقيقة من فضلك.",
    },
  };

  const language = document.documentElement.lang; // as first-look.js has found it

  const tell = (key) => {
    const line = document.getElementById("loading"); // gone once the page works
    if (!line) return;
    line.lang = language;
    line.textContent = TEXTS[language][key] ?? TEXTS[language].other;
  };

  /** Returns the status with which a file is answered; 0 without an answer. */
  const statusOf = (url) => fetch(url).then(({ status }) => status, () => 0);

  const load = async (url) => {
    for (const pause of PAUSES) {
      const status = await statusOf(url);
      if (status !== 200) tell(status); // else it is there by now, or what it imports did not come
      await new Promise((resolve) => setTimeout(resolve, pause * 1000));
      try {
        return await import(url);
      } catch {
        // asked for again
      }
    }
    return tell("over");
  };

  tell("slow");
  // By then each module has run, and is not loaded a second time, or has failed.
  addEventListener("load", () => {
    for (const { src } of document.querySelectorAll("script[type=module]")) import(src).catch(() => load(src));
  });
}
