// What is made of runs: told on the workload's page, and on documents of their own.

import { expect, openSettled, test } from "./fixtures";

test("a workload's page leads to its runs, and back", async ({ page, addressOf }) => {
  const checkout = await addressOf("checkout");
  await openSettled(page, checkout);
  await expect(page.getByText(/restarts? came within 15\ss of memory reaching its limit; by chance/)).toBeVisible();
  await page.getByRole("link", { name: "Runs, aligned at start" }).click();
  await expect(page).toHaveURL(new RegExp(`${checkout}/runs$`));
  await expect(page.getByText(/^Runs die at /)).toBeVisible();
  await expect(page.getByRole("img", { name: /runs by age, \d+ of which died/ }).first()).toBeVisible();
  expect(await page.getByRole("row").count()).toBeGreaterThan(10);
  await page.getByRole("link", { name: "Timeline" }).click();
  await expect(page.getByRole("heading", { name: "Restarts in this range" })).toBeVisible();
});

test("a deploy that ended a leak is told as such", async ({ page, addressOf }) => {
  await openSettled(page, `${await addressOf("ledger-worker")}/deploys`);
  await expect(page.getByText(/^Fixed: [\d.]+ mean intervals without a restart/)).toBeVisible();
  await expect(page.getByRole("img", { name: /runs by age/ }).first()).toBeVisible();
});
