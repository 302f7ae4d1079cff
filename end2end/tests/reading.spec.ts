// Every page, in every light and on the smallest phone.

import AxeBuilder from "@axe-core/playwright";
import { expect, openSettled, test } from "./fixtures";

// They are independent and many; and a trace of axe at work tells nothing, while it doubles its time.
test.describe.configure({ mode: "parallel" });
test.use({ trace: "off" });

/** The id of the newest of its kind, of the workload whose page has the address. */
async function newest(what: "incidents" | "restarts", workload: string): Promise<string> {
  const query = `workload=${workload.split("/").pop()}&limit=1`;
  const found = await fetch(`${process.env.E2E_URL}/api/v1/${what}?${query}`);
  return (await found.json()).data[0].id;
}

const pages: [string, (addressOf: (name: string) => Promise<string>) => Promise<string>][] = [
  ["the overview", async () => "/"],
  ["a workload", async (addressOf) => `${await addressOf("checkout")}?range=9h`],
  ["runs", async (addressOf) => `${await addressOf("checkout")}/runs`],
  ["deploys", async (addressOf) => `${await addressOf("ledger-worker")}/deploys`],
  ["the sources", async () => "/sources"],
  ["the incidents", async () => "/incidents?state=all"],
  ["an incident", async (addressOf) => `/incidents/${await newest("incidents", await addressOf("checkout"))}`],
  ["a restart", async (addressOf) => `/restarts/${await newest("restarts", await addressOf("checkout"))}`],
  ["logs that were searched", async () => "/logs?q=unwrap+panicked"],
  ["the logs", async () => "/logs"],
  ["the alerts", async () => "/alerts"],
  ["the rules", async () => "/alerts/rules"],
  ["a new rule", async () => "/alerts/rules/new"],
  ["the silences", async () => "/alerts/silences"],
  ["a new channel", async () => "/alerts/channels?kind=email"],
  ["the settings", async () => "/settings"],
];

for (const [name, find] of pages) {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`axe finds nothing serious on ${name}, ${colorScheme}`, async ({ page, addressOf }) => {
      // It looks at every element; on a busy machine that takes long.
      test.slow();
      await page.emulateMedia({ colorScheme });
      await openSettled(page, await find(addressOf));
      const axe = new AxeBuilder({ page });
      // In the dark only colours are others.
      if (colorScheme === "dark") axe.withRules("color-contrast");
      const { violations } = await axe.analyze();
      const serious = violations
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .map(({ id, help, nodes }) => ({ id, help, where: nodes.slice(0, 5).map((node) => node.target.join(" ")) }));
      expect(serious).toEqual([]);
    });
  }

  test(`${name} fits a phone of 360 px`, async ({ page, addressOf }) => {
    await page.setViewportSize({ width: 360, height: 740 });
    await openSettled(page, await find(addressOf));
    const sticksOut = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(sticksOut).toBeLessThanOrEqual(0);
  });
}

test("dark follows the system, and the button's choice is remembered", async ({ page }) => {
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.emulateMedia({ colorScheme: "light" });
  await openSettled(page, "/");
  const light = await background();
  await page.emulateMedia({ colorScheme: "dark" });
  expect(await background()).not.toBe(light);

  await page.getByRole("button", { name: "Theme: as the system. Switch to light" }).click();
  expect(await background()).toBe(light);
  await page.reload();
  expect(await background()).toBe(light);
});
