import type { Problem } from "../../../core/engine/refusal.ts";
import type { LinkView } from "../../../core/engine/views.ts";
import type { Json, JsonObject } from "../../../core/kernel/json.ts";
import { about, footer, time } from "./approval.ts";
import { type Field, fieldsOf, type Unread } from "./form-fields.ts";
import { type Html, html } from "./html.ts";
import { page } from "./page.ts";
import { preview } from "./preview.ts";

/** What was sent and was not taken, to be shown again with what is wrong with it. */
export type Tried = Readonly<{
  sent: JsonObject;
  errors: readonly Problem[];
  unread: readonly Unread[];
}>;

/** The page behind a signed link to a form or a question: the form, or the receipt. */
export function formPage(link: LinkView, tried?: Tried): string {
  const { status } = link.task;
  return status === "open" || status === "claimed" ? openPage(link, tried) : receiptPage(link);
}

function openPage(link: LinkView, tried: Tried | undefined): string {
  const { task, nonce } = link;
  const fields = fieldsOf(task.schema);
  const faults = tried ? faultsOf(fields, tried) : new Map<string, string>();
  const rest = faults.get("");
  const title = tried ? `Not sent yet: ${task.title}` : task.title;
  return page(
    title,
    html`<div class="card">
<h1 dir="auto">${task.title}</h1>
${task.description !== null && html`<p class="text" dir="auto">${task.description}</p>`}
${about(link)}
${task.preview !== null && html`<h2>What it is about</h2>${preview(task.preview)}`}
<h2>Your answer</h2>
${tried && alert(fields, faults)}
<form method="post">
<input type="hidden" name="nonce" value="${nonce}">
${fields.map((one) => controlOf(one, tried?.sent ?? {}, faults.get(one.control)))}
${rest !== undefined && html`<p class="fault">${rest}</p>`}
<p><button type="submit" class="yes">Send</button></p>
</form>
</div>`,
    footer(link),
  );
}

function alert(fields: readonly Field[], faults: ReadonlyMap<string, string>): Html {
  const wrong = fields.filter(({ control }) => faults.has(control));
  return html`<div role="alert" class="notice">
<p>Nothing was sent yet. ${wrong.length === 1 ? "One field needs" : "Some fields need"} another look.</p>
<ul>
${wrong.map(({ control, label }) => html`<li><a href="#${control}">${label}</a></li>`)}
</ul>
</div>`;
}

/** What is wrong, by control; what is about no field in particular by "". */
function faultsOf(fields: readonly Field[], { errors, unread }: Tried): Map<string, string> {
  const faults = new Map(unread.map(({ control, message }) => [control, message]));
  for (const { path, message } of errors) {
    const one = fields.find(({ name }) => name === undefined || isAt(path, name));
    const control = one?.control ?? "";
    if (!faults.has(control)) faults.set(control, message);
  }
  return faults;
}

/** Paths begin with `data`; names that are no words stand in brackets. */
function isAt(path: string, name: string): boolean {
  return [`data.${name}`, `data[${JSON.stringify(name)}]`].some(
    (at) => path === at || (path.startsWith(at) && /^[.[]/.test(path.slice(at.length))),
  );
}

function controlOf(one: Field, sent: JsonObject, fault: string | undefined): Html {
  const { kind } = one;
  if (kind === "yes-no" || kind === "several-of") return group(one, sent, fault);
  return html`<label for="${one.control}" dir="auto">${labelOf(one)}</label>
${said(one, fault)}
${input(one, sent, attributesOf(one, fault))}`;
}

function input(one: Field, sent: JsonObject, more: Html): Html {
  const { control: id, kind, choices, proposals } = one;
  const value = typeof sent[id] === "string" ? sent[id] : "";
  if (kind === "lines" || kind === "json") {
    return html`<textarea id="${id}" name="${id}" rows="4"${more}>${"\n"}${value}</textarea>`;
  }
  if (kind === "one-of") {
    const options = choices.map((choice, index) => {
      const chosen = value === String(index) && html` selected`;
      return html`<option value="${index}"${chosen || undefined}>${textOf(choice)}</option>`;
    });
    return html`<select id="${id}" name="${id}"${more}><option value="">Choose…</option>
${options}</select>`;
  }
  const type = kind === "date" ? "date" : "text";
  const mode = kind === "number" && html` inputmode="decimal"`;
  const list = proposals.length > 0 && html` list="${id}-list"`;
  return html`<input type="${type}" id="${id}" name="${id}" value="${value}"${mode || undefined}${list || undefined}${more}>
${
  proposals.length > 0 &&
  html`<datalist id="${id}-list">${proposals.map((text) => html`<option value="${text}"></option>`)}</datalist>`
}`;
}

function group(one: Field, sent: JsonObject, fault: string | undefined): Html {
  const { control: id, kind, choices } = one;
  const several = choices.map((choice, index): Html => {
    const name = `${id}-${index}`;
    const checked = sent[name] !== undefined && html` checked`;
    return html`<label class="choice"><input type="checkbox" name="${name}" value="yes"${checked || undefined}> ${textOf(choice)}</label>`;
  });
  const yesNo = (["yes", "no"] as const).map((value): Html => {
    const checked = sent[id] === value && html` checked`;
    return html`<label class="choice"><input type="radio" name="${id}" value="${value}"${checked || undefined}> ${value === "yes" ? "Yes" : "No"}</label>`;
  });
  return html`<fieldset id="${id}" class="choices"${describedBy(one, fault)}>
<legend dir="auto">${labelOf(one)}</legend>
${said(one, fault)}
${kind === "yes-no" ? yesNo : several}
</fieldset>`;
}

function labelOf({ label, isRequired }: Field): string {
  return isRequired ? label : `${label} (optional)`;
}

function said({ control: id, hint }: Field, fault: string | undefined): Html {
  return html`${hint !== "" && html`<p class="hint" id="${id}-hint" dir="auto">${hint}</p>`}
${fault !== undefined && html`<p class="fault" id="${id}-fault">${fault}</p>`}`;
}

function attributesOf(one: Field, fault: string | undefined): Html {
  const required = one.isRequired && html` aria-required="true"`;
  const invalid = fault !== undefined && html` aria-invalid="true"`;
  return html`${required || undefined}${invalid || undefined}${describedBy(one, fault)}`;
}

function describedBy({ control: id, hint }: Field, fault: string | undefined): Html {
  const ids = [hint !== "" && `${id}-hint`, fault !== undefined && `${id}-fault`].filter(Boolean);
  return ids.length > 0 ? html` aria-describedby="${ids.join(" ")}"` : html``;
}

function receiptPage(link: LinkView): string {
  const { task } = link;
  const done = task.decisions.at(-1);
  return page(
    `Answered: ${task.title}`,
    html`<div class="card">
<h1 dir="auto">${task.title}</h1>
<p role="status"><strong>The answer is recorded.</strong></p>
${
  done &&
  html`<dl>
<dt>Answered by</dt><dd dir="auto">${done.by}</dd>
<dt>When</dt><dd>${time(done.at)}</dd>
</dl>`
}
<h2>The answer</h2>
${preview(task.data)}
</div>`,
    footer(link),
  );
}

function textOf(choice: Json): string {
  return typeof choice === "string" ? choice : JSON.stringify(choice);
}
