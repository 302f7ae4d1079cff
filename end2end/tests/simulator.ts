// Levers on the demo's simulated engines: see end2end/simulator/README.md.

import type { APIRequestContext } from "@playwright/test";

/** Makes something happen to a container of the demo now, such as `{ kind: "sigkill" }`. */
export async function provoke(
  request: APIRequestContext,
  engine: string,
  container: string,
  happening: { kind: string; [setting: string]: unknown },
): Promise<void> {
  const sources = await (await request.get("/api/v1/sources")).json();
  const endpoint: string = sources.data.find((source: { name: string }) => source.name === engine).endpoint;
  const answer = await request.post(`${endpoint.replace(/^tcp:/, "http:")}/_simulator/containers/${container}`, {
    data: happening,
  });
  if (!answer.ok()) throw new Error(`${container}: ${answer.status()} ${await answer.text()}`);
}
