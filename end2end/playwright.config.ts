import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { defineConfig, devices } from "@playwright/test";

// This file is read again by every worker process, which inherits what the first reading put into the environment.
process.env.E2E_URL ??= `http://127.0.0.1:${freePort()}`;
const baseURL = process.env.E2E_URL;

function freePort(): string {
  const script =
    "const s = require('net').createServer().listen(0, '127.0.0.1', () => { console.log(s.address().port); s.close(); })";
  return execFileSync(process.execPath, ["-e", script], { encoding: "utf8" }).trim();
}

// The distribution's Chromium where there is one, else the one that Playwright installed.
const chromium = ["/usr/bin/chromium", "/usr/bin/google-chrome"].find((path) => existsSync(path));

export default defineConfig({
  testDir: "tests",
  forbidOnly: !!process.env.CI,
  // All tests share one server; two processors are enough for two pages at a time.
  workers: 2,
  timeout: 30_000,
  reporter: process.env.CI ? [["list"]] : [["list"], ["html", { open: "never" }]],
  use: {
    baseURL,
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: chromium,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
  projects: [
    { name: "chromium", testIgnore: /no-js\.spec\.ts$/, use: devices["Desktop Chrome"] },
    {
      name: "no-js",
      testMatch: /no-js\.spec\.ts$/,
      use: { ...devices["Desktop Chrome"], javaScriptEnabled: false },
    },
  ],
  // Every spec runs against the demo fleet. E2E_URL names a running server instead.
  webServer: {
    command: "./serve-demo.sh",
    url: `${baseURL}/readyz`,
    reuseExistingServer: true,
    // Includes writing 30 days of history, by an unoptimised binary.
    timeout: 180_000,
    gracefulShutdown: { signal: "SIGTERM", timeout: 15_000 },
    stderr: "pipe",
    env: { INQUEST_LISTEN: new URL(baseURL).host },
  },
});
