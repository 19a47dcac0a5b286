/** Markup that is safe to send: made by `html`, which escapes whatever is put into it. */
export type Html = Readonly<{ markup: string }>;

type Piece = string | number | Html | readonly Html[] | false | undefined;

export function html(texts: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  let markup = texts[0] ?? "";
  for (const [index, piece] of pieces.entries())
    markup += markupOf(piece) + (texts[index + 1] ?? "");
  return { markup };
}

function markupOf(piece: Piece): string {
  if (piece === undefined || piece === false) return "";
  if (typeof piece === "string" || typeof piece === "number") return escapeHtml(String(piece));
  return isMany(piece) ? piece.map((one) => one.markup).join("\n") : piece.markup;
}

/** Text for elements and quoted attributes. Control characters would vanish or mislead: U+FFFD. */
export function escapeHtml(text: string): string {
  return text
    .replace(/[^\P{Cc}\t\n\r]/gu, "\uFFFD")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

const isMany: (piece: Html | readonly Html[]) => piece is readonly Html[] = Array.isArray;
