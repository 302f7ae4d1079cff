// The `test` of every spec: a page that logs an error or throws fails the test, whatever the test looked at.

import { test as base } from "@playwright/test";

export { expect } from "@playwright/test";

export const test = base.extend<{ noConsoleErrors: void }>({
  noConsoleErrors: [
    async ({ page }, use) => {
      const errors: string[] = [];
      page.on("console", (message) => {
        if (message.type() === "error") errors.push(`${message.text()} (${message.location().url})`);
      });
      page.on("pageerror", (error) => errors.push(error.stack ?? error.message));
      await use();
      base.expect(errors, "the page logged errors").toEqual([]);
    },
    { auto: true },
  ],
});
