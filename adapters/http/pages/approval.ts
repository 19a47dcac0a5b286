import type { DecisionView, LinkView, TaskView } from "../../../core/engine/views.ts";
import { type Html, html } from "./html.ts";
import { page } from "./page.ts";
import { preview } from "./preview.ts";

/** The page behind a signed link: what is asked while it is open, the receipt after that. */
export function approvalPage(link: LinkView, notice?: string): string {
  const mine = link.task.decisions.find((decision) => decision.by === link.approver);
  const isOpen = link.task.status === "open" || link.task.status === "claimed";
  if (isOpen && mine === undefined) return openPage(link, notice);
  return receiptPage(link, mine ?? link.task.decisions.at(-1));
}

/** Somebody decided otherwise: who, what and when; and that this decision was not recorded. */
export function conflictPage(decision: string, decidedBy: string, at: string): string {
  return page(
    "Already decided",
    html`<div class="card">
<h1>Already decided</h1>
<p role="status" class="notice">Your decision was not recorded.</p>
<dl>
<dt>Decision</dt><dd dir="auto">${decision}</dd>
<dt>Decided by</dt><dd dir="auto">${decidedBy}</dd>
<dt>When</dt><dd>${time(at)}</dd>
</dl>
</div>`,
  );
}

/** The same for links that expired, were used up, were recalled or never existed. */
export function deadPage(): string {
  return page(
    "This link no longer works",
    html`<div class="card">
<h1>This link no longer works</h1>
<p>It was used, it expired, or what it asked is no longer open. There is nothing to do here.</p>
<p>If you expected to decide something, ask whoever sent you the link.</p>
</div>`,
  );
}

export function troublePage(title: string, detail: string, requestId: string): string {
  return page(
    title,
    html`<div class="card">
<h1>${title}</h1>
<p role="alert" class="notice">${detail}</p>
<p>Open the link from your message again.</p>
</div>`,
    html`<p>Request <code>${requestId}</code></p>`,
  );
}

function openPage(link: LinkView, notice: string | undefined): string {
  const { task } = link;
  return page(
    task.title,
    html`<div class="card">
${notice !== undefined && html`<p role="alert" class="notice">${notice}</p>`}
<h1 dir="auto">${task.title}</h1>
${task.description !== null && html`<p class="text" dir="auto">${task.description}</p>`}
${about(link)}
<h2>What you decide on</h2>
${preview(task.preview)}
${form(link)}
</div>`,
    footer(link),
  );
}

/** Without an action a form posts to its page's own path: the token is nowhere in the markup. */
function form({ task, nonce }: LinkView): Html {
  return html`<h2>Your decision</h2>
<form method="post">
<input type="hidden" name="nonce" value="${nonce}">
<input type="hidden" name="digest" value="${task.digest}">
<label for="comment">Comment (optional)</label>
<textarea id="comment" name="comment" maxlength="10000" rows="4"></textarea>
<fieldset>
<legend>Choose one</legend>
${task.options.map(
  ({ id, label }) =>
    html`<button type="submit" name="decision" value="${id}" class="${look(id)}">${label}</button>`,
)}
</fieldset>
</form>`;
}

function receiptPage(link: LinkView, decision: DecisionView | undefined): string {
  const { task } = link;
  const isOver = task.status !== "open" && task.status !== "claimed";
  return page(
    `Decided: ${task.title}`,
    html`<div class="card">
<h1 dir="auto">${task.title}</h1>
<p role="status"><strong>${decision ? "The decision is recorded." : "This is closed."}</strong></p>
${
  decision &&
  html`<dl>
<dt>Decision</dt><dd dir="auto">${labelOf(task, decision.decision)}</dd>
<dt>Decided by</dt><dd dir="auto">${decision.by}</dd>
<dt>When</dt><dd>${time(decision.at)}</dd>
${decision.comment !== undefined && html`<dt>Comment</dt><dd dir="auto">${decision.comment}</dd>`}
</dl>`
}
${!isOver && html`<p>Others are still asked: ${votes(task)}.</p>`}
<h2>What was decided on</h2>
${preview(task.preview)}
</div>`,
    footer(link),
  );
}

/** Whom it asks, for what, and by when. */
export function about({ task, approver }: LinkView): Html {
  return html`<dl>
<dt>Who is asked</dt><dd dir="auto">${approver}</dd>
<dt>Workflow</dt><dd>${task.workflow}, step ${task.node}</dd>
${task.due !== null && html`<dt>Due</dt><dd>${time(task.due)}</dd>`}
${task.quorum > 1 && html`<dt>Needed</dt><dd>${votes(task)}</dd>`}
</dl>`;
}

export function footer({ task, expires }: LinkView): Html {
  return html`<p>Run <code>${shortId(task.runId)}</code> · what is decided on has the digest
<code>${task.digest}</code> · this link works until ${time(expires)}</p>`;
}

/** The last eight characters: enough for a person to tell runs apart, in mails and on pages. */
export function shortId(runId: string): string {
  return runId.slice(-8);
}

function votes(task: TaskView): string {
  return `${task.quorum} must agree, ${task.decisions.length} decided so far`;
}

function labelOf(task: TaskView, id: string): string {
  return task.options.find((option) => option.id === id)?.label ?? id;
}

function look(option: string): string {
  if (option === "approved") return "yes";
  return option === "rejected" ? "no" : "plain";
}

let format: Intl.DateTimeFormat | undefined;

export function time(at: string): Html {
  const instant = Date.parse(at);
  if (Number.isNaN(instant)) return html`${at}`;
  // Made when first needed: a server that starts again after a crash should not wait for it.
  format ??= new Intl.DateTimeFormat("en-GB", {
    dateStyle: "long",
    timeStyle: "short",
    timeZone: "UTC",
  });
  return html`<time datetime="${at}">${format.format(instant)} UTC</time>`;
}
