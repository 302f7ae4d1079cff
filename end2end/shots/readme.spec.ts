import { statSync } from "node:fs";
import { expect, openLive, openSettled, test } from "../tests/fixtures";

const docs = new URL("../../docs/", import.meta.url).pathname;
/** What a picture may weigh: it is part of every clone. */
const MOST_BYTES = 400_000;

test("the pictures of the README", async ({ page, request, addressOf }) => {
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  const pages = { overview: "/", workload: `${await addressOf("checkout")}?range=9h` };
  for (const [name, address] of Object.entries(pages)) {
    await openLive(page, address);
    const path = `${docs}${name}.png`;
    await page.screenshot({ path, animations: "disabled" });
    expect(statSync(path).size).toBeLessThan(MOST_BYTES);
  }
  const workload = pages.workload.match(/\d+/)?.[0] ?? "";
  const incidents = await (await request.get("/api/v1/incidents", { params: { workload, limit: 1 } })).json();
  await openSettled(page, `/incidents/${incidents.data[0].id}`);
  await page.screenshot({ path: `${docs}incident.png`, animations: "disabled" });
  expect(statSync(`${docs}incident.png`).size).toBeLessThan(MOST_BYTES);
});
