import { describe, expect, test } from "vitest";
import { settings } from "../../local/settings.ts";

const DEFAULTS = {
  port: 8787,
  host: "127.0.0.1",
  dataFolder: ".holdfast",
  platformKey: undefined,
  apiKey: undefined,
  models: undefined,
  publicUrl: undefined,
  dev: false,
};

describe("the settings of a laptop", () => {
  test("need nothing to be set", () => {
    expect(settings({})).toEqual({ ok: true, settings: DEFAULTS });
    expect(settings({ PORT: "", HOST: " ", HOLDFAST_API_KEY: "" })).toEqual({
      ok: true,
      settings: DEFAULTS,
    });
  });

  test("are taken from the environment", () => {
    const read = settings({
      PORT: "0",
      HOST: "::1",
      HOLDFAST_DATA: "/var/lib/holdfast",
      HOLDFAST_PLATFORM_KEY: "platform",
      HOLDFAST_API_KEY: "hf_test",
      HOLDFAST_MODELS: '{"default": "mock/echo"}',
      HOLDFAST_PUBLIC_URL: "https://holdfast.example.com/",
      HOLDFAST_DEV: "1",
    });
    expect(read).toEqual({
      ok: true,
      settings: {
        port: 0,
        host: "::1",
        dataFolder: "/var/lib/holdfast",
        platformKey: "platform",
        apiKey: "hf_test",
        models: '{"default": "mock/echo"}',
        publicUrl: "https://holdfast.example.com",
        dev: true,
      },
    });
  });

  test("name all their faults at once, each by its variable, and no key's value", () => {
    const read = settings({
      PORT: "80a",
      HOST: "a b",
      HOLDFAST_PLATFORM_KEY: "se cret",
      HOLDFAST_API_KEY: "sécret",
      HOLDFAST_PUBLIC_URL: "ftp://x",
      HOLDFAST_DEV: "yes",
    });
    const faults = read.ok ? [] : read.faults;

    expect(faults.map((fault) => fault.split(" ")[0])).toEqual([
      "PORT",
      "HOST",
      "HOLDFAST_PLATFORM_KEY",
      "HOLDFAST_API_KEY",
      "HOLDFAST_PUBLIC_URL",
      "HOLDFAST_DEV",
    ]);
    expect(faults.join()).not.toMatch(/cret/);
  });

  test.each(["-1", "65536", "1e3", "0x10", "80.5", "NaN"])("take no port %s", (PORT) => {
    expect(settings({ PORT })).toMatchObject({ ok: false });
  });

  test.each(["holdfast", "https://u:p@x.example", "https://x.example/?a", "https://x.example/#a"])(
    "take no public URL %s",
    (HOLDFAST_PUBLIC_URL) => {
      expect(settings({ HOLDFAST_PUBLIC_URL })).toMatchObject({ ok: false });
    },
  );

  test("do not let one key be both", () => {
    const read = settings({ HOLDFAST_PLATFORM_KEY: "same", HOLDFAST_API_KEY: "same" });
    expect(read).toMatchObject({ ok: false });
  });
});
