// An incident is seen through without a script: found, read, written about and acknowledged.

import { type Page } from "@playwright/test";
import { expect, test } from "./fixtures";
import { provoke } from "./simulator";

/** Makes a container end for a reason that nobody knows, and opens the page of the incident that this is. */
async function openIncident(page: Page, workload: string): Promise<void> {
  await expect(async () => {
    await page.goto("/incidents");
    const row = page.getByRole("row").filter({ has: page.getByRole("link", { name: workload, exact: true }) });
    await row.filter({ hasText: "Open" }).first().getByRole("link").click({ timeout: 2_000 });
  }).toPass({ timeout: 25_000 });
  await expect(page.getByRole("heading", { level: 1 })).toContainText(workload);
}

// A note that says nothing is refused, which the browser logs.
test.use({ meant: [/status of 422/] });

test("without a script an incident is found, read, written about and acknowledged", async ({ page, request }) => {
  test.slow();
  // What an earlier round left is over, so that the next end opens another.
  const going = await (await request.get("/api/v1/incidents?state=open,acknowledged&limit=1000")).json();
  for (const left of going.data.filter((row: { workload_name: string }) => row.workload_name === "mail-relay")) {
    await request.post(`/api/v1/incidents/${left.id}/resolve`, { data: {} });
  }
  await provoke(request, "edge-01", "mail-relay", { kind: "sigkill" });
  await openIncident(page, "mail-relay");
  await expect(page.getByRole("heading", { level: 2, name: /Killed/ })).toBeVisible();
  await expect(page.getByRole("img", { name: /^Memory, at most/ }).locator("path.ln")).toHaveAttribute("d", /^M/);
  await expect(page.getByRole("table").filter({ hasText: "SIGKILL" })).toBeVisible();

  // A note that says nothing comes back with the name that was typed.
  const note = page.getByRole("textbox", { name: "Add a note" });
  await page.getByRole("textbox", { name: "Your name" }).fill("ana");
  await page.getByRole("button", { name: "Save note" }).click();
  await expect(page.getByRole("alert")).toContainText("a note says something");
  await expect(page.getByRole("textbox", { name: "Your name" })).toHaveValue("ana");

  const said = `kill -9 by the test, ${Date.now()}`;
  await note.fill(said);
  await page.getByRole("button", { name: "Save note" }).click();
  await expect(page).toHaveURL(/\/incidents\/\d+#notes$/);
  await expect(page.getByRole("region", { name: "Notes" })).toContainText(`ana`);
  await expect(page.getByRole("region", { name: "Notes" })).toContainText(said);

  await page.getByRole("button", { name: "Acknowledge" }).first().click();
  await expect(page.getByRole("main")).toContainText("Acknowledged");
  await page.getByRole("textbox", { name: "Owner" }).fill("mail team");
  await page.getByRole("button", { name: "Set owner" }).click();
  await expect(page.getByRole("main")).toContainText("owner: mail team");

  const id = new URL(page.url()).pathname.split("/").pop();
  const exported = await request.get(`/incidents/${id}/export.md`);
  expect(await exported.text()).toContain(said);
  const told = await (await request.get(`/api/v1/incidents/${id}`)).json();
  expect(told.state).toBe("acknowledged");
  expect(told.entries.map((entry: { kind: string }) => entry.kind)).toEqual(["note", "acknowledged", "owner"]);
});

test("without a script the list is filtered by links", async ({ page }) => {
  await page.goto("/incidents");
  await page.getByRole("navigation", { name: "Filter" }).getByRole("link", { name: "Resolved" }).click();
  await expect(page).toHaveURL(/\/incidents\?state=resolved$/);
  const rows = page.getByRole("table", { name: "Incidents" }).getByRole("row");
  await expect(rows.nth(1)).toContainText("Resolved");
  await rows.nth(1).getByRole("link").click();
  await expect(page.getByRole("button", { name: "Reopen" })).toBeVisible();
});
