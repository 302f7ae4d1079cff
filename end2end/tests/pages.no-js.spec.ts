// Nothing here runs a script: what is seen is what the server sent.

import { expect, fleetRow, test } from "./fixtures";

test("without a script the overview is complete, and its form filters", async ({ page }) => {
  await page.goto("/");
  await expect(fleetRow(page, "checkout")).toContainText("Out of memory");
  await expect(fleetRow(page, "checkout").locator(".spark path.ln")).toHaveAttribute("d", /^M/);
  await page.getByRole("searchbox", { name: "Search workloads" }).fill("billing");
  await page.getByRole("combobox", { name: "Sort by" }).selectOption("name");
  await page.getByRole("button", { name: "Apply" }).click();
  await expect(page).toHaveURL(/q=billing.*sort=name/);
  await expect(page.locator(".fleet .wl")).toHaveText(["billing-webhook", "ledger-worker"]);
  await page.getByRole("link", { name: "billing-webhook", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1, name: "billing-webhook" })).toBeVisible();
});

test("without a script a workload's charts, ranges and evidence are there", async ({ page, addressOf }) => {
  await page.goto(await addressOf("checkout"));
  for (const chart of [/^Memory\. Working set/, /^Memory of limit\./, /^Goroutines\./]) {
    await expect(page.getByRole("img", { name: chart }).locator("path.ln")).toHaveAttribute("d", /^M.{1000}/s);
  }
  await page.getByRole("navigation", { name: "Time range" }).getByRole("link", { name: /^9.h$/ }).click();
  await expect(page).toHaveURL(/range=9h$/);
  await page.getByRole("link", { name: "← Earlier" }).click();
  await expect(page).toHaveURL(/from=.*&to=/);
  const row = page.getByRole("row").filter({ hasText: "Out of memory" }).first();
  await row.locator("summary").click();
  await expect(row.getByRole("listitem").first()).toBeVisible();
});

test("without a script exact times can be asked for", async ({ page, addressOf }) => {
  await page.goto(await addressOf("checkout"));
  await page.getByText("Exact times").click();
  const to = new Date(Date.now() - 3_600_000);
  const from = new Date(to.getTime() - 7_200_000);
  await page.getByRole("textbox", { name: "From" }).fill(from.toISOString());
  await page.getByRole("textbox", { name: "to" }).fill(to.toISOString());
  await page.getByRole("button", { name: "Show" }).click();
  await expect(page).toHaveURL(new RegExp(`from=${from.toISOString().slice(0, 13)}`));
  await expect(page.getByRole("img", { name: /^Memory\./ })).toBeVisible();
});

test("without a script the sources and the theme work", async ({ page }) => {
  await page.goto("/sources");
  await expect(page.getByText("2 of 2 sources answer.")).toBeVisible();
  await page.getByRole("button", { name: /^Theme: as the system/ }).click();
  await expect(page).toHaveURL(/\/sources\??$/);
  await expect(page.locator("html")).toHaveAttribute("data-theme", "light");
});

test("without a script the settings are the same page", async ({ page }) => {
  await page.goto("/settings?q=checkout");
  const sizes = page.getByRole("table", { name: "Samples by workload" });
  await expect(sizes.getByRole("link", { name: "checkout", exact: true })).toBeVisible();
  await page.getByRole("link", { name: "Clear" }).click();
  await expect(page).toHaveURL(/\/settings#workloads$/);
  expect(await sizes.getByRole("row").count()).toBeGreaterThan(5);
});
