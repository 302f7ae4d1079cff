import type { Page } from "@playwright/test";
import { expect, fleetRow, openLive, test } from "./fixtures";

const workloads = (page: Page) => page.locator(".fleet .wl");

test("the overview says whose data it shows, what restarts, and how it knows", async ({ page }) => {
  await openLive(page, "/");
  await expect(page.getByText("Demo data")).toBeVisible();
  await expect(page.getByRole("heading", { level: 1 })).toContainText("restarting");
  await expect(page.getByText("of 2 sources healthy")).toBeVisible();
  expect(await workloads(page).count()).toBeGreaterThanOrEqual(14);

  const checkout = fleetRow(page, "checkout");
  await expect(checkout).toContainText("goroutines");
  await expect(checkout).toContainText("512");
  await expect(checkout).toContainText("Out of memory");
  await expect(checkout).toContainText("confirmed");
  await expect(checkout.getByRole("img", { name: /^Memory of the last 24 h, \d+ restarts$/ })).toBeVisible();
  expect(Number(await checkout.locator(".c-r24").innerText().then((text) => text.match(/\d+/)?.[0]))).toBeGreaterThan(10);

  await expect(fleetRow(page, "mail-relay"), "no limit is no percentage").toContainText("no limit set");
});

test("typing filters at once, and a reload keeps the filter", async ({ page }) => {
  await openLive(page, "/");
  await page.keyboard.press("/");
  const search = page.getByRole("searchbox", { name: "Search workloads" });
  await expect(search).toBeFocused();
  await search.pressSequentially("check");
  await expect(workloads(page)).toHaveText(["checkout"]);
  await expect(page).toHaveURL(/\/\?q=check$/);

  await page.reload();
  await expect(search).toHaveValue("check");
  await expect(workloads(page)).toHaveText(["checkout"]);
});

test("chips narrow by cause and by source, and can be cleared", async ({ page }) => {
  await openLive(page, "/");
  const chip = (name: RegExp) => page.getByRole("search").getByRole("link", { name });
  await chip(/^Memory/).click();
  await expect(page).toHaveURL(/cause=memory/);
  await expect(chip(/^Memory/)).toHaveAttribute("aria-current", "true");
  await expect(fleetRow(page, "checkout")).toBeVisible();
  await expect(fleetRow(page, "billing-webhook")).toHaveCount(0);

  await chip(/^prod-eu/).click();
  await expect(page).toHaveURL(/cause=memory&source=prod-eu/);
  await expect(fleetRow(page, "checkout"), "runs on edge-01").toHaveCount(0);

  await page.goto("/?q=nosuchthing");
  await expect(page.getByRole("heading", { name: "No workload matches" })).toBeVisible();
  await page.getByRole("link", { name: "Clear filters" }).click();
  await expect(fleetRow(page, "checkout")).toBeVisible();
});

test("rows can be put in order", async ({ page }) => {
  await openLive(page, "/");
  await page.getByRole("combobox", { name: "Sort by" }).selectOption({ label: "Sort: name" });
  await expect(page).toHaveURL(/sort=name/);
  await expect(workloads(page).first()).toHaveText("api-gateway");
  const names = await workloads(page).allInnerTexts();
  expect(names).toEqual([...names].sort());
});

test("the keyboard alone leads to a workload and back", async ({ page }) => {
  await openLive(page, "/?q=checkout");
  await page.keyboard.press("j");
  await expect(page.getByRole("link", { name: "checkout", exact: true })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: "checkout" })).toBeVisible();
  await expect(page.getByRole("img", { name: /^Memory\. Working set between/ })).toBeVisible();
  await page.goBack();
  await expect(workloads(page)).toHaveText(["checkout"]);
});
