/** A document's text with its mentions highlighted, and the keyboard's way through them. */

import { byId, element, typeClass } from "./elements.js";
import { labelTag } from "./messages.js";
import { shownDocument, state, visibleMentions } from "./state.js";
import { utf16Indices } from "./unicode.js";

const BACKWARD = new Set(["ArrowLeft", "ArrowUp"]);
const FORWARD = new Set(["ArrowRight", "ArrowDown"]);

const note = byId("note");

/** Show the shown document's text; one mention of it is in the tab order, arrows reach the rest. */
export function renderNote() {
  const { text } = shownDocument();
  const mentions = visibleMentions(shownDocument());
  const indices = utf16Indices(text, mentions.flatMap(({ start, end }) => [start, end]));
  const content = document.createDocumentFragment();
  let done = 0;
  mentions.forEach((mention, place) => {
    const [start, end] = indices.slice(2 * place, 2 * place + 2);
    content.append(text.slice(done, start), highlight(mention, text.slice(start, end), place));
    done = end;
  });
  content.append(text.slice(done));
  note.replaceChildren(content);
}

/** The element of a mention of the shown document, if it is shown. */
export function mentionElement({ start, end }) {
  return note.querySelector(`[data-start="${start}"][data-end="${end}"]`);
}

/** Bring a mention into view and focus it. */
export function goTo(mention) {
  const target = mentionElement(mention);
  target.scrollIntoView({ block: "center" });
  target.focus({ preventScroll: true });
}

/** The mention that an element shows. */
export function mentionOf({ dataset }) {
  return shownDocument().mentions.find(
    ({ start, end }) => start === Number(dataset.start) && end === Number(dataset.end),
  );
}

function highlight({ start, end, label }, text, place) {
  const made = element("mark", {
    className: `mention ${typeClass(label, state.labels)}`,
    tabIndex: place === 0 ? 0 : -1,
    dataset: { start, end, type: labelTag(label) },
  }, text);
  made.setAttribute("role", "button");
  made.setAttribute("aria-describedby", "card");
  return made;
}

note.addEventListener("keydown", (event) => {
  const marks = [...note.querySelectorAll(".mention")];
  const place = marks.indexOf(event.target);
  if (place < 0) return;
  const next = nextPlace(event.key, place, marks.length - 1);
  if (next === null) return;
  event.preventDefault();
  marks[next].focus();
});

note.addEventListener("focusin", ({ target }) => {
  note.querySelector('.mention[tabindex="0"]')?.setAttribute("tabindex", "-1");
  target.closest(".mention")?.setAttribute("tabindex", "0");
});

function nextPlace(key, place, last) {
  if (FORWARD.has(key)) return Math.min(place + 1, last);
  if (BACKWARD.has(key)) return Math.max(place - 1, 0);
  if (key === "Home") return 0;
  if (key === "End") return last;
  return null;
}
