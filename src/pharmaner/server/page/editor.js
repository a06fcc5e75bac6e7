/** Where texts come from: the field, files that are opened or dropped, the sample note. */

import { byId } from "./elements.js";
import { message } from "./messages.js";

const field = byId("note-text");

/**
 * Listen for texts.
 * @param {(text: string) => void} analyseText
 * @param {(files: File[]) => void} analyseFiles
 * @param {() => Promise<string | null>} loadSample
 */
export function listenForTexts(analyseText, analyseFiles, loadSample) {
  byId("editor").addEventListener("submit", (event) => {
    event.preventDefault();
    analyseText(field.value);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) byId("editor").requestSubmit();
  });
  byId("sample").addEventListener("click", async () => {
    if (field.value.trim() && !confirm(message("replaceNote"))) return;
    const text = await loadSample();
    if (text === null) return;
    field.value = text;
    field.focus();
    field.setSelectionRange(0, 0);
    field.scrollTop = 0;
  });
  byId("open-files").addEventListener("click", () => byId("files").click());
  byId("files").addEventListener("change", ({ target }) => {
    analyseFiles([...target.files]);
    target.value = "";
  });
  listenForDrops(analyseFiles);
}

function listenForDrops(analyseFiles) {
  document.addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    document.body.classList.add("is-dropping");
  });
  for (const end of ["dragleave", "drop"]) {
    document.addEventListener(end, () => document.body.classList.remove("is-dropping"));
  }
  document.addEventListener("drop", (event) => {
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    analyseFiles([...event.dataTransfer.files]);
  });
}
