// Choices of whoever holds the phone. Nothing about people, so they may lie in the open.
export function get(name, otherwise) {
  try { return localStorage.getItem(`phone-${name}`) || otherwise; } catch (error) { return otherwise; }
}

export function set(name, value) {
  try { localStorage.setItem(`phone-${name}`, value); } catch (error) { /* full or forbidden: holds until the page closes */ }
}

/** 长辈版: bigger words and targets, remembered. */
export function setElder(on) {
  document.documentElement.classList.toggle("elder", on);
  document.querySelector("#elder span").textContent = on ? "标准版" : "长辈版";
  set("elder", on ? "1" : "");
}
