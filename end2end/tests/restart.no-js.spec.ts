// A restart and its incident are seen through without a script: verdict, evidence, panic and log.

import { type APIRequestContext } from "@playwright/test";
import { expect, test } from "./fixtures";
import { provoke } from "./simulator";

interface Panic {
  kind: string;
  last_restart: string;
}

/** Makes the demo's webhook panic, unless a panic was seen already, and waits until its log is read. */
async function lastPanic(request: APIRequestContext): Promise<Panic> {
  const newest = async (): Promise<Panic | undefined> =>
    (await (await request.get("/api/v1/panics?limit=1")).json()).data[0];
  let found = await newest();
  if (found) return found;
  await provoke(request, "prod-eu", "payments-billing-webhook-1", { kind: "exit", code: 101, log: "rust_panic" });
  await expect(async () => {
    found = await newest();
    expect(found).toBeDefined();
  }).toPass({ timeout: 25_000 });
  return found!;
}

test("without a script a restart shows verdict, evidence, panic and log", async ({ page, request }) => {
  test.slow();
  const panic = await lastPanic(request);
  const restart = await (await request.get(`/api/v1/restarts/${panic.last_restart}`)).json();
  await page.goto(`/restarts/${restart.id}`);
  await expect(page.getByRole("heading", { level: 1 })).toContainText(restart.workload_name);
  await expect(page.getByRole("region", { name: "Verdict" })).toContainText("Crash");
  const weighed = page.getByRole("region", { name: "Evidence" });
  for (const item of restart.evidence) await expect(weighed).toContainText(item.text);
  await expect(page.getByRole("region", { name: "What it said" })).toContainText(panic.kind);
  await expect(page.getByRole("region", { name: "Log" }).locator(".hit").first()).toBeVisible();
});

test("without a script an incident has the panic and the log of its restart", async ({ page, request }) => {
  test.slow();
  const panic = await lastPanic(request);
  const restart = await (await request.get(`/api/v1/restarts/${panic.last_restart}`)).json();
  const incidents = await (await request.get(`/api/v1/incidents?workload=${restart.workload}&cause=crash`)).json();
  const [incident] = incidents.data;
  await page.goto(`/incidents/${incident.id}`);
  await expect(page.getByRole("region", { name: "What it said" })).toContainText(panic.kind);
  await expect(page.getByRole("region", { name: "Log, in brief" }).locator(".hit").first()).toBeVisible();
  const text = await (await request.get(`/incidents/${incident.id}/export.md`)).text();
  expect(text).toMatch(/## What it said[^]*```text/);
  expect(text).toContain(panic.kind);
  const file = await (await request.get(`/incidents/${incident.id}/export.html`)).text();
  expect(file).toContain("The last it wrote");
});
