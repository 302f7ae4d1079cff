import type { Locator, Page } from "@playwright/test";
import { expect, openLive, test } from "./fixtures";

const stack = (page: Page) => page.getByRole("group", { name: /^Charts on one time axis/ });
const crosshair = (page: Page) => stack(page).locator(".cross .flag");

/** Presses on `target` at one share of its width and lifts at another. */
async function drag(page: Page, target: Locator, from: number, to: number): Promise<void> {
  await target.scrollIntoViewIfNeeded();
  const box = await target.boundingBox();
  if (!box) throw new Error("nothing to drag over");
  const [y, x] = [box.y + box.height / 2, (share: number) => box.x + box.width * share];
  await page.mouse.move(x(from), y);
  await page.mouse.down();
  await page.mouse.move(x((from + to) / 2), y, { steps: 4 });
  await page.mouse.move(x(to), y, { steps: 4 });
  await page.mouse.up();
}

/** The range in the address, in milliseconds. */
function rangeOf(page: Page): number {
  const query = new URL(page.url()).searchParams;
  return Date.parse(query.get("to") ?? "") - Date.parse(query.get("from") ?? "");
}

test("memory, its limit, goroutines and restarts share one picture", async ({ page, addressOf }) => {
  await openLive(page, `${await addressOf("checkout")}?range=9h`);
  const memory = page.getByRole("img", { name: /^Memory\. Working set between .* limit 512.MiB, \d+ times at 95/ });
  await expect(memory).toBeVisible();
  await expect(page.getByRole("img", { name: /^Memory of limit\. At most (9\d|100)/ })).toBeVisible();
  await expect(page.getByRole("img", { name: /^Goroutines\. At most [34]\d,\d{3}/ })).toBeVisible();
  await expect(memory.locator(".lim")).toHaveAttribute("d", /^M/);
  expect(await memory.locator(".band").count()).toBeGreaterThan(5);
  expect(await memory.locator(".tie").count(), "bands are tied to the restarts they explain").toBeGreaterThan(5);
  const lane = page.getByRole("group", { name: /^Events: \d+ OOM kill, \d+ restart/ });
  expect(await lane.getByRole("link").count()).toBeGreaterThan(10);
  await expect(page.getByText(/restarts came within 15.s of memory reaching its limit; by chance/)).toBeVisible();
  await expect(page.getByText(/^Coverage of this range/)).toBeVisible();
});

test("every restart tells its cause, how sure that is, and the evidence", async ({ page, addressOf }) => {
  await openLive(page, `${await addressOf("checkout")}?range=9h`);
  const rows = page.getByRole("table").getByRole("row").filter({ hasText: "Out of memory" });
  expect(await rows.count()).toBeGreaterThan(5);
  const row = rows.first();
  await expect(row).toContainText("confirmed");
  await expect(row).toContainText("137");
  const evidence = row.getByRole("listitem").first();
  await expect(evidence).toBeHidden();
  await row.locator("summary").click();
  await expect(evidence).toBeVisible();
  await expect(evidence).toContainText("for");
});

test("a restart's marker leads to its row", async ({ page, addressOf }) => {
  await openLive(page, `${await addressOf("checkout")}?range=9h`);
  const marker = page.locator(".lane a:visible").filter({ has: page.locator("title") }).last();
  const target = await marker.getAttribute("href");
  expect(target).toMatch(/^#r/);
  await marker.focus();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(new RegExp(`${target}$`));
  await expect(page.locator(`[id="${target?.slice(1)}"]`)).toBeInViewport();
});

test("the crosshair follows pointer and keys, and every chart reads it off", async ({ page, addressOf }) => {
  await openLive(page, `${await addressOf("checkout")}?range=9h`);
  const read = stack(page).locator(".read").first();
  await stack(page).evaluate((charts) => charts.scrollIntoView());
  const box = await stack(page).boundingBox();
  if (!box) throw new Error("no charts");
  await page.mouse.move(box.x + box.width * 0.4, box.y + 120);
  await expect(crosshair(page)).toBeVisible();
  await expect(read).toContainText(/\d\d:\d\d:\d\d.*MiB/);
  const there = await read.innerText();
  await page.mouse.move(box.x + box.width * 0.6, box.y + 120, { steps: 3 });
  await expect(read).not.toHaveText(there);

  await page.mouse.move(2, 2);
  await expect(crosshair(page)).toHaveCount(0);
  await stack(page).focus();
  await page.keyboard.press("ArrowRight");
  await expect(crosshair(page)).toBeVisible();
  const told = stack(page).locator("[aria-live]");
  const first = await told.innerText();
  await page.keyboard.press("r");
  await expect(told).not.toHaveText(first);
  await page.keyboard.press("Escape");
  await expect(crosshair(page)).toHaveCount(0);
});

test("dragging over a chart zooms in, and the back button returns", async ({ page, addressOf }) => {
  const address = `${await addressOf("checkout")}?range=9h`;
  await openLive(page, address);
  const memory = page.getByRole("img", { name: /^Memory\./ });
  const before = await memory.getAttribute("aria-label");
  await drag(page, memory, 0.3, 0.6);
  await expect(page).toHaveURL(/from=.*&to=/);
  expect(rangeOf(page) / 3_600_000).toBeCloseTo(2.7, 0);
  await expect(memory).not.toHaveAttribute("aria-label", before ?? "");

  await page.goBack();
  await expect(page).toHaveURL(new RegExp("range=9h$"));
  await expect(page.getByRole("navigation", { name: "Time range" }).locator("[aria-current]")).toHaveText(/9.h/);
});

test("the range can be named, shifted, and drawn in the long strip", async ({ page, addressOf }) => {
  await openLive(page, await addressOf("checkout"));
  const ranges = page.getByRole("navigation", { name: "Time range" });
  await expect(ranges.locator("[aria-current]")).toHaveText(/24.h/);
  await ranges.getByRole("link", { name: /^1.h$/ }).click();
  await expect(page).toHaveURL(/range=1h$/);
  await expect(ranges.locator("[aria-current]")).toHaveText(/^1.h$/);

  await page.getByRole("link", { name: "← Earlier" }).click();
  await expect(page).toHaveURL(/from=.*&to=/);
  expect(rangeOf(page)).toBe(3_600_000);
  await expect(ranges.locator("[aria-current]"), "an hour of the past has no name").toHaveCount(0);

  await drag(page, page.getByRole("img", { name: /^Memory over a longer time/ }), 0.2, 0.4);
  await expect.poll(() => rangeOf(page) / 3_600_000).toBeGreaterThan(2);
});

test("a deploy is marked with its version", async ({ page, addressOf }) => {
  await openLive(page, `${await addressOf("checkout")}?range=24h`);
  await expect(page.getByRole("group", { name: /^Events:.* 1 deploy/ })).toBeVisible();
  await expect(page.locator(".lane").getByText(/2\.14\.1/).first()).toBeVisible();
  await expect(page.getByRole("row").filter({ hasText: "Deployed" })).toContainText("2.14.0 → 2.14.1");
});
