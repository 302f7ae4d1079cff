// Pages as the server makes them now. Modules never build HTML: they take parts of a page that was made anew.

/**
 * The page at an address.
 * @param {string} address
 * @param {AbortSignal} [signal]
 * @returns {Promise<Document>}
 */
export async function load(address, signal) {
  const answer = await fetch(address, { signal, headers: { accept: "text/html" } });
  if (!answer.ok) throw new Error(`${address} answered ${answer.status}`);
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

/**
 * Puts the content of an element of another page in place of that of ours, when it is another one.
 * @param {Document} page
 * @param {string} selector
 * @param {() => void} [enliven] is called before the focus is given back
 */
export function take(page, selector, enliven) {
  const ours = document.querySelector(selector);
  const theirs = page.querySelector(selector);
  if (!ours || !theirs || ours.innerHTML === theirs.innerHTML) return;
  const focus = remember(ours);
  ours.replaceChildren(...theirs.childNodes);
  enliven?.();
  focus();
}

/** What has the focus within an element gets it back when what is in it was replaced, or what took its place does. */
function remember(within) {
  const focused = document.activeElement;
  if (!within.contains(focused)) return () => {};
  const name = nameOf(focused);
  return () => {
    const same = [...within.querySelectorAll("a, button, input, select, textarea, [tabindex]")];
    (same.find((one) => nameOf(one) === name) ?? within.closest("[tabindex], main"))?.focus({ preventScroll: true });
  };
}

/** Tells controls apart: each does something to something. */
function nameOf(control) {
  return [control.tagName, control.id, control.name, control.form?.action, control.href, control.dataset.drags].join(" ");
}
