import { expect, fleetRow, openLive, test } from "./fixtures";
import { provoke } from "./simulator";

test("a restart appears on the overview and on its page without a reload", async ({ page, context, request, addressOf }) => {
  await openLive(page, "/");
  const row = fleetRow(page, "auth");
  await expect(row.locator(".c-r10")).toContainText(/^0/);

  const detail = await context.newPage();
  await openLive(detail, `${await addressOf("auth")}?range=1h`);
  await expect(detail.getByText("No run ended in this range")).toBeVisible();

  await provoke(request, "prod-eu", "platform-auth-1", { kind: "sigkill" });
  // The engine tells at once; the page gathers changes for a second.
  await expect(detail.getByRole("row").filter({ hasText: "Killed" })).toBeVisible({ timeout: 15_000 });
  await expect(detail.getByRole("group", { name: /^Events:.*1 restart/ })).toBeVisible();
  await page.bringToFront();
  await expect(row.locator(".c-r10")).toContainText(/^1/, { timeout: 15_000 });
  await expect(row).toContainText("Killed");
});

test("numbers move with every poll", async ({ page }) => {
  await openLive(page, "/");
  const read = () => page.locator(".fleet").innerText();
  const before = await read();
  // Engines are polled every 10 s.
  await expect.poll(read, { timeout: 25_000 }).not.toBe(before);
});
