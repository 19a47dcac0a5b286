import type { Bus } from "../../core/ports/bus.ts";
import { CallFailure } from "../../core/ports/call-failure.ts";
import { Fault } from "../../core/ports/fault.ts";
import type { Mailer } from "../../core/ports/mailer.ts";
import type { Channel, Notice, Notices, Taken } from "../../core/ports/notices.ts";
import { isTransient, type Outbound, retryAfterMs } from "../../core/ports/outbound.ts";
import type { Secrets } from "../../core/ports/secrets.ts";
import type { Texter } from "../../core/ports/texter.ts";
import { openSecrets } from "./secret-markers.ts";

/** What a deployment can tell by. A channel that is not there is refused by name. */
export type Channels = Readonly<{
  mailer?: Mailer;
  texter?: Texter;
  bus?: Bus;
  /** Mails, messages and events are kept for people to look at, and go nowhere. */
  captures?: true;
}>;

type Parts = Channels & Readonly<{ secrets: Secrets; request: Outbound }>;

/** Of the answer of a webhook nothing is kept but its status. */
const ANSWER_BYTES_MAX = 64 * 1024;

/** Tells the world by whatever channels there are. */
export function notices(parts: Parts): Notices {
  const { mailer, texter, bus } = parts;
  const taken: Taken = parts.captures ? { captured: true } : {};
  return {
    async send(notice, signal) {
      switch (notice.channel) {
        case "email": {
          const { id, subject, text, html, links } = notice;
          const to = notice.to.join(", ");
          const sent = { id, to, recipients: notice.to, subject, text, html, links };
          await by(notice.channel, mailer, (one) => one.send(sent));
          return taken;
        }
        case "sms": {
          const { id, to, text } = notice;
          await by(notice.channel, texter, (one) => one.send({ id, to, text }));
          return taken;
        }
        case "event": {
          const { id, tenant, type, at, detail } = notice;
          const event = { id, tenant, type, at, detail };
          await by(notice.channel, bus, (one) => one.publish([event]));
          return taken;
        }
        case "webhook":
          return post(parts, notice, signal);
      }
    },
  };
}

async function by<Port>(
  channel: Channel,
  port: Port | undefined,
  send: (port: Port) => Promise<void>,
): Promise<void> {
  if (port === undefined) {
    const message = `This deployment sends nothing by ${channel}.`;
    throw new CallFailure("CHANNEL_NOT_CONFIGURED", message, { retryable: false });
  }
  try {
    await send(port);
  } catch (cause) {
    if (!(cause instanceof Fault)) throw cause;
    const { message, retryable } = cause;
    throw new CallFailure("NOTICE_FAILED", message, { retryable, cause });
  }
}

/** What was published has texts and secrets here, and no others. */
type Filled = Readonly<{ to: string; headers: Readonly<Record<string, string>> }>;

async function post(
  { secrets, request }: Parts,
  notice: Extract<Notice, { channel: "webhook" }>,
  signal: AbortSignal,
): Promise<Taken> {
  const { tenant, to, headers, body, id, attempt, timeoutMs } = notice;
  const opened = await openSecrets({ to, headers }, (name) => secrets.get(tenant, name));
  const filled = opened.fill(opened.config) as Filled;
  const own = Object.entries(filled.headers).map(([name, value]) => [name.toLowerCase(), value]);
  const answer = await request({
    url: filled.to,
    method: "POST",
    headers: {
      "user-agent": "holdfast",
      "content-type": "application/json",
      ...Object.fromEntries(own),
      "idempotency-key": id,
    },
    body: JSON.stringify(body),
    timeoutMs,
    bytesMax: ANSWER_BYTES_MAX,
    signal,
  }).catch((error: unknown) => {
    if (!(error instanceof CallFailure)) throw error;
    const { code, message, retryable, cause } = error;
    throw new CallFailure(code, opened.hideInText(message), { retryable, cause });
  });
  const { status } = answer;
  if (status >= 200 && status < 300) return { status };
  const redirected = status >= 300 && status < 400 ? " Redirects are not followed." : "";
  const isRepeat = status === 409 && attempt > 1;
  throw new CallFailure(`HTTP_${status}`, `The webhook answered HTTP ${status}.${redirected}`, {
    retryable: isTransient(status) || isRepeat,
    retryAfterMs: retryAfterMs(answer.headers["retry-after"], Date.now()),
  });
}
