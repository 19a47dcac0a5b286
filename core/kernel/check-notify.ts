import {
  aBoolean,
  aTemplate,
  aText,
  type Check,
  type FieldCheck,
  isTemplateText,
  oneOf,
} from "./check.ts";
import { isObject, type Json, type JsonObject } from "./json.ts";

/** Whom one e-mail may go to; a text message and a webhook have one address. */
export const RECIPIENTS_MAX = 20;

const CHANNELS = ["email", "sms", "webhook", "event"] as const;
const HEADER = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/;
/** What a literal address looks like, by its channel; a template is looked at when it is sent. */
const ADDRESS: Readonly<Record<string, readonly [shape: RegExp, said: string]>> = {
  email: [/^[^\s@,;:<>"()]+@[^\s@,;:<>"()]+$/, "must be an e-mail address"],
  sms: [/^\+[1-9]\d{6,14}$/, 'must be a telephone number such as "+491701234567"'],
  webhook: [/^https?:\/\/[^\s/?#@]+/i, "must begin with https:// or http://"],
};

const aHeader: FieldCheck = (value, path, check) => {
  if (isSecret(value)) secretAt(value, path, check);
  else aText(value, path, check);
};

const headers: FieldCheck = (value, path, check) => {
  if (!isObject(value)) return check.error(path, "INVALID_TYPE", "must be an object of texts");
  for (const [name, header] of Object.entries(value)) {
    const at = `${path}.${name}`;
    if (!HEADER.test(name)) check.error(at, "INVALID_VALUE", "is not a name of a header");
    else aHeader(header, at, check);
  }
};

const to: FieldCheck = (value, path, check) => {
  if (isSecret(value)) return secretAt(value, path, check);
  const list = Array.isArray(value) ? (value as readonly Json[]) : [value];
  if (list.length === 0) check.error(path, "REQUIRED", "names whom the notice goes to");
  if (list.length > RECIPIENTS_MAX) {
    check.error(path, "LIMIT", `has more than ${RECIPIENTS_MAX} entries`);
  }
  for (const [index, one] of list.entries()) {
    aText(one, Array.isArray(value) ? `${path}[${index}]` : path, check);
  }
};

export const NOTIFY_FIELDS: Readonly<Record<string, FieldCheck>> = {
  channel: oneOf(...CHANNELS),
  to,
  subject: aText,
  body: aTemplate,
  headers,
  required: aBoolean,
};

/** What cannot be said of one field alone. */
export function checkNotify(node: JsonObject, path: string, check: Check): void {
  const { channel } = node;
  const need = (field: string, why: string) => {
    if (node[field] === undefined) check.error(`${path}.${field}`, "REQUIRED", why);
  };
  const without = (field: string, on: string) => {
    if (node[field] === undefined) return;
    check.error(`${path}.${field}`, "INVALID_VALUE", `${on} has no ${field}`);
  };
  if (node["with"] !== undefined) {
    const text = "with changes nothing on a node of type notify: what is sent is its body";
    check.warn(`${path}.with`, "NO_EFFECT", text);
  }
  need("channel", `a notify has a channel: ${CHANNELS.join(", ")}`);
  if (channel !== "webhook") without("headers", "only a webhook has headers: this notice");
  if (channel === "sms" || channel === "webhook") without("subject", `a notice by ${channel}`);
  if (channel === "event") {
    without("to", "an event goes to the deployment's own bus, and");
    need("subject", "an event has a subject, which is its type");
    return;
  }
  if (typeof channel !== "string" || !Object.hasOwn(ADDRESS, channel)) return;
  need("to", "a notice has an address that it goes to");
  need("body", "a notice has a body");
  if (channel === "email") need("subject", "an e-mail has a subject");
  checkAddresses(node["to"], channel, `${path}.to`, check);
  if (channel === "webhook") checkWhereSecretsGo(node, path, check);
}

function checkAddresses(
  value: Json | undefined,
  channel: string,
  path: string,
  check: Check,
): void {
  if (value === undefined) return;
  if (isSecret(value)) {
    if (channel === "webhook") return;
    return check.error(path, "INVALID_VALUE", "only the address of a webhook may be a secret");
  }
  const [shape, said] = ADDRESS[channel] ?? [/./, ""];
  const list = Array.isArray(value) ? (value as readonly Json[]) : [value];
  if (channel !== "email" && list.length > 1) {
    const text = `a notice by ${channel} has one address: use a map to send several`;
    check.error(path, "INVALID_VALUE", text);
  }
  for (const [index, one] of list.entries()) {
    if (typeof one !== "string" || isTemplateText(one) || shape.test(one)) continue;
    check.error(Array.isArray(value) ? `${path}[${index}]` : path, "INVALID_VALUE", said);
  }
}

/** Otherwise input could choose the server, which then receives the secrets. */
function checkWhereSecretsGo(node: JsonObject, path: string, check: Check): void {
  const { headers: given, to: address } = node;
  if (!isObject(given) || !Object.values(given).some(isSecret)) return;
  if (typeof address !== "string" || !isTemplateText(address)) return;
  if (/^https?:\/\/[^/?#{]+\//i.test(address)) return;
  const text = "must be literal up to the slash that begins the path, because a header is secret";
  check.error(`${path}.to`, "INVALID_VALUE", text);
}

function isSecret(value: Json | undefined): boolean {
  return value !== undefined && isObject(value) && "$secret" in value;
}

function secretAt(value: Json, path: string, check: Check): void {
  const name = isObject(value) && Object.keys(value).length === 1 ? value["$secret"] : undefined;
  if (typeof name === "string" && name !== "" && !isTemplateText(name)) return;
  check.error(path, "INVALID_VALUE", 'must be exactly {"$secret": "name"}, with a literal name');
}
