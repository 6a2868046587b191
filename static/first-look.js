// Applies what the user has chosen of the page's look, before anything is drawn and when it changes. It is no module
// and needs none: storage/look.js stores the choices.
{
  const SPOKEN = ["en", "de", "fr", "es", "ar"]; // languages with texts
  const RIGHT_TO_LEFT = ["ar"];
  const COLOURS = { light: "#ffffff", dark: "#17191f" }; // of what the browser draws around the page
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");

  const recall = (name) => {
    try {
      const isGuest = location.hash === "#guest" || sessionStorage.getItem("trio-chat guest") !== null;
      return JSON.parse((isGuest ? sessionStorage : localStorage).getItem(`trio-chat.look.${name}`));
    } catch {
      return null; // storage is switched off, or the value is not ours
    }
  };

  const speak = () => {
    const bases = [recall("language"), ...navigator.languages].filter(Boolean).map((one) => String(one).split("-")[0].toLowerCase());
    root.lang = bases.find((one) => SPOKEN.includes(one)) ?? "en";
    root.dir = RIGHT_TO_LEFT.includes(root.lang) ? "rtl" : "ltr";
  };

  const apply = () => {
    const chosen = recall("theme");
    root.dataset.theme = chosen in COLOURS ? chosen : dark.matches ? "dark" : "light";
    root.dataset.size = recall("size") ?? "normal";
    root.dataset.toolbar = recall("toolbar") ?? "roomy";
    root.dataset.density = recall("density") ?? "comfortable";
    for (const one of document.querySelectorAll("meta[name=theme-color]")) one.content = COLOURS[root.dataset.theme];
  };

  speak();
  apply();
  dark.addEventListener("change", apply);
  addEventListener("storage", apply); // another tab has changed it
  addEventListener("look", apply); // this one has
}
