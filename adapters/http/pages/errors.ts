import { PROBLEMS } from "../error-catalog.ts";
import { anchorOf } from "../problem.ts";
import { RUN_ERRORS } from "../run-error-catalog.ts";
import { SERVER_PROBLEMS } from "../server-error-catalog.ts";
import { type Html, html } from "./html.ts";
import { markdownLine } from "./markdown-line.ts";
import { page } from "./page.ts";

const ANSWERS = { ...PROBLEMS, ...SERVER_PROBLEMS };

/** What each code means and what to do next; the `type` of every problem points here. */
export function errorsPage(): string {
  return page(
    "Errors",
    html`<h1>Errors</h1>
<h2>Answers of the API</h2>
${Object.entries(ANSWERS).map(([code, { status, title, next }]) =>
  entry(code, `${title}. Status ${status}.`, next),
)}
<h2>Failures of steps and runs</h2>
${Object.entries(RUN_ERRORS).map(([code, { title, next }]) => entry(code, `${title}.`, next))}`,
  );
}

function entry(code: string, what: string, next: string): Html {
  return html`<h3 id="${anchorOf(code)}"><code>${code}</code></h3>
<p>${what} ${markdownLine(next)}</p>`;
}

/** The text of docs/errors.md, which is the same page for readers of the repository. */
export function errorsMarkdown(): string {
  const answers = Object.entries(ANSWERS).map(([code, { status, title, next, retryable }]) => {
    const again = retryable === true ? ", retryable" : "";
    return `### ${code}\n\nStatus ${status}${again}. ${title}. ${next}`;
  });
  const failures = Object.entries(RUN_ERRORS).map(
    ([code, { title, next }]) => `### ${code.replace(/[<>]/g, "\\$&")}\n\n${title}. ${next}`,
  );
  return `# Errors

Every answer that is not the wanted one is an RFC 9457 problem with one of the first codes. The
second ones stand in \`error.code\` of failed steps and runs, and edges can take them. Codes are
stable. This page is made from \`adapters/http/error-catalog.ts\` and
\`adapters/http/run-error-catalog.ts\` (by \`npm test -- test/http/errors.test.ts -u\`), and served at
\`/docs/errors\`.

## Answers of the API

${answers.join("\n\n")}

## Failures of steps and runs

${failures.join("\n\n")}
`;
}
