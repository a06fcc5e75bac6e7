/** The list of distinct substances: how often each is named, and the way to its mentions. */

import { byId, element, tell, typeClass } from "./elements.js";
import { labelName, message } from "./messages.js";
import { documentsInScope, state, visibleMentions } from "./state.js";

const visits = new Map(); // how often each substance was jumped to

/**
 * The names that differ in more than case and spacing, most frequent first.
 * @returns {{key: string, name: string, label: string, occurrences: {document, mention}[]}[]}
 */
export function distinctSubstances(documents) {
  const found = new Map();
  for (const document of documents) {
    for (const mention of visibleMentions(document)) {
      const name = mention.text.normalize("NFC").replace(/\s+/gu, " ");
      const key = `${mention.label}\n${name.toLowerCase()}`;
      if (!found.has(key)) found.set(key, { key, name, label: mention.label, occurrences: [] });
      found.get(key).occurrences.push({ document, mention });
    }
  }
  const byFrequency = (a, b) =>
    b.occurrences.length - a.occurrences.length || a.name.localeCompare(b.name, "es");
  return [...found.values()].sort(byFrequency);
}

/**
 * Show the list.
 * @param {(document, mention) => void} jump called with the mention to go to
 */
export function renderSubstances(jump) {
  const substances = distinctSubstances(documentsInScope());
  byId("substance-list").replaceChildren(...substances.map((each) => item(each, jump)));
  byId("substances-hint").textContent = message(substances.length ? "substancesHint" : "nothingFound");
  byId("scope").hidden = state.documents.length < 2;
  for (const button of byId("scope").children) {
    button.setAttribute("aria-pressed", String(button.dataset.scope === state.scope));
  }
}

function item({ key, name, label, occurrences }, jump) {
  const button = element(
    "button",
    { type: "button", className: typeClass(label, state.labels) },
    element("span", { className: "swatch" }),
    element("span", { className: "name", lang: "es" }, name),
    element("span", { className: "type-name" }, labelName(label)),
    element("span", { className: "count" }, String(occurrences.length)),
  );
  button.addEventListener("click", () => {
    const place = (visits.get(key) ?? 0) % occurrences.length;
    visits.set(key, place + 1);
    const { document, mention } = occurrences[place];
    jump(document, mention);
    tell(message("occurrence", name, place + 1, occurrences.length));
  });
  return element("li", {}, button);
}
