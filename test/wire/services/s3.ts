import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import {
  type AwsAnswer,
  type AwsCall,
  AwsError,
  type Emulator,
  text,
  Unsupported,
} from "../aws/call.ts";

type Stored = Readonly<{ bytes: Buffer; type: string; etag: string; at: number }>;

/** Headers that mean something to S3 and that this model keeps to, or may pass over. */
const KNOWN_HEADERS = new Set([
  "x-amz-content-sha256",
  "x-amz-date",
  "x-amz-user-agent",
  "x-amz-security-token",
  "x-amz-checksum-crc32",
  "x-amz-sdk-checksum-algorithm",
  "x-amz-checksum-mode",
]);

export type S3 = Readonly<{
  emulator: Emulator;
  make(bucket: string): void;
  keys(bucket: string): readonly string[];
}>;

/**
 * Objects by bucket and key. Conditions and checksums are kept, which the emulators at hand do not
 * do; whoever may not list a bucket is not told that an object is missing, but that it may not.
 */
export function s3(options: {
  now: () => number;
  mayList: (caller: string, bucket: string) => boolean;
}): S3 {
  const buckets = new Map<string, Map<string, Stored>>();

  function objectsOf(call: AwsCall): Map<string, Stored> {
    const objects = buckets.get(text(call.params, "Bucket"));
    if (objects) return objects;
    throw new AwsError(404, "NoSuchBucket", "the bucket is not there");
  }

  function missing(call: AwsCall): AwsError {
    return options.mayList(call.caller, text(call.params, "Bucket"))
      ? new AwsError(404, "NoSuchKey", "the object is not there")
      : new AwsError(403, "AccessDenied", "the object is not there, or the caller may not know");
  }

  const operations: Readonly<Record<string, (call: AwsCall) => AwsAnswer>> = {
    PutObject(call) {
      const objects = objectsOf(call);
      const key = text(call.params, "Key");
      const before = objects.get(key);
      const { headers, body } = call.raw;
      if (headers["if-none-match"] === "*" && before) {
        throw new AwsError(412, "PreconditionFailed", "the object is there");
      }
      if (headers["if-match"] !== undefined && headers["if-match"] !== before?.etag) {
        throw new AwsError(412, "PreconditionFailed", "the object is another one");
      }
      checkSum(headers["x-amz-checksum-crc32"], body);
      const etag = `"${createHash("md5").update(body).digest("hex")}"`;
      const type = headers["content-type"] ?? "binary/octet-stream";
      objects.set(key, { bytes: body, type, etag, at: options.now() });
      return { status: 200, headers: { etag } };
    },
    GetObject(call) {
      if (call.raw.headers.range) throw new Unsupported("s3:GetObject with a range");
      const found = objectsOf(call).get(text(call.params, "Key"));
      if (!found) throw missing(call);
      return { status: 200, headers: headersOf(found), body: found.bytes };
    },
    HeadObject(call) {
      const found = objectsOf(call).get(text(call.params, "Key"));
      if (!found) throw missing(call);
      return { status: 200, headers: headersOf(found) };
    },
    DeleteObject(call) {
      objectsOf(call).delete(text(call.params, "Key"));
      return { status: 204 };
    },
    DeleteObjects(call) {
      const keys = [...call.raw.body.toString("utf8").matchAll(/<Key>([^<]*)<\/Key>/g)];
      for (const [, key = ""] of keys) objectsOf(call).delete(key);
      const deleted = keys.map(([, key]) => `<Deleted><Key>${key}</Key></Deleted>`).join("");
      return xml(`<DeleteResult>${deleted}</DeleteResult>`);
    },
    ListObjectsV2(call) {
      const prefix = call.params["prefix"];
      const keys = [...objectsOf(call).keys()]
        .filter((key) => key.startsWith(typeof prefix === "string" ? prefix : ""))
        .toSorted();
      const contents = keys.map((key) => `<Contents><Key>${key}</Key></Contents>`).join("");
      const count = `<KeyCount>${keys.length}</KeyCount><IsTruncated>false</IsTruncated>`;
      return xml(`<ListBucketResult>${count}${contents}</ListBucketResult>`);
    },
  };

  return {
    emulator(call) {
      const operation = operations[call.operation];
      const strange = Object.keys(call.raw.headers).filter(
        (name) => name.startsWith("x-amz-") && !KNOWN_HEADERS.has(name),
      );
      if (!operation || strange.length > 0) {
        throw new Unsupported(`s3:${call.operation} with ${strange.join(", ")}`);
      }
      return operation(call);
    },
    make: (bucket) => void buckets.set(bucket, new Map()),
    keys: (bucket) => [...(buckets.get(bucket)?.keys() ?? [])],
  };
}

function headersOf({ bytes, type, etag, at }: Stored): Readonly<Record<string, string>> {
  return {
    "content-type": type,
    "content-length": String(bytes.byteLength),
    etag,
    "last-modified": new Date(at).toUTCString(),
  };
}

function checkSum(given: unknown, body: Buffer): void {
  if (given === undefined) return;
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc32(body));
  if (bytes.toString("base64") !== given) {
    throw new AwsError(400, "BadDigest", "the checksum is not that of the body");
  }
}

function xml(inner: string): AwsAnswer {
  const body = Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>${inner}`);
  return { status: 200, headers: { "content-type": "application/xml" }, body };
}
