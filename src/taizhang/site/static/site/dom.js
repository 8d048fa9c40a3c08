// Making elements.
const drawn = new Map(); // parsed once: a list of people shows hundreds

export const icon = (name) => {
  if (!drawn.has(name)) {
    const base = document.querySelector("meta[name=icons]").content;
    const holder = document.createElement("span");
    holder.innerHTML = `<svg class="i" aria-hidden="true"><use href="${base}#${name}"/></svg>`;
    drawn.set(name, holder.firstChild);
  }
  return drawn.get(name).cloneNode(true);
};

export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name in node && typeof value === "boolean") node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}
