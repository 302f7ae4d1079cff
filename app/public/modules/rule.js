// The editor of a rule, made livelier: its preview follows the form without a button, and the lines of thresholds can be dragged. What a
// form means is known to the server alone; here are only heights and numbers.

import { load, take } from "./page.js";

/** Keys that are held down cause one preview, not many. In milliseconds. */
const GATHER = 250;
/** Steps of Page Up and Page Down. */
const PAGE = 10;

const form = document.getElementById("rule");
/** What the preview says, for those who hear it. */
const said = form.appendChild(document.createElement("p"));
said.className = "vh";
said.ariaLive = "polite";

let waiting;
let asking;

/** Asks what the rule in the form would have said, and shows it. */
async function preview() {
  clearTimeout(waiting);
  asking?.abort();
  asking = new AbortController();
  const { signal } = asking;
  const address = `${form.getAttribute("action")}?${new URLSearchParams(new FormData(form))}`;
  const region = document.getElementById("preview");
  region.setAttribute("aria-busy", "true");
  try {
    const page = await load(address, signal);
    // As without a script: loading the page anew shows what was typed.
    history.replaceState(null, "", address);
    take(page, "#state");
    markFields(page);
    take(page, "#preview", makeDraggable);
    said.textContent = document.getElementById("claim").textContent;
  } catch (error) {
    if (signal.aborted) return;
    said.textContent = `There is no preview: ${error.message}`;
    document.getElementById("claim").textContent = said.textContent;
  }
  region.removeAttribute("aria-busy");
}

function previewSoon() {
  clearTimeout(waiting);
  waiting = setTimeout(preview, GATHER);
}

/** Puts what is wrong beside each field, and leaves the field itself alone. */
function markFields(page) {
  for (const control of form.querySelectorAll(".fld .field")) {
    const theirs = page.getElementById(control.id);
    const wrong = page.getElementById(`w-${control.name}`);
    document.getElementById(`w-${control.name}`)?.remove();
    if (wrong) control.closest(".fld").append(wrong);
    for (const name of ["aria-invalid", "aria-describedby"]) {
      const value = theirs?.getAttribute(name);
      if (value) control.setAttribute(name, value);
      else control.removeAttribute(name);
    }
  }
}

/** Lays a slider over every line that has a field. */
function makeDraggable() {
  const figure = document.querySelector("#preview .drags[data-top]");
  if (!figure) return;
  figure.classList.add("on");
  const plot = figure.querySelector(".plot");
  const sheet = document.createElement("div");
  sheet.className = "sheet";
  plot.before(sheet);
  const { height, top, step, unit } = figure.dataset;
  const scale = { height: Number(height), top: Number(top), step: Number(step), unit };
  const [threshold, clear] = [...plot.querySelectorAll("[data-line]")].map((line) => new Slider(line, scale));
  sheet.append(...[threshold, clear].filter(Boolean).map(({ grip }) => grip));
  if (clear) threshold.keepApart(clear);
  else threshold.moved = (text) => {
    // The same value for both is one line, and stays one.
    if (form.elements.clear.value) form.elements.clear.value = text;
  };
}

/** The slider of one line: moves the line, writes its field, and asks for the preview when it is let go. */
class Slider {
  /** Called with the new text of the field. */
  moved = () => {};

  constructor(line, scale) {
    Object.assign(this, scale);
    this.line = line;
    this.field = form.elements[line.dataset.line];
    this.at = Number(line.dataset.at);
    this.least = this.step;
    this.most = Math.floor(this.top / this.step) * this.step;
    this.grip = document.createElement("div");
    this.grip.className = "grip";
    this.grip.tabIndex = 0;
    // By this it is found again, and gets the focus back, when the preview was made anew.
    this.grip.dataset.drags = this.field.name;
    this.grip.role = "slider";
    this.grip.ariaLabel = this.field.name === "clear" ? "Clear threshold" : "Threshold";
    this.grip.ariaOrientation = "vertical";
    this.label = this.grip.appendChild(document.createElement("span"));
    this.grip.addEventListener("pointerdown", (event) => this.hold(event));
    this.grip.addEventListener("keydown", (event) => this.press(event));
    this.show();
  }

  get text() {
    return `${this.at}${this.unit}`;
  }

  /** Keeps the line at which an alert ends on its side of the one at which it begins, which pushes it along. */
  keepApart(clear) {
    const isAbove = this.field.name === "above";
    const next = () => this.at + (isAbove ? -1 : 1) * this.step;
    const bound = () => {
      if (isAbove) clear.most = Math.max(next(), clear.least);
      else clear.least = Math.min(next(), clear.most);
      clear.show();
    };
    this.moved = () => {
      bound();
      if (clear.at > clear.most || clear.at < clear.least) clear.set(clear.at);
    };
    bound();
  }

  set(number) {
    // Numbers are multiples of the step, without the noise of fractions.
    const round = Number((Math.round(number / this.step) * this.step).toFixed(4));
    this.at = Math.min(this.most, Math.max(this.least, round));
    this.field.value = this.text;
    this.show();
    this.moved(this.text);
  }

  show() {
    const y = (1 - this.at / this.top) * this.height;
    const words = `${this.line.dataset.words} ${this.text}`;
    this.grip.style.top = `${y}px`;
    this.grip.ariaValueMin = this.least;
    this.grip.ariaValueMax = this.most;
    this.grip.ariaValueNow = this.at;
    this.grip.ariaValueText = words;
    this.label.textContent = words;
    const drawn = this.line.querySelector("line");
    for (const end of ["y1", "y2"]) drawn.setAttribute(end, y);
  }

  hold(event) {
    if (event.button !== 0) return;
    asking?.abort();
    const { grip, at: before } = this;
    grip.setPointerCapture(event.pointerId);
    // The line keeps its distance from the finger.
    const from = event.clientY - (1 - before / this.top) * this.height;
    const move = ({ clientY }) => this.set((1 - (clientY - from) / this.height) * this.top);
    const drop = () => {
      grip.removeEventListener("pointermove", move);
      if (this.at !== before) preview();
    };
    grip.addEventListener("pointermove", move);
    grip.addEventListener("lostpointercapture", drop, { once: true });
  }

  press(event) {
    const by = { ArrowUp: 1, ArrowRight: 1, ArrowDown: -1, ArrowLeft: -1, PageUp: PAGE, PageDown: -PAGE }[event.key];
    const to = { Home: this.least, End: this.most }[event.key] ?? (by && this.at + by * this.step);
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.set(to);
    previewSoon();
  }
}

form.addEventListener("change", previewSoon);
form.addEventListener("submit", (event) => {
  // Saving goes to the server, as without a script.
  if (event.submitter?.formMethod === "post") return;
  event.preventDefault();
  preview();
});
makeDraggable();
