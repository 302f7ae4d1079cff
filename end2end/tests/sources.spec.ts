import { expect, openLive, test } from "./fixtures";

test("the sources tell what they are, how they do, and how to add one", async ({ page }) => {
  await openLive(page, "/");
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Sources" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Sources" })).toBeVisible();
  await expect(page.getByText("2 of 2 sources answer.")).toBeVisible();
  for (const name of ["edge-01", "prod-eu"]) {
    const source = page.getByRole("listitem").filter({ has: page.getByRole("heading", { name }) });
    await expect(source).toContainText("Healthy");
    await expect(source).toContainText(/\d+ containers, \d+ running/);
    await expect(source).toContainText(/every 10.s/);
    await expect(source).toContainText(/\d %|\d.%/);
  }
  await expect(page.getByText('endpoint = "unix:///var/run/docker.sock"')).toBeVisible();
});
