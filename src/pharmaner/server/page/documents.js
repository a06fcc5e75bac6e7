/** The list of documents, and what is said of the one that is shown. */

import { byId, element } from "./elements.js";
import { formatNumber, message } from "./messages.js";
import { distinctSubstances } from "./substances.js";
import { shownDocument, state, visibleMentions } from "./state.js";

/**
 * Show the documents' names with their numbers of mentions.
 * @param {(place: number) => void} choose called with the place of the chosen one
 */
export function renderDocuments(choose) {
  const list = byId("document-list");
  const isInside = list.contains(document.activeElement);
  list.replaceChildren(...state.documents.map((each, place) => item(each, place, choose)));
  if (isInside) list.querySelector('[aria-current="true"]').focus();
  const shown = shownDocument();
  byId("document-name").textContent = shown.id;
  byId("document-facts").textContent = facts(shown).join(" · ");
  byId("edit").hidden = !shown.isEditable;
}

function facts(shown) {
  return [
    message("mentions", visibleMentions(shown).length),
    message("substancesFound", distinctSubstances([shown]).length),
    message("characters", shown.characters_covered),
  ];
}

function item(each, place, choose) {
  const button = element(
    "button",
    { type: "button" },
    element("span", { className: "name" }, each.id),
    element("span", { className: "count" }, formatNumber(visibleMentions(each).length)),
  );
  if (place === state.shown) button.setAttribute("aria-current", "true");
  button.addEventListener("click", () => choose(place));
  return element("li", {}, button);
}
