import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { HttpApp, HttpResponse } from "../../adapters/http/http.ts";
import { eventually } from "../support/runs.ts";
import { openDoor, rawConnection } from "./open-door.ts";

/** An app whose answers go on as `stream` says. */
function streaming(stream: NonNullable<HttpResponse["stream"]>): HttpApp {
  return async () => ({ status: 200, headers: { "x-a": "b" }, body: "", stream });
}

const ASKED = "GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n";

describe("an answer that goes on", () => {
  test("arrives piece by piece, and ends", async () => {
    let more = () => undefined as void;
    const second = new Promise<void>((resolve) => {
      more = resolve;
    });
    const { port } = await openDoor(
      streaming(async function* stream() {
        yield "one ";
        await second;
        yield "two";
      }),
    );
    const { socket, until } = rawConnection(port);
    socket.write(ASKED);

    expect(await until("one ")).not.toContain("two");
    more();
    expect(await until("two")).toMatch(/x-a: b[\s\S]*transfer-encoding: chunked/i);
    expect(await until("\r\n0\r\n\r\n")).toContain("two");
  });

  test("is stopped when its reader leaves", async () => {
    let stopped = 0;
    const { port, errors } = await openDoor(
      streaming(async function* stream(signal) {
        yield "one ";
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        stopped++;
      }),
    );
    const { socket, until } = rawConnection(port);
    socket.write(ASKED);
    await until("one ");
    socket.destroy();

    await eventually("the stream stopped", async () => (stopped === 1 ? true : undefined));
    expect(errors).toEqual([]);
  });

  test("is made no faster than it is read", async () => {
    let made = 0;
    const piece = "x".repeat(64 * 1024);
    const { port } = await openDoor(
      streaming(async function* stream() {
        for (; made < 4_000; made++) yield piece;
      }),
    );
    const { socket } = rawConnection(port);
    socket.pause();
    socket.write(ASKED);
    await eventually("the first pieces", async () => (made > 0 ? made : undefined));
    let before = -1;
    // Buffers of the kernel fill up; then nothing more is made, however long it takes.
    while (before !== made) {
      before = made;
      await delay(50);
    }

    expect(made).toBeLessThan(1_000);
  });

  test("ends when the server is told to stop, so that its reader resumes elsewhere", async () => {
    const { port, door } = await openDoor(
      streaming(async function* stream(signal) {
        yield "one ";
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
      }),
    );
    const { socket, until, closed } = rawConnection(port);
    socket.write(ASKED);
    await until("one ");
    await door.drain();

    expect(await closed).toMatch(/one \r\n0\r\n\r\n$/);
  });

  test("is cut off when it fails, so that nobody takes it for whole", async () => {
    const { port, errors } = await openDoor(
      streaming(async function* stream() {
        yield "one ";
        throw new Error("broken");
      }),
    );
    const { socket, closed } = rawConnection(port);
    socket.write(ASKED);

    expect(await closed).not.toContain("\r\n0\r\n\r\n");
    expect(errors).toMatchObject([{ message: "answer not sent" }]);
  });
});
