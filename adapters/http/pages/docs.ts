import type { OpenApiDocument } from "../openapi.ts";
import { type Html, html } from "./html.ts";
import { markdownLine } from "./markdown-line.ts";
import { page } from "./page.ts";

type Operation = NonNullable<NonNullable<OpenApiDocument["paths"]>[string]["get"]>;
type Line = Readonly<{ method: string; path: string; operation: Operation }>;
type Field = Readonly<{ name: string; in: string; description?: string; required?: boolean }>;
type Content = Readonly<Record<string, { schema?: { $ref?: string } }>>;

const METHODS = ["get", "post", "put", "patch", "delete"] as const;

/** The OpenAPI document for people: every operation, what it takes and what it answers. */
export function docsPage(document: OpenApiDocument): string {
  const lines = operations(document);
  const { info, tags = [], components } = document;
  return page(
    `${info.title} API`,
    html`<h1>${info.title} API ${info.version}</h1>
<p>${markdownLine(info.description ?? "")}
The same as a document: <a href="/openapi.json">openapi.json</a>.
What each error code means: <a href="/docs/errors">errors</a>.</p>
<nav aria-label="Sections"><ul>
${tags.map(({ name }) => html`<li><a href="#${anchor(name)}">${name}</a></li>`)}
<li><a href="#schemas">Schemas</a></li>
</ul></nav>
${tags.map(
  ({ name, description }) => html`<section class="card" aria-labelledby="${anchor(name)}">
<h2 id="${anchor(name)}">${name}</h2>
<p>${markdownLine(description ?? "")}</p>
${lines.filter(({ operation }) => operation.tags?.includes(name)).map(entry)}
</section>`,
)}
<section class="card" aria-labelledby="schemas"><h2 id="schemas">Schemas</h2>
${Object.entries(components?.schemas ?? {}).map(
  ([name, schema]) => html`<h3 id="schema-${name}">${name}</h3>
<pre>${JSON.stringify(schema, null, 2)}</pre>`,
)}
</section>`,
  );
}

function operations(document: OpenApiDocument): readonly Line[] {
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation ? [{ method: method.toUpperCase(), path, operation }] : [];
    }),
  );
}

function entry({ method, path, operation }: Line): Html {
  const parameters = (operation.parameters ?? []) as readonly Field[];
  const body = operation.requestBody as { content?: Content } | undefined;
  return html`<h3 id="${operation.operationId ?? ""}"><code>${method} ${path}</code></h3>
<p>${operation.summary ?? ""}. ${markdownLine(operation.description ?? "")}</p>
<table><thead><tr><th scope="col">Part</th><th scope="col">What it is</th></tr></thead><tbody>
${parameters.map(parameter)}
${body && html`<tr><td>Body</td><td>${schemas(body.content)}</td></tr>`}
${Object.entries(operation.responses ?? {}).map(([status, response]) =>
  answer(status, response as { description?: string; content?: Content }),
)}
</tbody></table>`;
}

function parameter({ name, in: where, description, required }: Field): Html {
  const need = required === true ? ", required" : "";
  return html`<tr><td><code>${name}</code> (${where}${need})</td>
<td>${markdownLine(description ?? "")}</td></tr>`;
}

function answer(status: string, response: { description?: string; content?: Content }): Html {
  return html`<tr><td>${status}</td>
<td>${markdownLine(response.description ?? "")} ${schemas(response.content)}</td></tr>`;
}

function schemas(content: Content = {}): Html {
  const links = Object.entries(content).map(([type, { schema }]) => {
    const name = schema?.$ref?.split("/").at(-1);
    return name === undefined
      ? html`<code>${type}</code>`
      : html`<code>${type}</code> <a href="#schema-${name}">${name}</a>`;
  });
  return { markup: links.map(({ markup }) => markup).join(", ") };
}

function anchor(name: string): string {
  return name.toLowerCase().replaceAll(" ", "-");
}
