/** The page: takes texts in, has the service annotate them, shows what it found. */

import { hideCard } from "./card.js";
import { renderDocuments } from "./documents.js";
import { listenForTexts } from "./editor.js";
import { byId, tell } from "./elements.js";
import { renderExport } from "./exports.js";
import { listenForFilters, renderFilters } from "./filters.js";
import { currentLanguage, failureMessage, message, setLanguage } from "./messages.js";
import { renderModel, renderPrivacy } from "./notices.js";
import { goTo, renderNote } from "./note.js";
import {
  ServiceError,
  annotateFile,
  annotateText,
  describeModel,
  hasKey,
  sampleNote,
  useKey,
} from "./service.js";
import { addDocuments, removeShown, shownDocument, state } from "./state.js";
import { renderSubstances } from "./substances.js";

let model = null;
let edited = null; // the document whose text is in the field; null for a new note
const drafts = new Map();
let written = 0;
let isBusy = false;

function renderResults() {
  hideCard();
  renderDocuments(show);
  renderFilters();
  renderNote();
  renderSubstances(jump);
  renderExport();
}

function renderTexts() {
  document.documentElement.lang = currentLanguage();
  for (const each of document.querySelectorAll("[data-text]")) {
    each.textContent = message(each.dataset.text);
  }
  for (const each of document.querySelectorAll("[data-label]")) {
    each.setAttribute("aria-label", message(each.dataset.label));
  }
  for (const each of document.querySelectorAll("[data-language]")) {
    each.setAttribute("aria-pressed", String(each.dataset.language === currentLanguage()));
  }
  renderPrivacy();
  renderModel(model);
  if (state.documents.length) renderResults();
}

function show(place) {
  state.shown = place;
  renderResults();
}

function jump(target, mention) {
  if (target !== shownDocument()) show(state.documents.indexOf(target));
  goTo(mention);
}

/** Open the field with a document's text, or with what was typed in its place or of a new note. */
function openEditor(replaced) {
  keepDraft();
  edited = replaced;
  byId("note-text").value = drafts.get(replaced) ?? replaced?.text ?? "";
  byId("editor").hidden = false;
  byId("results").hidden = true;
  byId("back").hidden = state.documents.length === 0;
  byId("note-text").focus();
}

function keepDraft() {
  if (!byId("editor").hidden) drafts.set(edited, byId("note-text").value);
}

function openResults() {
  keepDraft();
  byId("editor").hidden = true;
  byId("results").hidden = false;
  renderResults();
  byId("document-name").focus();
}

function alertOf(text) {
  byId("alert").hidden = !text;
  byId("alert").textContent = text;
}

/** Run a request of the page's, one at a time, and say what goes wrong. */
async function withService(ask) {
  if (isBusy) {
    tell(message("stillAnalysing"));
    return;
  }
  isBusy = true;
  byId("note-text").readOnly = true;
  alertOf("");
  document.body.classList.add("is-busy");
  tell(message("analysing"));
  try {
    await ask();
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    explain(error);
  } finally {
    tell("");
    isBusy = false;
    byId("note-text").readOnly = false;
    document.body.classList.remove("is-busy");
  }
}

function described({ status, message: detail }) {
  return [failureMessage(status), detail && `(${detail})`].filter(Boolean).join(" ");
}

function explain(error) {
  if (error.status !== 401) {
    alertOf(described(error));
    return;
  }
  if (hasKey()) alertOf(message("keyWrong"));
  byId("key").hidden = false;
  byId("key-value").focus();
}

const analyseText = (text) =>
  withService(async () => {
    if (!text.trim()) {
      alertOf(message("emptyNote"));
      return;
    }
    const replaced = edited;
    const id = replaced?.id ?? `${message("noteName")}-${written + 1}`;
    const records = await annotateText(id, text);
    if (!replaced) written += 1;
    addDocuments(records, true, replaced);
    openResults();
    drafts.delete(replaced);
  });

const analyseFiles = (files) =>
  withService(async () => {
    const records = [];
    const failures = [];
    let refusal = null;
    for (const file of files) {
      try {
        records.push(...(await annotateFile(file)));
      } catch (error) {
        if (!(error instanceof ServiceError)) throw error;
        if (error.status === 401) {
          refusal = error;
          break;
        }
        failures.push(`${file.name}: ${described(error)}`);
      }
    }
    if (records.length) {
      addDocuments(records, false);
      openResults();
    }
    alertOf(failures.join("\n") || (records.length || refusal ? "" : message("noDocuments")));
    if (refusal) throw refusal;
  });

async function loadSample() {
  try {
    return await sampleNote();
  } catch (error) {
    explain(error);
    return null;
  }
}

async function loadModel() {
  model = await describeModel();
  state.labels = [...new Set([...model.labels, ...state.labels])];
  renderTexts();
}

listenForTexts(analyseText, analyseFiles, loadSample);
listenForFilters(renderResults);
byId("new-note").addEventListener("click", () => openEditor(null));
byId("edit").addEventListener("click", () => openEditor(shownDocument()));
byId("back").addEventListener("click", openResults);
byId("remove").addEventListener("click", () => {
  drafts.delete(shownDocument());
  removeShown();
  if (state.documents.length) renderResults();
  else openEditor(null);
});
byId("scope").addEventListener("click", ({ target }) => {
  state.scope = target.dataset.scope ?? state.scope;
  renderSubstances(jump);
});
byId("key").addEventListener("submit", (event) => {
  event.preventDefault();
  useKey(byId("key-value").value);
  withService(async () => {
    await loadModel();
    byId("key").hidden = true;
    byId("note-text").focus();
  });
});
for (const button of document.querySelectorAll("[data-language]")) {
  button.addEventListener("click", () => {
    setLanguage(button.dataset.language);
    renderTexts();
  });
}

renderTexts();
loadModel().catch(explain);
