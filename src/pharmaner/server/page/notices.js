/** What the page says of the service: where texts go, and which model reads them. */

import { byId } from "./elements.js";
import { formatNumber, labelName, message } from "./messages.js";

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** Say where a text goes: nowhere, or to the machine that serves this page. */
export function renderPrivacy() {
  const { hostname } = location;
  byId("privacy").textContent = LOOPBACK.test(hostname)
    ? message("privacyHere")
    : message("privacyThere", hostname);
}

/** Say what the model finds and how well, as soon as it is known. */
export function renderModel(model) {
  if (!model) return;
  const types = model.labels.map(labelName).join(", ");
  const sentences = [message("model", types, model.versions.pharmaner)];
  const f1 = model.scores?.f1;
  if (f1 !== undefined) {
    const shown = formatNumber(100 * f1, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
    sentences.push(message("modelScore", shown));
  }
  byId("model").textContent = sentences.join(" ");
}
