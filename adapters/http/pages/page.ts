import { createHash } from "node:crypto";
import { type Html, html } from "./html.ts";
import { STYLE } from "./style.ts";

const STYLE_HASH = `'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`;
const NOTHING_ELSE = `default-src 'none'; style-src ${STYLE_HASH}; base-uri 'none'; frame-ancestors 'none'`;

/** Pages have one inline sheet, known by its hash, and nothing else: no script can run in them. */
export const DOCS_CSP = `${NOTHING_ELSE}; form-action 'none'`;
export const FORM_CSP = `${NOTHING_ELSE}; form-action 'self'`;

export function page(title: string, main: Html, footer?: Html): string {
  const body = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${{ markup: STYLE }}</style>
</head>
<body>
<header><p>Holdfast</p></header>
<main>
${main}
</main>
${footer && html`<footer>${footer}</footer>`}
</body>
</html>
`;
  return body.markup;
}
