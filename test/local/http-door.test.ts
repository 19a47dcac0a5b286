import { Agent, request as httpRequest } from "node:http";
import { describe, expect, test } from "vitest";
import { servedHosts } from "../../local/host-name.ts";
import { echo, json, openDoor, rawConnection } from "./open-door.ts";

const MB = 1024 * 1024;

describe("a request", () => {
  test("reaches the app as it was sent", async () => {
    const { url } = await openDoor(echo);
    const answer = await fetch(`${url}/v1/a%2Fb/%E2%82%AC?x=1&x=%20?y`, {
      method: "POST",
      headers: { "X-Thing": "One", "content-type": "application/json" },
      body: '{"a":"€"}',
    });

    expect(await answer.json()).toMatchObject({
      method: "POST",
      path: "/v1/a%2Fb/%E2%82%AC",
      query: "x=1&x=%20?y",
      text: '{"a":"€"}',
      bodyTooLarge: false,
      headers: { "x-thing": "One" },
      from: "127.0.0.1",
    });
  });

  test("without a body has none", async () => {
    const { url } = await openDoor(echo);
    expect(await (await fetch(`${url}/`)).json()).toMatchObject({
      path: "/",
      query: "",
      bytes: null,
    });
  });

  test("may come in many chunks", async () => {
    const { port } = await openDoor(echo);
    const { socket, closed } = rawConnection(port);
    socket.write("POST /x HTTP/1.1\r\nhost: 127.0.0.1\r\ntransfer-encoding: chunked\r\n");
    socket.write("connection: close\r\n\r\n");
    for (const part of ["3\r\nabc\r\n", "2\r\nde\r\n", "0\r\n\r\n"]) socket.write(part);

    expect(await closed).toContain('"text":"abcde"');
  });

  test("in the form for proxies is the same request", async () => {
    const { port } = await openDoor(echo);
    const { socket, closed } = rawConnection(port);
    socket.write(
      "GET http://127.0.0.1/v1/x?y HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n",
    );

    expect(await closed).toContain('"path":"/v1/x","query":"y"');
  });

  test("that is never completed is never answered", async () => {
    let asked = 0;
    const { port, url, errors } = await openDoor(async (request) => {
      if (request.path === "/left") asked++;
      return echo(request);
    });
    const { socket, closed } = rawConnection(port);
    socket.write("POST /left HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 10\r\n\r\nabc", () =>
      socket.destroy(),
    );
    await closed;
    await fetch(url);

    expect([asked, errors]).toEqual([0, []]);
  });
});

describe("an answer", () => {
  test("is sent with its length and without chunks", async () => {
    const { port } = await openDoor(async () => json({ said: "€" }, 201));
    const { socket, closed } = rawConnection(port);
    socket.write("GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n");
    const received = await closed;

    expect(received).toMatch(/^HTTP\/1.1 201 Created\r\n/);
    expect(received).toMatch(/content-length: 14\r\n/i);
    expect(received).not.toMatch(/transfer-encoding/i);
  });

  test("may be bytes", async () => {
    const bytes = new Uint8Array([0, 255, 10]);
    const { url } = await openDoor(async () => ({ status: 200, headers: {}, body: bytes }));
    expect(await (await fetch(url)).bytes()).toEqual(bytes);
  });

  test("to HEAD has the length that GET would have, and no body", async () => {
    const { url } = await openDoor(async () => json({ a: 1 }));
    const answer = await fetch(url, { method: "HEAD" });
    expect([answer.headers.get("content-length"), await answer.text()]).toEqual(["7", ""]);
  });

  test("keeps the length that the app gave to HEAD", async () => {
    const headers = { "content-length": "1234" };
    const { url } = await openDoor(async () => ({ status: 200, headers, body: "" }));
    const answer = await fetch(url, { method: "HEAD" });
    expect(answer.headers.get("content-length")).toBe("1234");
  });

  test("without content has no length", async () => {
    const { url } = await openDoor(async () => ({ status: 204, headers: {}, body: "" }));
    const answer = await fetch(url);
    expect([answer.status, answer.headers.get("content-length")]).toEqual([204, null]);
  });

  test("comes over one connection for many requests", async () => {
    const { port, door } = await openDoor(echo);
    let connections = 0;
    door.server.on("connection", () => connections++);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let i = 0; i < 5; i++) {
      await new Promise<void>((resolve) => {
        const asked = httpRequest({ port, agent, path: `/${i}` }, (answer) => {
          answer.resume().on("end", resolve);
        });
        asked.end();
      });
    }
    agent.destroy();
    expect(connections).toBe(1);
  });
});

