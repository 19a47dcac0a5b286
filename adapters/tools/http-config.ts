import { isObject, type Json, type JsonObject } from "../../core/kernel/json.ts";
import type { Problem } from "../../core/kernel/problem.ts";
import { secretName } from "./secret-markers.ts";

export const HTTP_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
const FIELDS = new Set(["url", "method", "headers", "body"]);
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** The call itself sets these, or they decide where the message ends. */
const RESERVED = new Set(
  (
    "accept-encoding connection content-length expect host idempotency-key keep-alive te trailer " +
    "transfer-encoding upgrade"
  ).split(" "),
);

export function mayHaveBody(method: string): boolean {
  return method !== "GET" && method !== "HEAD";
}

/** What is literal before the first template of a URL. */
export function literalPart(url: string): string {
  const template = url.indexOf("{%");
  return template < 0 ? url : url.slice(0, template);
}

/**
 * Every fault of an `http` tool's configuration.
 *
 * The origin must be literal, up to and with the slash that begins the path: otherwise input could
 * choose the server, which then receives the secrets.
 */
export function httpProblems(config: JsonObject, at: string): Problem[] {
  return [
    ...Object.keys(config)
      .filter((field) => !FIELDS.has(field))
      .map((field) => problem(`${at}.${field}`, "UNKNOWN_FIELD", "is not a field of http tools")),
    ...urlProblems(config["url"], `${at}.url`),
    ...methodProblems(config, at),
    ...headersProblems(config["headers"], `${at}.headers`),
    ...markerProblems(config, at),
  ];
}

function urlProblems(url: Json | undefined, at: string): Problem[] {
  if (typeof url !== "string") return [problem(at, "URL_REQUIRED", "must be a text")];
  const literal = literalPart(url);
  if (literal !== url && !/^https?:\/\/[^/?#]+\//i.test(literal)) {
    const message = "must be literal up to the slash that begins the path; templates may follow it";
    return [problem(at, "URL_ORIGIN_NOT_LITERAL", message)];
  }
  if (!URL.canParse(literal)) return [problem(at, "URL_INVALID", "must be an absolute URL")];
  const { protocol, username, password } = new URL(literal);
  if (protocol !== "http:" && protocol !== "https:") {
    return [problem(at, "URL_SCHEME", "must begin with https:// or http://")];
  }
  if (username !== "" || password !== "") {
    return [problem(at, "URL_CREDENTIALS", "must not contain credentials; use a header")];
  }
  return [];
}

function methodProblems({ method = "POST", body }: JsonObject, at: string): Problem[] {
  if (typeof method !== "string" || !HTTP_METHODS.includes(method.toUpperCase())) {
    const message = `must be one of ${HTTP_METHODS.join(", ")}`;
    return [problem(`${at}.method`, "METHOD_UNKNOWN", message)];
  }
  if (body !== undefined && !mayHaveBody(method.toUpperCase())) {
    return [problem(`${at}.body`, "BODY_NOT_ALLOWED", `${method} has no body`)];
  }
  return [];
}

function headersProblems(headers: Json | undefined, at: string): Problem[] {
  if (headers === undefined) return [];
  if (!isObject(headers)) return [problem(at, "HEADERS_INVALID", "must be an object")];
  return Object.entries(headers).flatMap(([name, value]) => {
    const path = `${at}.${name}`;
    if (!TOKEN.test(name)) return problem(path, "HEADER_INVALID", "is not a name of a header");
    if (RESERVED.has(name.toLowerCase())) {
      return problem(path, "HEADER_RESERVED", "is set by the call itself");
    }
    if (secretName(value) !== undefined) return [];
    const scalar = typeof value === "number" || typeof value === "boolean";
    if (typeof value !== "string" && !scalar) {
      return problem(path, "HEADER_INVALID", 'must be a text, or {"$secret": "name"}');
    }
    // Templates may span lines; what they yield is looked at when the call is made.
    if (/[\0\r\n]/.test(String(value).replaceAll(/\{%[\s\S]*?%\}/g, ""))) {
      return problem(path, "HEADER_INVALID", "must not contain line breaks");
    }
    return [];
  });
}

/** `$secret` beside other members, or with a computed name, is never resolved: better told now. */
function markerProblems(value: Json, at: string): Problem[] {
  if (Array.isArray(value)) {
    return value.flatMap((item: Json, index) => markerProblems(item, `${at}[${index}]`));
  }
  if (!isObject(value)) return [];
  if ("$secret" in value) {
    const name = secretName(value);
    if (name !== undefined && name !== "" && !name.includes("{%")) return [];
    const message = 'must be exactly {"$secret": "name"}, with a literal name';
    return [problem(at, "SECRET_INVALID", message)];
  }
  return Object.entries(value).flatMap(([key, item]) => markerProblems(item, `${at}.${key}`));
}

function problem(path: string, code: string, message: string): Problem {
  return { path, code, message };
}
