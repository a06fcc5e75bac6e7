/** The filter: which types are shown, and from what score on. */

import { byId, element, typeClass } from "./elements.js";
import { formatNumber, labelName } from "./messages.js";
import { shownDocument, state } from "./state.js";

const list = byId("type-list");
const minimum = byId("minimum");

/** Show the types with how often each stands in the shown document. */
export function renderFilters() {
  const focused = document.activeElement?.value;
  const isInside = list.contains(document.activeElement);
  list.replaceChildren(...state.labels.map(choice));
  if (isInside) list.querySelector(`[value="${CSS.escape(focused)}"]`)?.focus();
  const shown = formatNumber(state.minimumScore, { style: "percent" });
  byId("minimum-shown").textContent = shown;
  minimum.setAttribute("aria-valuetext", shown);
}

/**
 * Listen for changes of the filter.
 * @param {() => void} render called after each
 */
export function listenForFilters(render) {
  list.addEventListener("change", ({ target }) => {
    if (target.checked) state.hiddenLabels.delete(target.value);
    else state.hiddenLabels.add(target.value);
    render();
  });
  minimum.addEventListener("input", () => {
    state.minimumScore = minimum.valueAsNumber / 100;
    render();
  });
}

function choice(label) {
  const found = shownDocument().mentions.filter((mention) => mention.label === label).length;
  const box = { type: "checkbox", value: label, checked: !state.hiddenLabels.has(label) };
  return element(
    "label",
    { className: `type ${typeClass(label, state.labels)}`, title: label },
    element("input", box),
    element("span", { className: "swatch" }),
    element("span", {}, labelName(label)),
    element("span", { className: "count" }, formatNumber(found)),
  );
}