describe("an app that throws", () => {
  test.each([
    ["a fault", async () => Promise.reject(new Error("the password is s3cr3t"))],
    [
      "before it waits",
      () => {
        throw new Error("the password is s3cr3t");
      },
    ],
  ])("%s answers 500 without saying why, and the server goes on", async (_name, app) => {
    let broken = true;
    const { url, errors } = await openDoor((request) => (broken ? app() : echo(request)));
    const answer = await fetch(url);
    const body = await answer.text();

    expect(answer.status).toBe(500);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(JSON.parse(body)).toMatchObject({ status: 500, code: "INTERNAL" });
    expect(body).not.toContain("s3cr3t");
    expect(errors).toHaveLength(1);
    broken = false;
    expect((await fetch(url)).status).toBe(200);
  });

  test("is told from one whose answer cannot be sent, and the server goes on", async () => {
    let headers: Record<string, string> = { "x-bad": "a\r\nb" };
    const { url, errors } = await openDoor(async () => ({ status: 200, headers, body: "" }));
    await expect(fetch(url)).rejects.toThrow("fetch failed");
    headers = {};

    expect(errors).toHaveLength(1);
    expect((await fetch(url)).status).toBe(200);
  });
});

describe("a body that is too large", () => {
  const tooLarge = async (request: Parameters<typeof echo>[0]) =>
    json({ tooLarge: request.bodyTooLarge === true }, request.bodyTooLarge ? 413 : 200);

  test("may have exactly the limit, and not a byte more", async () => {
    const { url } = await openDoor(tooLarge);
    const status = async (bytes: number) =>
      (await fetch(url, { method: "POST", body: Buffer.alloc(bytes) })).status;
    expect([await status(MB), await status(MB + 1)]).toEqual([200, 413]);
  });

  test("is answered while it is still being sent, and its sender reads the answer", async () => {
    const { url } = await openDoor(tooLarge);
    for (const bytes of [2 * MB, 10 * MB]) {
      const answer = await fetch(url, { method: "POST", body: Buffer.alloc(bytes) });
      expect(answer.status).toBe(413);
      expect(answer.headers.get("connection")).toBe("close");
    }
  });

  test("is found out also when it does not say its length", async () => {
    const { url } = await openDoor(tooLarge);
    const parts = (function* () {
      for (let i = 0; i < 40; i++) yield Buffer.alloc(64 * 1024);
    })();
    const body = ReadableStream.from(parts);
    const answer = await fetch(url, { method: "POST", body, duplex: "half" });
    expect(await answer.json()).toEqual({ tooLarge: true });
  });

  test("need not be sent by who asks first", async () => {
    const { port } = await openDoor(tooLarge);
    const { socket, closed } = rawConnection(port);
    socket.write(
      "POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 5000000\r\nexpect: 100-continue\r\n\r\n",
    );
    const received = await closed;
    expect(received).toMatch(/^HTTP\/1.1 413/);
  });
});

describe("who asks first whether to send a body", () => {
  test("is told to go on when it is small enough", async () => {
    const { port } = await openDoor(echo);
    const connection = rawConnection(port);
    const { socket, closed } = connection;
    socket.write("POST / HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n");
    socket.write("content-length: 3\r\nexpect: 100-continue\r\n\r\n");
    await connection.until("HTTP/1.1 100 Continue");
    socket.write("abc");
    expect(await closed).toContain('"text":"abc"');
  });
});

describe("a sender that takes its time", () => {
  test.each([
    ["with its headers", "GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nx-slow: "],
    ["with its body", "POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 10\r\n\r\nabc"],
  ])("%s is cut off", async (_name, begun) => {
    const { port } = await openDoor(echo, { headersTimeoutMs: 100, requestTimeoutMs: 150 });
    const { socket, closed } = rawConnection(port);
    socket.write(begun);
    expect(await closed).toMatch(/^HTTP\/1.1 408 [^]*"code":"REQUEST_TIMEOUT"/);
  });
});

