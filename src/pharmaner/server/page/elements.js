/** Finding and making elements of the page. */

/** The element with an id. */
export const byId = (id) => document.getElementById(id);

/**
 * A new element.
 * @param {string} tag
 * @param {object} properties set on the element; `dataset` is an object of its own
 * @param {...(Node|string)} children
 */
export function element(tag, properties = {}, ...children) {
  const { dataset = {}, ...others } = properties;
  const made = Object.assign(document.createElement(tag), others);
  Object.assign(made.dataset, dataset);
  made.append(...children);
  return made;
}

/** Say something for a moment; it is read out too. */
export function tell(text) {
  const status = byId("status");
  status.replaceChildren(...(text ? [element("span", {}, text)] : []));
}

/** The class that gives a type its colours and its line, by its position among the types. */
export function typeClass(label, labels) {
  return `type-${labels.indexOf(label) % 8}`;
}
