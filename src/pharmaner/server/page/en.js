/** The page's texts in English. */

const number = (value) => new Intl.NumberFormat("en").format(value);

const counted = (one, many) => (value) => (value === 1 ? `1 ${one}` : `${number(value)} ${many}`);

const mentionsOf = counted("mention", "mentions");

export default {
  skip: "Skip to content",
  tagline: "Drugs, substances and proteins in clinical notes",
  language: "Language",
  privacyHere: "The text never leaves this machine",
  privacyThere: (host) => `The text goes to ${host} only and never leaves it; it is not stored`,
  editorLabel: "Clinical note",
  editorHint:
    "Paste or type a note in Spanish, or drop .txt or .zip files here. The text is neither stored nor logged.",
  analyse: "Analyse",
  analysing: "Analysing…",
  stillAnalysing: "Still analysing; one at a time.",
  openFiles: "Open files…",
  sample: "Sample note",
  replaceNote: "Replace what is written by the sample note?",
  back: "Back to the results",
  shortcut: "Ctrl + Enter",
  noteName: "note",
  documents: "Documents",
  newNote: "+ Add a note",
  types: "Types",
  minimumScore: "Minimum confidence",
  export: "Export",
  exportHint: (shown, all) =>
    shown === all
      ? `What is shown is exported: ${mentionsOf(all)}.`
      : `What is shown is exported: ${number(shown)} of ${mentionsOf(all)}.`,
  format: "Format",
  copy: "Copy",
  download: "Download",
  bratHint: ".ann: the note shown; .zip: all, with their .txt",
  edit: "Edit",
  remove: "Remove",
  noteLabel: "Note with its mentions highlighted; arrow keys go from one to the next",
  substances: "Substances",
  scope: "Scope of the list",
  scopeShown: "This note",
  scopeAll: "All",
  substancesHint: "Press one to go to its next mention.",
  nothingFound: "There are no mentions to show.",
  mentions: mentionsOf,
  substancesFound: counted("distinct substance", "distinct substances"),
  characters: counted("character", "characters"),
  occurrence: (name, place, all) => `${name}: ${place} of ${all}`,
  score: "Confidence",
  code: "Code",
  position: "Position",
  copied: (format) => `Copied: ${format}`,
  downloaded: (name) => `Downloaded: ${name}`,
  copyFailed: "The browser did not allow copying.",
  model: (types, version) => `The model's types: ${types}. pharmaner ${version}.`,
  modelScore: (f1) => `Strict F1 ${f1} on the development corpus.`,
  disclaimer: "Not a medical device: it helps with reading, it does not replace review.",
  apiLink: "Description of the API",
  keyLabel: "This service asks for an access key",
  keySend: "Use the key",
  keyWrong: "The key is not valid.",
  emptyNote: "There is no text to analyse.",
  noDocuments: "The file holds no .txt.",
  failures: {
    0: "The service does not answer. Is it still running?",
    400: "The file cannot be read: .txt in UTF-8 and .zip of them are accepted.",
    413: "The text or the file is too large.",
    415: ".txt and .zip files are accepted.",
    422: "The text holds characters that cannot be read.",
    503: "The service is busy. Try again in a few seconds.",
    504: "The analysis took too long.",
    other: "The service has failed.",
  },
  tags: { NORMALIZABLES: "subst.", NO_NORMALIZABLES: "unnorm.", PROTEINAS: "prot." },
  labels: {
    NORMALIZABLES: "Drug or substance",
    NO_NORMALIZABLES: "Unnormalisable substance",
    PROTEINAS: "Protein",
  },
};
