/** What the page holds: documents, which one is shown, and the filter. Nothing is stored. */

export const state = {
  documents: [],
  shown: 0,
  labels: [],
  hiddenLabels: new Set(),
  minimumScore: 0,
  scope: "shown",
};

/** The document that is shown. */
export function shownDocument() {
  return state.documents[state.shown];
}

/**
 * Take in records of the service and show the first of them.
 * @param {object[]} records
 * @param {boolean} isEditable whether the text was written in the page
 * @param {object} [replaced] the document whose place the first record takes, if it is still there
 */
export function addDocuments(records, isEditable, replaced) {
  const found = state.documents.indexOf(replaced);
  const place = found < 0 ? state.documents.length : found;
  if (found >= 0) state.documents.splice(place, 1);
  for (const record of records) {
    record.mentions.sort((a, b) => a.start - b.start);
    for (const { label } of record.mentions) {
      if (!state.labels.includes(label)) state.labels.push(label);
    }
  }
  const added = [];
  for (const record of records) {
    const taken = new Set([...state.documents, ...added].map((document) => document.id));
    added.push({ ...record, id: freeName(record.id, taken), isEditable });
  }
  state.documents.splice(place, 0, ...added);
  state.shown = place;
}

/** Forget the document that is shown. */
export function removeShown() {
  state.documents.splice(state.shown, 1);
  state.shown = Math.max(0, Math.min(state.shown, state.documents.length - 1));
}

/** The mentions of a document that pass the filter. */
export function visibleMentions(document) {
  return document.mentions.filter(
    ({ label, score }) => !state.hiddenLabels.has(label) && (score ?? 1) >= state.minimumScore,
  );
}

/** The documents that the list of substances is made of. */
export function documentsInScope() {
  return state.scope === "all" ? state.documents : [shownDocument()];
}

function freeName(name, taken) {
  let candidate = name;
  for (let number = 2; taken.has(candidate); number += 1) candidate = `${name}-${number}`;
  return candidate;
}
