import { type ApprovalText, CUT, PERSONAL } from "./approval-text.ts";
import { escapeHtml } from "./plain-text.ts";

const FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif";
const BUTTON =
  "display:inline-block;padding:12px 20px;background:#0b5cad;color:#ffffff;" +
  "text-decoration:none;border-radius:6px;font-weight:600";
const QUOTE =
  "white-space:pre-wrap;overflow-wrap:anywhere;margin:0;padding:12px 16px;background:#f3f5f7;" +
  "border-left:4px solid #8a97a5;font-family:ui-monospace,Menlo,Consolas,monospace;font-size:14px";

/** The mail for people, in HTML. It loads nothing, so that opening it tells nobody anything. */
export function approvalMailHtml(text: ApprovalText): string {
  const { words, title, description, preview, previewComplete, due, url, origin } = text;
  const options = text.options.length > 0 && `Possible decisions: ${text.options.join(", ")}`;
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width"><meta name="referrer" content="no-referrer">',
    `<title>${escapeHtml(title)}</title></head>`,
    `<body style="margin:0;background:#ffffff;color:#16191f;${FONT};font-size:16px;line-height:1.5">`,
    '<main style="max-width:600px;margin:0 auto;padding:24px">',
    `<p style="margin:0 0 4px;color:#545b64">${words.lead}</p>`,
    `<h1 style="margin:0 0 16px;font-size:22px;line-height:1.3">${escapeHtml(title)}</h1>`,
    description && `<p style="white-space:pre-wrap">${escapeHtml(description)}</p>`,
    preview && `<p>${words.about}</p><pre style="${QUOTE}">${escapeHtml(preview)}</pre>`,
    previewComplete ? "" : `<p>${CUT}</p>`,
    `<p>${escapeHtml(due)}${options ? `<br>${escapeHtml(options)}` : ""}</p>`,
    `<p style="margin:24px 0"><a style="${BUTTON}" href="${escapeHtml(url)}">${words.button}</a></p>`,
    `<p>${words.harmless} ${PERSONAL}</p>`,
    `<p style="color:#545b64;font-size:13px;overflow-wrap:anywhere">${escapeHtml(origin)}</p>`,
    "</main></body></html>",
  ]
    .filter((part) => part !== "")
    .join("\n");
}
