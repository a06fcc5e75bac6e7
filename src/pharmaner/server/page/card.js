/** The card beside a mention: its type, score, code and position. */

import { byId, element } from "./elements.js";
import { formatNumber, labelName, message } from "./messages.js";
import { mentionOf } from "./note.js";

const MARGIN = 8;

const card = byId("card");
const note = byId("note");

/** Hide the card. */
export function hideCard() {
  card.hidden = true;
}

function showCard(target) {
  const mention = mentionOf(target);
  card.className = `card ${[...target.classList].find((name) => name.startsWith("type-"))}`;
  card.replaceChildren(...content(mention));
  card.hidden = false;
  place(target);
}

function content({ start, end, label, score, codes = [] }) {
  const name = labelName(label);
  const head = element("p", { className: "card-type" }, name);
  if (name !== label) head.append(" ", element("small", {}, label));
  const facts = element("dl");
  if (score !== null) facts.append(...fact("score", percentage(score), meter(score)));
  if (codes.length) facts.append(...fact("code", codes.join(", ")));
  facts.append(...fact("position", `${start}–${end}`));
  return [head, facts];
}

function fact(name, ...values) {
  return [element("dt", {}, message(name)), element("dd", {}, ...values)];
}

function meter(score) {
  const made = element("progress", { value: score });
  made.setAttribute("aria-hidden", "true");
  return made;
}

function percentage(score) {
  return formatNumber(score, { style: "percent", minimumFractionDigits: 1 });
}

function place(target) {
  const line = target.getClientRects()[0];
  const { offsetWidth: width, offsetHeight: height } = card;
  const left = Math.min(Math.max(line.left, MARGIN), document.documentElement.clientWidth - width - MARGIN);
  const isBelow = line.bottom + height <= window.innerHeight;
  card.style.left = `${left + window.scrollX}px`;
  card.style.top = `${(isBelow ? line.bottom : line.top - height) + window.scrollY}px`;
}

document.addEventListener("pointerover", ({ target }) => {
  const over = target.closest?.(".mention, .card");
  if (over?.classList.contains("mention")) showCard(over);
  else if (!over) showFocused();
});

function showFocused() {
  if (document.activeElement?.classList.contains("mention")) showCard(document.activeElement);
  else hideCard();
}

note.addEventListener("focusin", ({ target }) => {
  if (target.classList.contains("mention")) showCard(target);
});
note.addEventListener("click", ({ target }) => target.closest(".mention")?.focus());
note.addEventListener("focusout", hideCard);
note.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" && event.key !== " ") return;
  if (!event.target.classList.contains("mention")) return;
  event.preventDefault();
  showCard(event.target);
});
document.addEventListener("keydown", ({ key }) => {
  if (key === "Escape") hideCard();
});
