export type Page = Readonly<{
  url: string;
  status: number;
  title: string;
  /** Hidden fields of its form. */
  hidden: Readonly<Record<string, string>>;
  /** What its buttons send as `decision`. */
  decisions: readonly string[];
  /** The facts that it lists, as `name: value`. */
  facts: readonly string[];
}>;

/** A browser sends no more of where it came from than this, since the page forbids referrers. */
const BROWSER = { accept: "text/html,application/xhtml+xml", "user-agent": "Mozilla/5.0" };

/** Opens a signed link as a person does. */
export async function openPage(url: string): Promise<Page> {
  return pageIn(url, await fetch(url, { headers: BROWSER }));
}

/** Presses one of the page's buttons: the form goes back, encoded as browsers do it. */
export async function press(page: Page, decision: string, comment: string): Promise<Page> {
  const answer = await fetch(page.url, {
    method: "POST",
    headers: { ...BROWSER, origin: "null", "sec-fetch-site": "same-origin" },
    body: new URLSearchParams({ ...page.hidden, comment, decision }),
  });
  return pageIn(page.url, answer);
}

async function pageIn(url: string, answer: Response): Promise<Page> {
  const html = await answer.text();
  const all = (pattern: RegExp) => [...html.matchAll(pattern)];
  return {
    url,
    status: answer.status,
    title: textOf(/<h1[^>]*>(.*?)<\/h1>/s.exec(html)?.[1] ?? ""),
    hidden: Object.fromEntries(
      all(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g).map(
        ([, name = "", value = ""]) => [name, textOf(value)],
      ),
    ),
    decisions: all(/<button [^>]*name="decision" value="([^"]*)"/g).map(([, id = ""]) => id),
    facts: all(/<dt[^>]*>(.*?)<\/dt>\s*<dd[^>]*>(.*?)<\/dd>/gs).map(
      ([, name = "", value = ""]) => `${textOf(name)}: ${textOf(value)}`,
    ),
  };
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  "#39": "'",
};

function textOf(html: string): string {
  return html
    .replace(/<[^>]*>/g, "")
    .replace(/&([\w#]+);/g, (whole, name: string) => ENTITIES[name] ?? whole)
    .trim();
}
