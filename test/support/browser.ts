import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

const PLACES = [
  "/usr/bin/chromium-headless-shell",
  "/usr/bin/chromium",
  "/usr/bin/google-chrome",
] as const;

/** The browser of this machine: none is ever downloaded. `CHROMIUM_PATH` names another. */
export const browserPath = [process.env["CHROMIUM_PATH"], ...PLACES].find(
  (path): path is string => path !== undefined && existsSync(path),
);

export function openBrowser() {
  return chromium.launch({
    ...(browserPath !== undefined && { executablePath: browserPath }),
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"],
  });
}
