// Evidence: a photo of the signed paper, or a signature on the glass. Made small here, kept sealed, sent before its record.
import { h, icon } from "../site/dom.js";
import * as vault from "./vault.js";

const MOST = 300 * 1024; // bytes of one picture
const SIDES = [1600, 1280, 1024, 800, 640]; // longest side in px, tried in turn
const QUALITIES = [0.8, 0.65, 0.5];

const blobOf = (canvas, quality) => new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));

/** A picture as JPEG of at most 300 KB; what the camera wrote beside it (place, time, make) stays behind. */
export async function shrink(file) {
  const picture = await createImageBitmap(file);
  for (const side of SIDES) {
    const scale = Math.min(1, side / Math.max(picture.width, picture.height));
    const canvas = h("canvas", { width: Math.round(picture.width * scale), height: Math.round(picture.height * scale) });
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#fff";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
    for (const quality of QUALITIES) {
      const blob = await blobOf(canvas, quality);
      if (blob.size <= MOST) return new Uint8Array(await blob.arrayBuffer());
    }
  }
  throw new Error("too_big");
}

function pad(keep, leave) {
  const canvas = h("canvas", { class: "pad", width: "640", height: "320", role: "img", "aria-label": "签名板" });
  const pen = canvas.getContext("2d");
  const clean = () => { pen.fillStyle = "#fff"; pen.fillRect(0, 0, 640, 320); pen.lineWidth = 4; pen.lineCap = pen.lineJoin = "round"; pen.strokeStyle = "#15212b"; drawn = false; };
  let drawn = false;
  clean();
  const at = (event) => { const box = canvas.getBoundingClientRect(); return [((event.clientX - box.left) * 640) / box.width, ((event.clientY - box.top) * 320) / box.height]; };
  canvas.addEventListener("pointerdown", (event) => { canvas.setPointerCapture(event.pointerId); pen.beginPath(); pen.moveTo(...at(event)); event.preventDefault(); });
  canvas.addEventListener("pointermove", (event) => { if (!event.buttons) return; pen.lineTo(...at(event)); pen.stroke(); drawn = true; });
  const said = h("p", { class: "hint", role: "status" }, "请本人用手指签名。不方便签的，拍签了字的纸表。");
  return h("div", { class: "gap" }, said, canvas, h("p", { class: "row gap" },
    h("button", { type: "button", class: "btn", onclick: leave }, "不签了"), h("button", { type: "button", class: "btn", onclick: clean }, "重签"),
    h("button", { type: "button", class: "btn primary", onclick: async () => { if (!drawn) { said.textContent = "还没有签。请在框里签名，再点“存签名”。"; return; } keep(new Uint8Array(await (await blobOf(canvas, 0.8)).arrayBuffer())); } }, "存签名")));
}

/** The part of a page that adds evidence to a draft. `changed(files)` keeps the list; the pictures are kept before it. */
export function evidence(draft, changed) {
  const box = h("section", { class: "sec" });
  const said = h("p", { class: "hint", role: "status" });
  const file = h("input", { type: "file", id: "photo", class: "vh", accept: "image/*", capture: "environment", tabindex: "-1", "aria-hidden": "true" });
  const add = async (kind, bytes) => {
    const one = { uuid: vault.uuid(), kind, size: bytes.length, sent: false };
    await vault.write([["evidence", one.uuid, bytes]]);
    await changed([...(draft.files || []), one]);
    draw();
  };
  file.addEventListener("change", async () => {
    if (!file.files[0]) return;
    said.textContent = "正在压缩";
    try { await add("photo", await shrink(file.files[0])); said.textContent = "照片已存在本机"; } catch (error) { said.textContent = "这张照片读不了，请重拍一张。"; }
    file.value = "";
  });
  const draw = () => {
    const files = draft.files || [];
    box.replaceChildren(h("h2", {}, "凭据（可不加）"), said,
      ...(files.length ? [h("ul", { class: "list" }, files.map((one, at) => h("li", { class: "row between" }, h("span", {}, `${one.kind === "photo" ? "照片" : "签名"} ${at + 1}，${Math.ceil(one.size / 1024)} KB`), h("button", { type: "button", class: "btn mini", onclick: async () => {
        await vault.write([["evidence", one.uuid, null]]);
        await changed(files.filter((other) => other !== one));
        draw();
      } }, "删除", h("span", { class: "vh" }, `第 ${at + 1} 个`)))))] : []),
      h("p", { class: "row gap" }, h("button", { type: "button", class: "btn", onclick: () => file.click() }, icon("doc"), "拍纸表"),
        h("button", { type: "button", class: "btn", onclick: () => { box.replaceChildren(h("h2", {}, "签名"), pad(async (bytes) => { await add("signature", bytes); said.textContent = "签名已存在本机"; }, draw)); } }, icon("edit"), "签名")), file);
  };
  draw();
  return box;
}
