import { expect, test } from "./fixtures";

test("the first page is hydrated without an error", async ({ page }) => {
  const program = page.waitForResponse(/\/pkg\/inquest\.wasm$/);
  await page.goto("/");
  await expect(page).toHaveTitle(/Inquest/);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  expect((await program).ok()).toBe(true);
});
