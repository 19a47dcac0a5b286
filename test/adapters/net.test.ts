import { once } from "node:events";
import http from "node:http";
import { type AddressInfo, connect, createServer, type LookupFunction } from "node:net";
import { connect as tlsConnect } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isReachable } from "../../adapters/net/address.ts";
import { guardSocket } from "../../adapters/net/guarded-agent.ts";
import { type GuardedRequest, guardedRequest } from "../../adapters/net/guarded-request.ts";
import { CallFailure } from "../../core/ports/call-failure.ts";

let reached: string[] = [];
let connections = 0;
let port = 0;

const server = http.createServer((request, response) => {
  reached.push(`${request.method} ${request.url}`);
  const url = new URL(request.url ?? "/", "http://x");
  switch (url.pathname) {
    case "/redirect":
      response.writeHead(302, { location: "http://169.254.169.254/latest/meta-data/" }).end();
      return;
    case "/hang":
      return;
    case "/drip": {
      response.writeHead(200, { "content-type": "text/plain" });
      const drip = setInterval(() => response.write("."), 5);
      response.on("close", () => clearInterval(drip));
      return;
    }
    case "/huge":
      response.writeHead(200, { "content-length": "99999999999" });
      response.write("x");
      return;
    case "/endless":
    case "/endless-failure": {
      response.writeHead(url.pathname === "/endless" ? 200 : 500);
      const more = () => {
        while (response.write("x".repeat(16_384)));
      };
      response.on("drain", more);
      more();
      return;
    }
    case "/cut":
      response.writeHead(200, { "content-length": "100" });
      response.write("only this");
      setImmediate(() => request.socket.destroy());
      return;
    case "/gzip":
      response.writeHead(200, { "content-encoding": "gzip" }).end("zzz");
      return;
    default:
      response.writeHead(200, { "content-type": "application/json", "set-cookie": ["a=1", "b=2"] });
      request.on("data", () => undefined);
      request.on("end", () => response.end(JSON.stringify(request.headers)));
  }
});

beforeAll(async () => {
  server.on("connection", () => connections++);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  port = (server.address() as AddressInfo).port;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function get(url: string, more: Partial<GuardedRequest> = {}) {
  reached = [];
  return guardedRequest({
    url,
    method: "GET",
    headers: {},
    timeoutMs: 5_000,
    bytesMax: 1_000_000,
    allowLoopback: false,
    ...more,
  });
}

async function failure(call: Promise<unknown>): Promise<CallFailure> {
  const error: unknown = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof CallFailure)) throw new Error("did not fail as a call", { cause: error });
  return error;
}

const LOOPBACK = [
  "127.0.0.1",
  "127.0.0.1.",
  "127.1",
  "127.0.1",
  "127.255.255.254",
  "2130706433",
  "0x7f000001",
  "0x7F.1",
  "0x7f.0x0.0x0.0x1",
  "017700000001",
  "0177.0.0.1",
  "0177.0.0.01",
  "00000177.1",
  "127.0x1",
  "%31%32%37.0.0.1",
  "１２７.０.０.１",
  "①②⑦.⓪.⓪.①",
  "127。0。0。1",
  "[::1]",
  "[0:0:0:0:0:0:0:1]",
  "[0000::0001]",
  "[::ffff:127.0.0.1]",
  "[::ffff:7f00:1]",
  "[0:0:0:0:0:ffff:127.0.0.1]",
  "localhost",
  "LOCALHOST",
  "localhost.",
];
const PRIVATE = [
  "0",
  "0.0.0.0",
  "0.1.2.3",
  "[::]",
  "[::ffff:0.0.0.0]",
  "[::127.0.0.1]",
  "[::ffff:0:127.0.0.1]",
  "10.0.0.1",
  "10.255.255.255",
  "172.16.0.1",
  "172.31.255.254",
  "192.168.0.1",
  "192.168.1.1",
  "3232235777",
  "0xc0a80101",
  "169.254.169.254",
  "2852039166",
  "0xa9fea9fe",
  "0xA9.0xFE.0xA9.0xFE",
  "0251.0376.0251.0376",
  "0251.254.169.254",
  "169.254.43518",
  "[::ffff:169.254.169.254]",
  "[::ffff:a9fe:a9fe]",
  "[64:ff9b::169.254.169.254]",
  "[64:ff9b::7f00:1]",
  "[64:ff9b:1::7f00:1]",
  "[2002:7f00:1::]",
  "[2002:a9fe:a9fe::1]",
  "[2001:0:7f00:1::]",
  "[fd00:ec2::254]",
  "[fd12:3456:789a:1::1]",
  "[fc00::1]",
  "[fe80::1]",
  "[fec0::1]",
  "[ff02::1]",
  "[100::1]",
  "[2001:db8::1]",
  "[3fff::1]",
  "[5f00::1]",
  "[200:1::1]",
  "[4000::1]",
  "100.64.0.1",
  "100.100.100.200",
  "192.0.0.192",
  "192.0.2.1",
  "192.88.99.1",
  "198.18.0.1",
  "198.51.100.1",
  "203.0.113.1",
  "224.0.0.1",
  "240.0.0.1",
  "255.255.255.255",
  "168.63.129.16",
];

