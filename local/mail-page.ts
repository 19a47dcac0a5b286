import type { HttpResponse } from "../adapters/http/http.ts";
import { type Html, html } from "../adapters/http/pages/html.ts";
import { DOCS_CSP, page } from "../adapters/http/pages/page.ts";
import type { ReceivedMail } from "./local-mailbox.ts";

const HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};
// Links in the frame may open a tab, which is then an ordinary one. Nothing else is allowed.
const SANDBOX = "allow-popups allow-popups-to-escape-sandbox";

/** Every mail that was sent, for a person who tries things out. No script runs on it. */
export function mailPage(mails: readonly ReceivedMail[], limit: number): HttpResponse {
  const main = html`<h1>Mailbox</h1>
<p>This server delivers no mail. What it would have sent is here, newest first.
<a href="/mail">Look again</a></p>
${mails.length === 0 ? html`<p>There is no mail yet.</p>` : mails.map(article)}
${mails.length >= limit && html`<p>Only the newest ${limit} are shown.</p>`}`;
  return {
    status: 200,
    headers: { ...HEADERS, "content-security-policy": `${DOCS_CSP}; frame-src 'self'` },
    body: page("Mailbox – Holdfast", main),
  };
}

const CAPTURED = { sms: "No mail: a text message (SMS)", event: "No mail: an event" } as const;

function article({ id, to, subject, text, html: markup, links, at, channel }: ReceivedMail): Html {
  const frame = `/mail/html?id=${encodeURIComponent(id)}`;
  return html`<article class="card">
<h2>${subject}</h2>
${channel && html`<p><strong>${CAPTURED[channel]}</strong>, captured here and not sent</p>`}
<p>To ${to}, <time datetime="${at}">${at}</time></p>
${links.length > 0 && html`<ul>${links.map(linkItem)}</ul>`}
<pre>${text}</pre>
${
  markup !== "" &&
  html`<details><summary>As a mail program shows it</summary>
<iframe title="${subject}" src="${frame}" sandbox="${SANDBOX}" loading="lazy" width="100%" height="560"></iframe>
</details>`
}
</article>`;
}

/** What a workflow put into a mail may be any URL, and "javascript:" is one. */
function linkItem(link: string): Html {
  if (!/^https?:\/\//i.test(link)) return html`<li>${link}</li>`;
  return html`<li><a href="${link}" target="_blank" rel="noopener noreferrer">${link}</a></li>`;
}

/** The HTML part alone: for the frame of the page, and harmless when opened by itself. */
export function mailHtml(mail: ReceivedMail): HttpResponse {
  const body = mail.html.replace(/<head[^>]*>/i, (head) => `${head}<base target="_blank">`);
  const policy =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; " +
    `frame-ancestors 'self'; sandbox ${SANDBOX}`;
  return { status: 200, headers: { ...HEADERS, "content-security-policy": policy }, body };
}
