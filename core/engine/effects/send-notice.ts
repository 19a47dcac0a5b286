import { instantText } from "../../kernel/duration.ts";
import { localName } from "../../kernel/frames.ts";
import { isObject, type Json, type JsonObject } from "../../kernel/json.ts";
import type { Run, Token } from "../../kernel/run.ts";
import type { Node } from "../../kernel/workflow.ts";
import { CallFailure } from "../../ports/call-failure.ts";
import type { Notice } from "../../ports/notices.ts";
import { escapeHtml, oneLine, plainText } from "../people/plain-text.ts";
import type { EffectDeps } from "./effect.ts";
import type { Answer } from "./perform.ts";

const ADDRESS = /^[^\s@,;:<>"()]{1,200}@[^\s@,;:<>"()]{1,200}$/u;
const NUMBER = /^\+[1-9]\d{6,14}$/;
const RECIPIENTS_MAX = 20;
const SUBJECT_LENGTH_MAX = 200;
/** What SNS takes for one message, in ten parts. */
const SMS_LENGTH_MAX = 1_600;
const URL_IN_TEXT = /https?:\/\/[^\s<>"]+/g;

/** Tells somebody what the committed start holds, and hands back the receipt. */
export async function sendNotice(
  deps: EffectDeps,
  run: Run,
  token: Token,
  node: Node | undefined,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Answer> {
  const input = isObject(token.input ?? null) ? (token.input as JsonObject) : {};
  const id = token.key ?? "";
  const common = { tenant: run.tenant, id, attempt: token.attempt, timeoutMs };
  const what = noticeOf(run, token, input, node?.document ?? {});
  const taken = await deps.notices.send({ ...common, ...what }, signal);
  const { to, subject } = input;
  const receipt = {
    channel: what.channel,
    id,
    ...(to !== undefined && { to }),
    ...(subject !== undefined && { subject }),
    ...taken,
  };
  return { output: receipt };
}

type Told<Of = Notice> = Of extends unknown
  ? Omit<Of, "tenant" | "id" | "attempt" | "timeoutMs">
  : never;

function noticeOf(run: Run, token: Token, input: JsonObject, document: JsonObject): Told {
  const { channel, to = null, subject, body = null } = input;
  switch (channel) {
    case "email":
      return mailOf(to, subject, body);
    case "sms": {
      const [number = "", ...more] = listOf(to);
      if (!NUMBER.test(number) || more.length > 0) {
        throw invalid("a text message goes to one number such as +491701234567");
      }
      const text = plainText(textOf(body));
      if (text.length > SMS_LENGTH_MAX) {
        throw invalid(`a text message has at most ${SMS_LENGTH_MAX} characters`);
      }
      return { channel, to: number, text };
    }
    case "event": {
      const type = oneLine(textOf(subject ?? ""));
      if (!/^[\w.-]{1,100}$/.test(type)) {
        throw invalid("the subject of an event is its type: letters, digits, dots and hyphens");
      }
      // Under a name of its own, so that no workflow can pass for the runtime.
      const detail = { runId: run.id, node: localName(token.node), data: body };
      return { channel, type: `notice.${type}`, at: instantText(token.since), detail };
    }
    case "webhook":
      return { channel, body, ...targetOf(to, input["headers"], document) };
    default:
      throw invalid("there is no such channel");
  }
}

function mailOf(to: Json, subject: Json | undefined, body: Json): Told {
  const addresses = listOf(to);
  const isGood = addresses.length > 0 && addresses.length <= RECIPIENTS_MAX;
  if (!isGood || !addresses.every((one) => ADDRESS.test(one))) {
    throw invalid(`an e-mail goes to 1 to ${RECIPIENTS_MAX} addresses`);
  }
  const text = plainText(textOf(body));
  const style = "white-space:pre-wrap;font-family:system-ui,sans-serif;font-size:16px";
  return {
    channel: "email",
    to: addresses,
    subject: oneLine(textOf(subject ?? ""), SUBJECT_LENGTH_MAX),
    text: `${text}\n`,
    html: `<!doctype html><html lang="en"><head><meta charset="utf-8"></head><body><p style="${style}">${escapeHtml(text)}</p></body></html>`,
    links: [...new Set(text.match(URL_IN_TEXT) ?? [])],
  };
}

/**
 * Where a webhook goes. Only what the document itself says to be a secret is one: a value that came
 * with the input may look like a marker, and must not be read as one.
 */
function targetOf(
  to: Json,
  headers: Json | undefined,
  document: JsonObject,
): { to: Json; headers: JsonObject } {
  const address = isMarker(document["to"]) ? document["to"] : (listOf(to)[0] ?? null);
  if (!isMarker(document["to"]) && typeof address !== "string") {
    throw invalid("a webhook goes to one URL");
  }
  const published = document["headers"];
  const given = headers !== undefined && isObject(headers) ? headers : {};
  const told = Object.entries(given).map(([name, value]): [string, Json] => {
    const own = published !== undefined && isObject(published) ? published[name] : undefined;
    if (isMarker(own)) return [name, own];
    return [name, typeof value === "string" ? value : JSON.stringify(value)];
  });
  return { to: address ?? null, headers: Object.fromEntries(told) };
}

function isMarker(value: Json | undefined): value is JsonObject {
  return value !== undefined && isObject(value) && "$secret" in value;
}

function listOf(to: Json): readonly string[] {
  const list = Array.isArray(to) ? (to as readonly Json[]) : [to];
  return list.map((one) => (typeof one === "string" ? one.trim() : ""));
}

function textOf(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

function invalid(why: string): CallFailure {
  return new CallFailure("NOTICE_INVALID", `The notice was not sent: ${why}.`, {
    retryable: false,
  });
}
