// A threshold is set, previewed on the past, saved and taken away, and a workload is silenced, all without a script.

import { expect, test } from "./fixtures";

// What cannot be taken is answered with 422, which the browser logs.
test.use({ meant: [/status of 422/] });

test("without a script a rule is written, mended, previewed and saved", async ({ page, request }) => {
  const name = `Over seventy, ${Date.now()}`;
  await page.goto("/alerts/rules");
  await page.getByRole("link", { name: "New rule" }).click();
  await page.getByRole("textbox", { name: "Name", exact: true }).fill(name);
  await page.getByRole("textbox", { name: "is at least" }).fill("900%");
  await page.getByRole("textbox", { name: "For", exact: true }).fill("10y");
  await page.getByRole("button", { name: "Save rule" }).click();

  // What was typed is still there, and each mistake stands beside its field.
  await expect(page.getByRole("textbox", { name: "Name", exact: true })).toHaveValue(name);
  await expect(page.getByRole("main")).toContainText("`900%` is out of range");
  await expect(page.getByRole("main")).toContainText("`10y` is no length of time");

  await page.getByRole("textbox", { name: "is at least" }).fill("70%");
  await page.getByRole("textbox", { name: "For", exact: true }).fill("1m");
  await page.getByRole("textbox", { name: "Workloads" }).fill("checkout");
  await page.getByRole("button", { name: "Preview" }).click();
  await expect(page.getByRole("main")).toContainText(/fired \d+ times/);
  await expect(page.getByRole("main").locator("svg.plot path.ln").first()).toHaveAttribute("d", /^M/);

  await page.getByRole("button", { name: "Save rule" }).click();
  await expect(page.getByRole("main")).toContainText(name);
  const rules: { id: string; fields: { name: string } }[] = (await (await request.get("/api/v1/alert-rules")).json()).data;
  const saved = rules.filter((rule) => rule.fields.name === name);
  expect(saved).toHaveLength(1);
  await request.delete(`/api/v1/alert-rules/${saved[0].id}`);
  await page.goto("/alerts/rules");
  await expect(page.getByRole("main")).not.toContainText(name);
});

test("what cannot be taken comes back to its form, without what is secret", async ({ page }) => {
  await page.goto("/alerts/channels?kind=webhook");
  await page.getByRole("textbox", { name: "Name", exact: true }).fill("Ours");
  await page.getByLabel("URL").fill("ftp://example.com/secret-path");
  await page.getByRole("button", { name: "Add channel" }).click();
  await expect(page.getByRole("main")).toContainText("Nothing was saved.");
  await expect(page.locator("#w-url")).toContainText("neither http nor https");
  await expect(page.getByRole("textbox", { name: "Name", exact: true })).toHaveValue("Ours");
  await expect(page.getByLabel("URL")).toHaveValue("");

  await page.goto("/alerts/silences");
  await page.getByRole("textbox", { name: "For", exact: true }).fill("soon");
  await page.getByRole("button", { name: "Be silent" }).click();
  await expect(page.locator("#w-reason")).toContainText("is missing");
  await expect(page.locator("#w-for")).toContainText("`soon` is no length of time");
  await expect(page.getByRole("textbox", { name: "For", exact: true })).toHaveValue("soon");
});

test("alerts, silences and channels say what they are for", async ({ page }) => {
  await page.goto("/alerts");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Alerts");
  await page.getByRole("link", { name: "Silences", exact: true }).click();
  await expect(page).toHaveURL(/\/alerts\/silences$/);
  await page.getByRole("link", { name: "Channels", exact: true }).click();
  for (const kind of ["Slack", "E-mail", "Webhook"]) {
    await page.getByRole("link", { name: kind, exact: true }).click();
    await expect(page.getByRole("button", { name: "Add channel" })).toBeVisible();
  }
});