describe("a target that is not public", () => {
  it.each([...LOOPBACK, ...PRIVATE])("is refused and never reached: %s", async (host) => {
    const before = connections;

    const { code, retryable } = await failure(get(`http://${host}:${port}/secret`));

    expect(code).toBe("TARGET_REFUSED");
    expect(retryable).toBe(false);
    expect(connections).toBe(before);
  });

  it.each(PRIVATE)("stays refused where loopback is allowed: %s", async (host) => {
    const before = connections;

    const { code } = await failure(get(`http://${host}:${port}/`, { allowLoopback: true }));

    expect(code).toBe("TARGET_REFUSED");
    expect(connections).toBe(before);
  });

  it.each([
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "ftp://example.com/",
    "data:text/plain,hello",
    "javascript:alert(1)",
    "http://user:password@example.com/",
    "http://example.com@127.0.0.1/",
    "http://[fe80::1%25eth0]/",
    "http://[fe80::1%eth0]/",
    "http://",
    "http:///",
    "//example.com",
    "not a url",
    "",
    "http://1.1.1.1:99999/",
    "http://exa mple.com/",
  ])("is refused when the URL is not one that can be called: %s", async (url) => {
    const { code, message } = await failure(get(url));

    expect(code).toBe("TARGET_REFUSED");
    expect(message).not.toContain("password");
  });

  it("is refused when only its name is public", async () => {
    const hostile = ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "fe80::1%1", "64:ff9b::1"];
    for (const address of hostile) {
      const before = connections;
      const lookup: LookupFunction = (_name, _options, done) =>
        done(null, [
          { address: "93.184.215.14", family: 4 },
          { address, family: address.includes(":") ? 6 : 4 },
        ]);

      const { code } = await failure(get(`http://rebind.example:${port}/`, { lookup }));

      expect(code).toBe("TARGET_REFUSED");
      expect(connections).toBe(before);
    }
  });

  it("is refused when a name resolves to a private address and loopback is allowed", async () => {
    const lookup: LookupFunction = (_name, _options, done) =>
      done(null, [{ address: "192.168.1.10", family: 4 }]);

    const { code } = await failure(
      get(`http://router.example:${port}/`, { lookup, allowLoopback: true }),
    );

    expect(code).toBe("TARGET_REFUSED");
  });

  it.each([
    ["TCP", (at: number) => connect(at, "127.0.0.1")],
    ["TLS", (at: number) => tlsConnect({ port: at, host: "127.0.0.1" })],
  ])("hears nothing over %s when it was reached in spite of the lookup", async (_name, open) => {
    const heard: Buffer[] = [];
    const listener = createServer((socket) => socket.on("data", (data) => heard.push(data)));
    listener.listen(0, "127.0.0.1");
    await once(listener, "listening");
    const socket = open((listener.address() as AddressInfo).port);
    guardSocket(socket, false);
    socket.write("GET / HTTP/1.1\r\n\r\n");

    const [error] = (await once(socket, "error")) as [CallFailure];

    expect(error.code).toBe("TARGET_REFUSED");
    listener.close();
    await once(listener, "close");
    expect(Buffer.concat(heard).length).toBe(0);
  });

  it("is not met by following a redirect", async () => {
    const answer = await get(`http://127.0.0.1:${port}/redirect`, { allowLoopback: true });

    expect(answer.status).toBe(302);
    expect(reached).toEqual(["GET /redirect"]);
  });
});

