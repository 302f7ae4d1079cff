import { statSync } from "node:fs";
import { expect, openLive, openSettled, test } from "../tests/fixtures";

const docs = new URL("../../docs/", import.meta.url).pathname;
/** What a picture may weigh: it is part of every clone. */
const MOST_BYTES = 400_000;

test("the pictures of the README and of docs", async ({ page, request, addressOf }) => {
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  const pages = { overview: "/", workload: `${await addressOf("checkout")}?range=9h` };
  for (const [name, address] of Object.entries(pages)) {
    await openLive(page, address);
    const path = `${docs}${name}.png`;
    await page.screenshot({ path, animations: "disabled" });
    expect(statSync(path).size).toBeLessThan(MOST_BYTES);
  }
  const checkout = pages.workload.match(/\d+/)?.[0] ?? "";
  const incidents = await (await request.get("/api/v1/incidents", { params: { workload: checkout, limit: 1 } })).json();
  const ruleNamed = async (name: string) => {
    const rules: { id: string; fields: { name: string } }[] = (await (await request.get("/api/v1/alert-rules")).json()).data;
    return rules.find((rule) => rule.fields.name === name)?.id;
  };
  const documents = {
    incident: `/incidents/${incidents.data[0].id}`,
    runs: `/workloads/${checkout}/runs`,
    proof: `${await addressOf("ledger-worker")}/deploys`,
    alerts: "/alerts",
    rule: `/alerts/rules/${await ruleNamed("Restarting again and again")}`,
  };
  for (const [name, address] of Object.entries(documents)) {
    await openSettled(page, address);
    const path = `${docs}${name}.png`;
    await page.screenshot({ path, animations: "disabled" });
    expect(statSync(path).size).toBeLessThan(MOST_BYTES);
  }
});
