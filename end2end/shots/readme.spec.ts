import { statSync } from "node:fs";
import { expect, openLive, test } from "../tests/fixtures";

const docs = new URL("../../docs/", import.meta.url).pathname;
/** What a picture may weigh: it is part of every clone. */
const MOST_BYTES = 400_000;

test("the pictures of the README", async ({ page, addressOf }) => {
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  const pages = { overview: "/", workload: `${await addressOf("checkout")}?range=9h` };
  for (const [name, address] of Object.entries(pages)) {
    await openLive(page, address);
    const path = `${docs}${name}.png`;
    await page.screenshot({ path, animations: "disabled" });
    expect(statSync(path).size).toBeLessThan(MOST_BYTES);
  }
});