describe("an address", () => {
  it.each(["1.1.1.1", "8.8.8.8", "::ffff:8.8.8.8", "2606:4700:4700::1111", "93.184.215.14"])(
    "is reachable when it is public: %s",
    (address) => {
      expect(isReachable(address, false)).toBe(true);
    },
  );
});

describe("an allowed request", () => {
  it("brings the answer, with cookies joined and without asking for compression", async () => {
    const answer = await get(`http://localhost:${port}/?q=1`, {
      allowLoopback: true,
      method: "post",
      headers: { "X-Own": "yes" },
      body: "{}",
    });

    expect(answer.status).toBe(200);
    expect(answer.headers["set-cookie"]).toBe("a=1, b=2");
    expect(JSON.parse(answer.body.toString())).toMatchObject({
      "accept-encoding": "identity",
      "content-length": "2",
      "x-own": "yes",
    });
    expect(reached).toEqual(["POST /?q=1"]);
  });

  it("reuses connections, and loopback that was allowed once is not allowed to the next", async () => {
    await get(`http://127.0.0.1:${port}/`, { allowLoopback: true });
    const before = connections;
    for (let i = 0; i < 5; i++) await get(`http://127.0.0.1:${port}/`, { allowLoopback: true });

    const { code } = await failure(get(`http://127.0.0.1:${port}/`));

    expect(code).toBe("TARGET_REFUSED");
    expect(connections).toBe(before);
  });

  it("frames every body, so that no part of it is read as another request", async () => {
    for (const method of ["DELETE", "POST", "GET"]) {
      await get(`http://127.0.0.1:${port}/`, {
        allowLoopback: true,
        method,
        body: "GET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n",
      });

      expect(reached).toEqual([`${method} /`]);
    }
  });

  it("waits for a free connection rather than opening one for each of many calls", async () => {
    const before = connections;

    const calls = Array.from({ length: 200 }, () =>
      get(`http://127.0.0.1:${port}/`, { allowLoopback: true }),
    );

    expect((await Promise.all(calls)).every(({ status }) => status === 200)).toBe(true);
    expect(connections - before).toBeLessThanOrEqual(128);
  });

  it.each(["Host", "transfer-encoding", "Content-Length", "connection", "expect", "upgrade"])(
    "is refused when it sets the header %s",
    async (name) => {
      const { code } = await failure(
        get(`http://127.0.0.1:${port}/`, { allowLoopback: true, headers: { [name]: "x" } }),
      );

      expect(code).toBe("REQUEST_INVALID");
      expect(reached).toEqual([]);
    },
  );

  it("is refused when a header would break out of its line, without quoting it", async () => {
    for (const value of ["s3cret\r\nx-evil: 1", "s3cret\n", "s3cret\0", "s3cret 鍵"]) {
      const { code, message, cause } = await failure(
        get(`http://127.0.0.1:${port}/`, {
          allowLoopback: true,
          headers: { authorization: value },
        }),
      );

      expect(code).toBe("REQUEST_INVALID");
      expect(`${message}${String(cause)}`).not.toContain("s3cret");
      expect(reached).toEqual([]);
    }
  });

  it.each(["TRACE", "CONNECT", "OPTIONS", "GET /x HTTP/1.1\r\n"])(
    "is refused with the method %j",
    async (method) => {
      const { code } = await failure(
        get(`http://127.0.0.1:${port}/`, { allowLoopback: true, method }),
      );

      expect(code).toBe("REQUEST_INVALID");
    },
  );
});

