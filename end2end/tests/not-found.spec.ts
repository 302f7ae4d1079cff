import { expect, test } from "./fixtures";

// The browser itself logs a page that comes with an error.
test.use({ meant: [/status of 404/] });

for (const address of ["/workloads/999999", "/workloads/nonsense", "/nowhere"]) {
  test(`${address} is not found, and says so to people and programs`, async ({ page }) => {
    const answer = await page.goto(address);
    expect(answer?.status()).toBe(404);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText(/no such workload|no page at this address/);
    await page.getByRole("link", { name: "All workloads" }).click();
    await expect(page.getByRole("table", { name: "Workloads" })).toBeVisible();
  });
}
