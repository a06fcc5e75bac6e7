/** The language in use: texts, names of types, and numbers as it writes them. */

import en from "./en.js";
import es from "./es.js";

const LANGUAGES = { en, es };

const asked = new URLSearchParams(location.search).get("lang");
let language = asked ?? navigator.language.slice(0, 2);
if (!Object.hasOwn(LANGUAGES, language)) language = "es";

/** The language in use, `es` or `en`. */
export function currentLanguage() {
  return language;
}

/** Change the language; it stands in the address, so that nothing needs to be stored. */
export function setLanguage(chosen) {
  language = chosen;
  history.replaceState(null, "", `?lang=${chosen}`);
}

/** A text in the language in use. */
export function message(name, ...values) {
  const found = LANGUAGES[language][name];
  return typeof found === "function" ? found(...values) : found;
}

/** What went wrong, by HTTP status. */
export function failureMessage(status) {
  const { failures } = LANGUAGES[language];
  return failures[status] ?? failures.other;
}

/** A type as people call it; a model's own types keep their names. */
export function labelName(label) {
  return LANGUAGES[language].labels[label] ?? label;
}

/** A type in short, as it stands in the text. */
export function labelTag(label) {
  return LANGUAGES[language].tags[label] ?? label;
}

/** A number as the language writes it. */
export function formatNumber(value, options) {
  return new Intl.NumberFormat(language, options).format(value);
}
