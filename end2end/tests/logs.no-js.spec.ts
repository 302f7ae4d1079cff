// Logs are searched without a script: begun at a panic, found, narrowed, paged, taken away, and nothing found.

import { expect, test } from "./fixtures";

// A search without a word is refused, which the browser logs.
test.use({ meant: [/status of 400/] });

test("without a script a panic is found in the logs of runs that ended", async ({ page, request }) => {
  test.slow();
  await page.goto("/logs");
  await expect(page.getByRole("link", { name: "Logs" })).toHaveAttribute("aria-current", "page");
  // The demo's past has them.
  const panics = page.getByRole("table", { name: "Panics" }).getByRole("row");
  await expect(panics.nth(1)).toBeVisible();

  const words = page.getByRole("searchbox", { name: "Words" });
  await words.fill('"called option" unwrap');
  await page.getByLabel("Ended because").selectOption("crash");
  await page.getByRole("button", { name: "Search" }).click();
  await expect(page).toHaveURL(/\/logs\?q=.*&cause=crash/);
  await expect(words).toHaveValue('"called option" unwrap');
  await expect(page.getByLabel("Ended because")).toHaveValue("crash");

  const first = page.getByRole("region", { name: "Found" }).getByRole("article").first();
  await expect(first.getByText("Crash")).toBeVisible();
  const marked = first.locator("mark");
  await expect(marked.filter({ hasText: "unwrap" }).first()).toBeVisible();
  // Lines around it are there too, each with its time.
  expect(await first.locator(".log div").count()).toBeGreaterThan(1);

  const log = await first.getByRole("link", { name: "Download" }).getAttribute("href");
  const text = await (await request.get(log!)).text();
  expect(text).toContain("Option::unwrap()");
  await first.getByRole("heading").getByRole("link").click();
  await expect(page).toHaveURL(/\/restarts\/\d+$/);
  await expect(page.getByRole("region", { name: "Log" })).toContainText("Option::unwrap()");
});

test("without a script results are paged, and what is not there is said", async ({ page }) => {
  test.slow();
  await page.goto("/logs?q=served");
  const found = page.getByRole("region", { name: "Found" });
  const links = found.getByRole("heading", { level: 3 }).getByRole("link");
  await expect(links).toHaveCount(20);
  const newest = await links.first().getAttribute("href");
  await found.getByRole("link", { name: "Older logs" }).click();
  await expect(page).toHaveURL(/cursor=/);
  expect(await links.first().getAttribute("href")).not.toBe(newest);
  await found.getByRole("link", { name: "Newest logs" }).click();
  await expect(links.first()).toBeVisible();

  await page.goto("/logs?q=xyzzy-nowhere&within=1h");
  await expect(page.getByRole("heading", { name: "No log has that" })).toBeVisible();
  await page.getByRole("link", { name: "Look in all logs" }).click();
  await expect(page).toHaveURL(/\/logs\?q=xyzzy-nowhere$/);

  await page.goto("/logs?q=-panic");
  await expect(page.getByRole("alert")).toContainText("at least one word");
  await expect(page.getByRole("searchbox", { name: "Words" })).toHaveValue("-panic");
});
