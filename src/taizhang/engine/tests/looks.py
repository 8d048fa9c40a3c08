"""What browser tests ask of a page: scripts that answer with what is wrong, and axe's rules."""

AXE = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
}
# Types a number into a field and waits until `said` says something about it: ms.
TOLD_AFTER = """([field, number, said]) => new Promise((resolve) => {
  const input = document.querySelector(field), place = document.querySelector(said), begun = performance.now();
  new MutationObserver((_, watching) => { if (place.textContent.trim()) { watching.disconnect(); resolve(performance.now() - begun); } })
    .observe(place, { childList: true, subtree: true, characterData: true });
  input.value = number;
  input.dispatchEvent(new Event("input", { bubbles: true }));
})"""
# What can be pressed or filled, but links within a sentence; [what, width, height] of those under 60 x 60.
SMALL = """() => [...document.querySelectorAll("main button, main a, main input, main select, main summary, footer button, footer a")]
  .filter((node) => node.offsetParent && !node.closest(".vh") && !(node.tagName === "A" && getComputedStyle(node).display === "inline"))
  .map((node) => [node.outerHTML.slice(0, 90), (node.closest("label") || node).getBoundingClientRect()])
  .filter(([, box]) => box.width < 59.5 || box.height < 59.5).map(([what, box]) => `${what} ${box.width} x ${box.height}`)"""
# Text smaller than 18 px, larger than 30, or set tighter than 1.3.
TYPE = """() => { const wrong = new Set();
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode.parentElement;
    if (!walk.currentNode.textContent.trim() || !node.offsetParent || node.closest(".vh, script, option")) continue;
    const style = getComputedStyle(node), size = parseFloat(style.fontSize), line = parseFloat(style.lineHeight) / size;
    if (size < 18 || size > 30 || line < 1.29) wrong.add(`${node.outerHTML.slice(0, 80)} ${size}px ${line.toFixed(2)}`);
  } return [...wrong]; }"""
# Buttons and links that show no word.
WORDLESS = """() => [...document.querySelectorAll("button, a, summary")].filter((node) => node.offsetParent)
  .filter((node) => { const seen = node.cloneNode(true); seen.querySelectorAll(".vh, svg").forEach((one) => one.remove()); return !seen.textContent.trim(); })
  .map((node) => node.outerHTML.slice(0, 120))"""
# The element in focus when something lies over its middle.
COVERED = """() => { const here = document.activeElement, box = here.getBoundingClientRect();
  const top = document.elementFromPoint(box.left + box.width / 2, box.top + Math.min(box.height, innerHeight) / 2);
  return !top || here === top || here.contains(top) || top.contains(here) ? "" : `${here.outerHTML.slice(0, 90)} under ${top.outerHTML.slice(0, 90)}`; }"""
