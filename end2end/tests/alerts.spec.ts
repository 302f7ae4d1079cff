// The life of a threshold in the browser: dragged, previewed, saved, fired, silenced, over. And what keeps the pages about alerts live.

import type { Locator, Page, TestInfo } from "@playwright/test";
import { expect, openLive, test } from "./fixtures";

/** Rules are looked at every ten seconds, and the page gathers changes for one. */
const TICK = { timeout: 40_000 };

const field = (page: Page, name: string) => page.getByRole("textbox", { name, exact: true });
const threshold = (page: Page) => page.getByRole("slider", { name: "Threshold", exact: true });
const claim = (page: Page) => page.locator("#claim");

/** Drags the line to a number of the plot's unit. */
async function dragTo(page: Page, slider: Locator, number: number): Promise<void> {
  await slider.scrollIntoViewIfNeeded();
  const box = await slider.boundingBox();
  const { top, height } = await page.locator("figure.drags").evaluate(({ dataset }: HTMLElement) => dataset);
  const now = Number(await slider.getAttribute("aria-valuenow"));
  if (!box || !top || !height) throw new Error("nothing to drag");
  const down = ((now - number) / Number(top)) * Number(height);
  const [x, y] = [box.x + box.width / 3, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x, y + down / 2, { steps: 4 });
  await page.mouse.move(x, y + down, { steps: 4 });
  await page.mouse.up();
}

/** The page in light and in dark, for people to look at. */
async function show(page: Page, info: TestInfo, name: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    const body = await page.screenshot({ fullPage: true, animations: "disabled" });
    await info.attach(`${name}, ${colorScheme}`, { body, contentType: "image/png" });
  }
}

test("a threshold is dragged, previewed and saved; its alert fires, is silenced and ends", async ({ page, request }, info) => {
  test.setTimeout(240_000);
  const name = `Dragged ${Date.now()}`;
  const found = await (await request.get("/api/v1/workloads", { params: { search: "postgres" } })).json();
  const used = Math.round(found.data[0].memory.ratio * 100);

  await page.goto("/alerts/rules/new");
  await field(page, "Name").fill(name);
  await field(page, "Workloads").fill("postgres");
  await field(page, "For").fill("");
  await field(page, "For").press("Tab");
  await expect(page.locator("#preview")).toContainText("1 workload in scope");
  await expect(claim(page)).toHaveText("In the last 30 days this would not have fired");

  // By pointer: the field follows, the preview follows the field, and nothing that was typed is lost.
  await dragTo(page, threshold(page), used - 10);
  await expect(claim(page)).toHaveText(/^In the last 30 days this would have fired (once|\d+ times) on 1 workload$/);
  const set = Number(await threshold(page).getAttribute("aria-valuenow"));
  expect(Math.abs(set - (used - 10))).toBeLessThanOrEqual(1);
  await expect(field(page, "is at least")).toHaveValue(`${set}%`);
  await expect(field(page, "Name")).toHaveValue(name);
  await expect(page).toHaveURL(new RegExp(`above=${set}%25`));
  await expect(page.getByRole("table", { name: "When it would have fired" })).toContainText("postgres");
  await show(page, info, "rule");

  // By keyboard: the line keeps the focus while the preview is made anew.
  await threshold(page).focus();
  const previewed = page.waitForResponse((answer) => answer.url().includes(`above=${set - 1}%25`));
  await page.keyboard.press("ArrowDown");
  await expect(threshold(page)).toHaveAttribute("aria-valuetext", `at least ${set - 1}%`);
  await previewed;
  await expect(page.locator("#preview")).not.toHaveAttribute("aria-busy");
  await expect(threshold(page)).toBeFocused();

  await page.getByRole("button", { name: "Save rule" }).click();
  await expect(page).toHaveURL(/\/alerts\/rules$/);
  await expect(page.getByRole("row", { name })).toContainText(`Memory ≥ ${set - 1}`);
  const rules = await (await request.get("/api/v1/alert-rules")).json();
  const rule = rules.data.find((one: { fields: { name: string } }) => one.fields.name === name);

  // It fires while one looks, and every page says so.
  await page.getByRole("navigation", { name: "Alerts" }).getByRole("link", { name: "Alerts" }).click();
  await expect(page.getByRole("status")).toHaveText("Live");
  const row = page.getByRole("table", { name: "Alerts now" }).getByRole("row", { name });
  await expect(row).toContainText("Firing", TICK);
  await expect(row).toContainText("postgres");
  await expect(page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: /^Alerts \d+ firing$/ })).toBeVisible();
  await expect(page).toHaveTitle(/^\(\d+\) Alerts · Inquest$/);
  await show(page, info, "alerts");

  // What is typed on a page that is kept up to date stays.
  await row.getByRole("link", { name: "Silence" }).click();
  await expect(page.getByRole("status")).toHaveText("Live");
  await field(page, "Why").fill("Known, and being looked at");
  const alerts = await (await request.get("/api/v1/alerts")).json();
  const alert = alerts.data.find((one: { rule_name: string }) => one.rule_name === name);
  const refreshed = page.waitForResponse((answer) => answer.url().includes("/alerts/silences?"));
  await request.post(`/api/v1/alerts/${alert.id}/acknowledge`, { data: { by: "ana" } });
  await refreshed;
  await expect(field(page, "Why")).toHaveValue("Known, and being looked at");
  await expect(field(page, "Why")).toBeFocused();
  await page.getByRole("button", { name: "Be silent" }).click();
  const silence = page.getByRole("table", { name: "Silences" }).getByRole("row").filter({ hasText: "Known, and being" });
  await expect(silence).toContainText("Holds now");
  await expect(silence).toContainText("until ");
  await show(page, info, "silences");
  await page.goto("/alerts");
  await expect(row).toContainText("Silenced", TICK);
  await expect(row).toContainText("ana took it");

  // Dragged above what is used, it is over; the page of the workload shows when it fired.
  await page.goto(`/alerts/rules/${rule.id}`);
  await threshold(page).focus();
  await page.keyboard.press("End");
  await expect(claim(page)).toHaveText("In the last 30 days this would not have fired");
  await page.getByRole("button", { name: "Save rule" }).click();
  await expect(page.getByText("As it is saved")).toBeVisible();
  await page.goto("/alerts");
  const over = page.getByRole("table", { name: "Over" }).getByRole("row", { name });
  await expect(over).toBeVisible(TICK);
  await openLive(page, `/workloads/${found.data[0].id}?range=1h`);
  const lane = page.getByRole("group", { name: /^Alerts: / });
  await expect(lane.getByRole("link", { name: new RegExp(`^${name}`) })).toHaveAttribute("href", `/alerts#alert-${alert.id}`);
  await show(page, info, "workload");

  await request.delete(`/api/v1/alert-rules/${rule.id}`);
  for (const { id, fields } of (await (await request.get("/api/v1/silences")).json()).data) {
    if (fields.reason.startsWith("Known, and being")) await request.delete(`/api/v1/silences/${id}`);
  }
});

