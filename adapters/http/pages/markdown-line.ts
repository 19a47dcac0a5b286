import { type Html, html } from "./html.ts";

/** Text with `code` in it. Descriptions use nothing else of Markdown. */
export function markdownLine(text: string): Html {
  const parts = text.split("`");
  return {
    markup: parts
      .map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : html`${part}`).markup)
      .join(""),
  };
}
