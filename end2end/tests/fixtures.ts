// The `test` of every spec: a page that logs an error or throws fails the test, whatever the test looked at.

import { test as base, expect, type Page } from "@playwright/test";

export { expect };

interface Fixtures {
  /** Errors that are meant to be logged. */
  meant: RegExp[];
  noConsoleErrors: void;
  /** The address of a workload's page, by the workload's name. */
  addressOf: (name: string) => Promise<string>;
}

export const test = base.extend<Fixtures>({
  meant: [[], { option: true }],

  noConsoleErrors: [
    async ({ page, meant }, use) => {
      const errors: string[] = [];
      const note = (error: string) => {
        if (!meant.some((pattern) => pattern.test(error))) errors.push(error);
      };
      page.on("console", (message) => {
        if (message.type() === "error") note(`${message.text()} (${message.location().url})`);
      });
      page.on("pageerror", (error) => note(error.stack ?? error.message));
      await use();
      expect(errors, "the page logged errors").toEqual([]);
    },
    { auto: true },
  ],

  addressOf: async ({ request }, use) => {
    await use(async (name) => {
      const found = await request.get("/api/v1/workloads", { params: { search: name } });
      const rows: { id: string; name: string }[] = (await found.json()).data;
      const row = rows.find((row) => row.name === name);
      if (!row) throw new Error(`the demo has no workload ${name}`);
      return `/workloads/${row.id}`;
    });
  },
});

/** Opens a page and waits until it is hydrated and its stream of changes has greeted it. */
export async function openLive(page: Page, address: string): Promise<void> {
  await page.goto(address);
  await expect(page.getByRole("status")).toHaveText("Live");
}

/** Opens a page of any kind: one that is live, or a document without a module for that, which says as of when it is. */
export async function openSettled(page: Page, address: string): Promise<void> {
  await page.goto(address);
  const isLive = (await page.locator("script[src='/modules/live.js'], script:not([src])").count()) > 0;
  await expect(page.getByRole("status")).toHaveText(isLive ? "Live" : "As of");
}

/** The row of a workload on the overview. */
export function fleetRow(page: Page, name: string) {
  return page.getByRole("row").filter({ has: page.getByRole("link", { name, exact: true }) });
}
