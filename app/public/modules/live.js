// Keeps the lists about alerts up to date: when the server says that something changed, the page is fetched anew and the parts that are
// marked with `data-live` are taken from it. Forms are no such parts, so nothing that was typed is lost.

import { load, take } from "./page.js";

/** Changes are gathered for so long: a burst causes one fetch, not many. In milliseconds, as all times here. */
const GATHER = 1_000;
/** Without a change, times and durations are older than this at most. */
const AT_LEAST_EVERY = 30_000;
/** After the server refused the stream. A connection that merely broke is retried by the browser on its own. */
const RETRY = 5_000;

const freshness = document.querySelector(".top .live");
let stream;
let greeted = false;
let gathering;

async function refresh() {
  clearTimeout(gathering);
  gathering = undefined;
  if (document.hidden) return;
  try {
    const page = await load(location.href);
    for (const { id } of document.querySelectorAll("[data-live]")) take(page, `#${id}`);
    for (const part of [".top .nav", ".top time"]) take(page, part);
    document.title = page.title;
    tell("live", "Live");
  } catch {
    tell("live off", "No connection since");
  }
}

/** Says how fresh the page is, once. */
function tell(state, words) {
  if (freshness.className === state) return;
  freshness.className = state;
  freshness.querySelector("span").textContent = words;
}

function gather() {
  gathering ??= setTimeout(refresh, GATHER);
}

function open() {
  stream = new EventSource("/api/v1/events");
  stream.addEventListener("hello", () => {
    // The first greeting meets a page that was made a moment ago; every later one ends a silence.
    if (greeted) gather();
    else tell("live", "Live");
    greeted = true;
  });
  for (const change of ["alert", "resync"]) stream.addEventListener(change, gather);
  stream.addEventListener("error", () => {
    tell("live off", "No connection since");
    if (stream?.readyState === EventSource.CLOSED) {
      close();
      setTimeout(follow, RETRY);
    }
  });
}

function close() {
  stream?.close();
  stream = undefined;
}

/** Nothing is asked for while nobody looks. */
function follow() {
  if (document.hidden) close();
  else if (!stream) open();
}

document.addEventListener("visibilitychange", follow);
setInterval(gather, AT_LEAST_EVERY);
follow();
