// `npm run shots`: the pictures that the README shows, taken of the demo.

import { devices } from "@playwright/test";
import base from "./playwright.config";

export default {
  ...base,
  testDir: "shots",
  projects: [
    {
      name: "shots",
      use: { ...devices["Desktop Chrome"], viewport: { width: 1440, height: 1120 }, deviceScaleFactor: 1 },
    },
  ],
};