test("a threshold that is dragged below the clear threshold pushes it along", async ({ page }) => {
  await page.goto("/alerts/rules/new?when=memory_ratio&above=90%25&clear=85%25");
  const clear = page.getByRole("slider", { name: "Clear threshold" });
  await expect(clear).toHaveAttribute("aria-valuetext", "clears below 85%");
  await dragTo(page, threshold(page), 60);
  await expect(page.locator("#preview")).not.toHaveAttribute("aria-busy");
  const set = Number(await threshold(page).getAttribute("aria-valuenow"));
  expect(Math.abs(set - 60)).toBeLessThanOrEqual(1);
  await expect(clear).toHaveAttribute("aria-valuenow", `${set - 1}`);
  await expect(field(page, "Clears beyond")).toHaveValue(`${set - 1}%`);
  await expect(claim(page)).toHaveText(/^In the last 30 days this would have fired \d+ times/);
  await clear.focus();
  await page.keyboard.press("PageUp");
  await expect(clear, "it stays on its side").toHaveAttribute("aria-valuenow", `${set - 1}`);
});

test("mistakes are said beside their fields while a rule is written, and nothing typed is lost", async ({ page }) => {
  await page.goto("/alerts/rules/new");
  await expect(threshold(page)).toBeVisible();
  await field(page, "Name").fill("Mistaken");
  await field(page, "is at least").fill("900%");
  await field(page, "is at least").press("Tab");
  const wrong = page.locator("#w-above");
  await expect(wrong).toContainText("`900%` is out of range");
  await expect(field(page, "is at least")).toHaveAttribute("aria-invalid", "true");
  await expect(field(page, "or at most"), "the focus is where it went").toBeFocused();
  await expect(claim(page)).toHaveText("No preview yet");
  await expect(field(page, "Name")).toHaveValue("Mistaken");
  await field(page, "is at least").fill("95%");
  await field(page, "is at least").press("Enter");
  await expect(wrong).toHaveCount(0);
  await expect(threshold(page)).toHaveAttribute("aria-valuetext", "at least 95%");
});

test("a page that brings a module allows nothing but files of ours", async ({ page }) => {
  const answer = await page.goto("/alerts/rules/new");
  const policy = answer?.headers()["content-security-policy"];
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self';");
  expect(policy).not.toContain("unsafe");
  expect(await page.locator("script:not([src])").count()).toBe(0);
});

test("pages that run in the browser count what fires as well", async ({ page, request }) => {
  const { data } = await (await request.get("/api/v1/alerts")).json();
  const firing = data.filter((one: { phase: string; suppressed: string | null }) => one.phase === "firing" && !one.suppressed);
  test.skip(firing.length === 0, "nothing fires in the demo now");
  await openLive(page, "/");
  await expect(page).toHaveTitle(/^\(\d+\) Overview · Inquest$/);
  await expect(page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: /^Alerts \d+ firing$/ })).toBeVisible();
});