describe("what is no request", () => {
  test.each([
    ["garbage", "\x16\x03\x01\x02\r\n\r\n", "400"],
    ["no host", "GET / HTTP/1.1\r\n\r\n", "400"],
    [
      "two lengths",
      "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
      "400",
    ],
    [
      "length and chunks",
      "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
      "400",
    ],
    ["huge headers", `GET / HTTP/1.1\r\nhost: a\r\nx: ${"a".repeat(20_000)}\r\n\r\n`, "431"],
  ])("is answered and cut off: %s", async (_name, sent, status) => {
    const { port, url } = await openDoor(echo);
    const { socket, closed } = rawConnection(port);
    socket.write(sent, "latin1");

    expect(await closed).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect((await fetch(url)).status).toBe(200);
  });
});

describe("a server that only this machine can reach", () => {
  async function statusFor(host: string, publicUrl?: string) {
    const { port } = await openDoor(echo, { hosts: servedHosts("127.0.0.1", publicUrl) });
    const { socket, closed } = rawConnection(port);
    socket.write(`GET /v1/runs HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
    return /^HTTP\/1.1 (\d+)/.exec(await closed)?.[1];
  }

  test.each(["localhost", "localhost:8787", "127.0.0.1:1", "[::1]:8787", "LOCALHOST"])(
    "is asked as %s",
    async (host) => {
      expect(await statusFor(host)).toBe("200");
    },
  );

  test.each([
    "evil.example",
    "127.0.0.1.evil.example",
    "localhost.evil.example:8787",
    "169.254.169.254",
    "localhost@evil.example",
    "0.0.0.0",
    "",
  ])("is not asked as %j, as a page with a name of its own would", async (host) => {
    expect(await statusFor(host)).toBe("421");
  });

  test("is asked by its public name too", async () => {
    expect(await statusFor("holdfast.example", "https://holdfast.example/x")).toBe("200");
  });

  test("refuses in the form of every other fault, on every path", async () => {
    const { port } = await openDoor(echo, { hosts: servedHosts("127.0.0.1", undefined) });
    const { socket, closed } = rawConnection(port);
    socket.write("POST /mail HTTP/1.1\r\nhost: evil.example\r\ncontent-length: 3\r\n\r\nabc");
    expect(await closed).toMatch(/application\/problem\+json[^]*"code":"MISDIRECTED_REQUEST"/);
  });

  test("asks nobody for a name when others can reach it", () => {
    expect(servedHosts("0.0.0.0", undefined)).toBeUndefined();
    expect(servedHosts("192.168.1.5", undefined)).toBeUndefined();
  });
});

describe("a port", () => {
  test("that is taken is told by its number, with what to do", async () => {
    const { port } = await openDoor(echo);
    await expect(openDoor(echo, { port })).rejects.toThrow(
      `Port ${port} of 127.0.0.1 is in use. Set PORT to another one, or to 0 for any.`,
    );
  });

  test("of an address that is not ours is told", async () => {
    await expect(openDoor(echo, { host: "203.0.113.1" })).rejects.toThrow("See HOST and PORT.");
  });
});

describe("a server that drains", () => {
  test("finishes what runs, accepts nothing more, and closes", async () => {
    const { promise: gate, resolve: release } = Promise.withResolvers<void>();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    const { door, url } = await openDoor(async (request) => {
      begin();
      await gate;
      return echo(request);
    });
    const running = fetch(`${url}/slow`);
    await begun;
    const drained = door.drain();
    await expect(fetch(url)).rejects.toThrow("fetch failed");
    release();
    const answer = await running;

    expect([answer.status, answer.headers.get("connection")]).toEqual([200, "close"]);
    await drained;
  });

  test("closes connections that are kept for later, used or not", async () => {
    const { door, url, port } = await openDoor(echo, { drainMsMax: 60_000 });
    await fetch(url);
    const unused = rawConnection(port);
    await new Promise((resolve) => void unused.socket.once("connect", resolve));

    await door.drain();
    expect(await unused.closed).toBe("");
  });

  test("cuts off what does not finish in time", async () => {
    const { door, url } = await openDoor(() => new Promise(() => undefined), { drainMsMax: 50 });
    const running = fetch(url).catch((error: unknown) => error);
    await new Promise((resolve) => void door.server.once("request", resolve));

    await door.drain();
    expect(await running).toBeInstanceOf(Error);
  });
});