describe("a slow or broken answer", () => {
  const local = (path: string, more: Partial<GuardedRequest> = {}) =>
    failure(get(`http://127.0.0.1:${port}${path}`, { allowLoopback: true, ...more }));

  it("is a timeout when nothing comes", async () => {
    const { code, retryable } = await local("/hang", { timeoutMs: 50 });

    expect([code, retryable]).toEqual(["TIMEOUT", true]);
  });

  it("is a timeout when bytes keep dripping", async () => {
    const { code, retryable } = await local("/drip", { timeoutMs: 80 });

    expect([code, retryable]).toEqual(["TIMEOUT", true]);
  });

  it("is a timeout when the name is never resolved", async () => {
    const { code } = await failure(
      get("http://slow.example/", { timeoutMs: 50, lookup: () => undefined }),
    );

    expect(code).toBe("TIMEOUT");
  });

  it("is refused at once when it announces too many bytes", async () => {
    const { code, retryable } = await local("/huge");

    expect([code, retryable]).toEqual(["RESPONSE_TOO_LARGE", false]);
  });

  it("is refused when it sends too many bytes without announcing them", async () => {
    const { code } = await local("/endless", { bytesMax: 100_000 });

    expect(code).toBe("RESPONSE_TOO_LARGE");
  });

  it("is cut when it has failed anyway", async () => {
    const answer = await get(`http://127.0.0.1:${port}/endless-failure`, { allowLoopback: true });

    expect([answer.status, answer.body.length]).toEqual([500, 65_536]);
  });

  it("is a network failure when it is cut off", async () => {
    const { code, retryable } = await local("/cut");

    expect([code, retryable]).toEqual(["NETWORK", true]);
  });

  it("is a network failure when nobody listens", async () => {
    const gone = createServer();
    gone.listen(0, "127.0.0.1");
    await once(gone, "listening");
    const { port: free } = gone.address() as AddressInfo;
    gone.close();
    await once(gone, "close");

    const { code, message } = await failure(
      get(`http://127.0.0.1:${free}/path?key=s3cret`, { allowLoopback: true }),
    );

    expect(code).toBe("NETWORK");
    expect(message).toContain(`127.0.0.1:${free}`);
    expect(message).not.toContain("s3cret");
  });

  it("is a network failure when the other side does not speak HTTP", async () => {
    const other = createServer((socket) => socket.end("SSH-2.0-OpenSSH_9.9\r\n"));
    other.listen(0, "127.0.0.1");
    await once(other, "listening");

    const { port: at } = other.address() as AddressInfo;
    const { code } = await failure(get(`http://127.0.0.1:${at}/`, { allowLoopback: true }));

    expect(code).toBe("NETWORK");
    other.close();
  });

  it("is a network failure when TLS is asked of a server without it", async () => {
    const { code } = await failure(get(`https://127.0.0.1:${port}/`, { allowLoopback: true }));

    expect(code).toBe("NETWORK");
  });

  it("is refused when it is compressed although nobody asked for that", async () => {
    const { code, retryable } = await local("/gzip");

    expect([code, retryable]).toEqual(["RESPONSE_INVALID", false]);
  });

  it("ends when the caller gives up, with the caller's own reason if it is a failure", async () => {
    const own = new CallFailure("LEASE_LOST", "gone", { retryable: false });
    for (const [reason, code] of [
      [undefined, "ABORTED"],
      [new DOMException("late", "TimeoutError"), "TIMEOUT"],
      [own, "LEASE_LOST"],
    ] as const) {
      const caller = new AbortController();
      const arrived = once(server, "request");
      const call = local("/hang", { signal: caller.signal });
      await arrived;
      caller.abort(reason);

      expect((await call).code).toBe(code);
      expect((await local("/hang", { signal: caller.signal })).code).toBe(code);
    }
  });
});
