import { expect, test } from "./fixtures";

test("the first page is readable without JavaScript", async ({ page }) => {
  await page.goto("/");
  await expect(page).toHaveTitle(/Inquest/);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
});
