"use strict";
const items = [...document.querySelectorAll("ol.errors > li")];
const form = document.querySelector("form");
const plain = (text) =>
  text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replace(/\s+/g, " ");
const searched = items.map((item) =>
  plain([item.dataset.document, ...[...item.querySelectorAll(".sentence, q")]
    .map((part) => part.textContent)].join(" ")));

function filter() {
  const chosen = Object.fromEntries(new FormData(form));
  const words = plain(chosen.search).trim();
  let shown = 0;
  items.forEach((item, place) => {
    const data = item.dataset;
    const fits = (!chosen.class || data.class === chosen.class)
      && (!chosen.type || [data.gold, data.predicted].includes(chosen.type))
      && (!chosen.document || data.document === chosen.document)
      && (!chosen.seen || data.seen === chosen.seen)
      && (!chosen.unscored || data.unscored === "yes")
      && searched[place].includes(words);
    item.hidden = !fits;
    shown += fits;
  });
  document.getElementById("shown").textContent = shown;
}

function speak(language) {
  document.documentElement.lang = language;
  for (const option of document.querySelectorAll("option[data-en]")) {
    option.textContent = option.dataset[language];
  }
}

form.hidden = false;
form.addEventListener("input", filter);
form.addEventListener("reset", () => setTimeout(filter));
form.addEventListener("submit", (event) => event.preventDefault());
const toggle = document.getElementById("language");
toggle.hidden = false;
toggle.addEventListener("click", () =>
  speak(document.documentElement.lang === "es" ? "en" : "es"));
filter();
