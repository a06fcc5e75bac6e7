/** Copying and downloading what is shown. */

import { byId, tell } from "./elements.js";
import { bratAnnotations, csvTable, jsonRecords } from "./formats.js";
import { message } from "./messages.js";
import { shownDocument, state, visibleMentions } from "./state.js";
import { zipOf } from "./zip.js";

const BYTE_ORDER_MARK = "\ufeff"; // without it Excel takes a CSV file for another encoding

const TEXTS = {
  ann: () => bratAnnotations(visibleMentions(shownDocument())),
  json: () => jsonRecords(shownDocuments()),
  csv: () => csvTable(shownDocuments()),
};

const FILES = {
  ann: () => new Blob([TEXTS.ann()], { type: "text/plain" }),
  json: () => new Blob([TEXTS.json()], { type: "application/json" }),
  csv: () => new Blob([BYTE_ORDER_MARK, TEXTS.csv()], { type: "text/csv" }),
  zip: () => {
    const names = fileNames();
    return zipOf(
      shownDocuments().flatMap(({ text, mentions }, place) => [
        [`${names[place]}.txt`, text],
        [`${names[place]}.ann`, bratAnnotations(mentions)],
      ]),
    );
  },
};

/** Say how much of what was found would be exported. */
export function renderExport() {
  const total = (documents) => documents.reduce((sum, { mentions }) => sum + mentions.length, 0);
  const hint = message("exportHint", total(shownDocuments()), total(state.documents));
  byId("export-hint").textContent = hint;
  for (const button of byId("export").querySelectorAll("button")) {
    const act = message(button.dataset.copy ? "copy" : "download");
    button.setAttribute("aria-label", `${act} ${button.textContent}`);
  }
}

byId("export").addEventListener("click", async ({ target }) => {
  const { copy, save } = target.dataset;
  if (save) tell(message("downloaded", download(save)));
  if (copy) {
    const isCopied = await copied(TEXTS[copy]());
    tell(isCopied ? message("copied", `.${copy}`) : message("copyFailed"));
  }
});

document.addEventListener("click", ({ target }) => {
  if (!target.closest("#export")) byId("export").open = false;
});
byId("export").addEventListener("keydown", ({ key }) => {
  if (key !== "Escape" || !byId("export").open) return;
  byId("export").open = false;
  byId("export").querySelector("summary").focus();
});

function shownDocuments() {
  return state.documents.map((each) => ({ ...each, mentions: visibleMentions(each) }));
}

/** Names that every file system takes, each different also where case does not count. */
function fileNames() {
  const taken = new Set();
  return state.documents.map(({ id }) => {
    const safe = fitting(id.replace(/[\\/:*?"<>|\p{Cc}]/gu, "_"));
    let name = safe;
    for (let number = 2; taken.has(name.toLowerCase()); number += 1) name = `${safe}-${number}`;
    taken.add(name.toLowerCase());
    return name;
  });
}

/** Cut to 200 bytes, without an end or a whole that Windows does not take. */
function fitting(name) {
  const cut = new TextDecoder().decode(new TextEncoder().encode(name).slice(0, 200));
  const trimmed = cut.replace(/\uFFFD$/, "").replace(/[ .]+$/, "").trimStart();
  const isReserved = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i.test(trimmed);
  return !trimmed || trimmed.startsWith(".") || isReserved ? `_${trimmed}` : trimmed;
}

function download(format) {
  const isOne = format === "ann" || state.documents.length === 1;
  const name = `${isOne ? fileNames()[state.shown] : "pharmaner"}.${format}`;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(FILES[format]());
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  return name;
}

/** Browsers offer a clipboard to pages from this machine or over TLS only; the old way is left. */
async function copied(text) {
  if (navigator.clipboard) {
    return navigator.clipboard.writeText(text).then(() => true, () => false);
  }
  const area = document.createElement("textarea");
  area.value = text;
  byId("export").append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  return isCopied;
}
