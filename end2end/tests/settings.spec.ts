import { expect, openLive, test } from "./fixtures";

test("the settings tell what is stored, what it takes and where that leads", async ({ page, request }) => {
  await openLive(page, "/");
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Settings" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Settings" })).toBeVisible();
  await expect(page.getByRole("link", { name: "Settings" })).toHaveAttribute("aria-current", "page");
  await expect(page.getByRole("definition").filter({ hasText: /^\d+(\.\d+)?.B$/ })).toBeVisible();
  await expect(page.getByText(/^It (grows to|stays at) about .*iB|^The disk is full in about/)).toBeVisible();

  const tiers = page.getByRole("table", { name: "What is stored" });
  for (const [tier, kept] of [
    ["Samples", /30.d/],
    ["Rollups of 5.min", /400.d/],
    ["Rollups of 1.h", /800.d/],
    ["Restarts", /for ever/],
    ["Incidents", /for ever/],
    ["Events", /90.d/],
  ] as const) {
    const row = tiers.getByRole("row").filter({ has: page.getByRole("rowheader", { name: new RegExp(`^${tier}`) }) });
    await expect(row).toContainText(kept);
    await expect(row).toContainText(/\d.[KMG]iB/);
  }
  const stored = await (await request.get("/api/v1/storage")).json();
  const sum = stored.tiers.reduce((sum: number, tier: { bytes: number }) => sum + tier.bytes, 0);
  expect(sum, "every table belongs to one tier").toBe(stored.total_bytes);
});

test("a workload is found by its project or its name, and leads to its page", async ({ page }) => {
  await page.goto("/settings");
  const sizes = page.getByRole("table", { name: "Samples by workload" });
  expect(await sizes.getByRole("row").count()).toBeGreaterThan(5);
  const search = page.getByRole("searchbox", { name: "Search workloads" });
  await search.fill("payments");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/settings\?q=payments/);
  await expect(search).toHaveValue("payments");
  await expect(sizes.getByRole("rowheader")).toHaveCount(2);
  for (const name of ["billing-webhook", "ledger-worker"]) {
    await expect(sizes.getByRole("link", { name, exact: true }), "is of that project").toBeVisible();
  }
  await search.fill("Billing");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/settings\?q=Billing/);
  await expect(sizes.getByRole("rowheader")).toHaveText([/billing-webhook/]);
  await sizes.getByRole("link", { name: "billing-webhook" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "billing-webhook" })).toBeVisible();
  await expect(page.getByRole("status")).toHaveText("Live");
});

test("a document runs nothing, and the theme and the way back work", async ({ page }) => {
  const scripts: string[] = [];
  page.on("request", (request) => {
    if (["script", "fetch", "eventsource"].includes(request.resourceType())) scripts.push(request.url());
  });
  const answer = await page.goto("/settings");
  const policy = answer?.headers()["content-security-policy"];
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain("script-src");
  expect(await page.locator("script").count()).toBe(0);
  await page.getByRole("button", { name: /^Theme: as the system/ }).click();
  await expect(page).toHaveURL(/\/settings\??$/);
  await expect(page.locator("html")).toHaveAttribute("data-theme", "light");
  expect(scripts).toEqual([]);

  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to content" })).toBeFocused();
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Sources" }).click();
  await expect(page.getByRole("status")).toHaveText("Live");
  await page.goBack();
  await expect(page.getByRole("heading", { level: 1, name: "Settings" })).toBeVisible();
});
