export type BannerFacts = Readonly<{
  url: string;
  dataFolder: string;
  /** Undefined when the environment fixes it: who set it knows it, and a log need not. */
  apiKey: string | undefined;
  platformKey: string | undefined;
  /** The mailbox and the clock are served. */
  dev: boolean;
  /** How far the clock was moved, if it was. */
  clockOffsetMs: number;
  example: Readonly<{ file: string; workflow: string; input: object }>;
}>;

/** What a person sees who started the server: where it is, and what to type next. */
export function banner(facts: BannerFacts): string {
  const { url, dataFolder, apiKey, platformKey, dev, clockOffsetMs, example } = facts;
  const run = JSON.stringify({ workflow: example.workflow, input: example.input });
  const lines = [
    "",
    `  Holdfast is ready at ${url}`,
    "",
    `  Documentation   ${url}/docs`,
    dev
      ? `  Mailbox         ${url}/mail`
      : "  Mailbox         off, as other machines can reach it; HOLDFAST_DEV=1 turns it on",
    `  API key         ${apiKey ?? "as set in HOLDFAST_API_KEY"}`,
    `  Platform key    ${platformKey ?? "as set in HOLDFAST_PLATFORM_KEY"}`,
    `  Data            ${dataFolder}`,
    ...(clockOffsetMs > 0 ? [`  Clock           moved forward by ${spanText(clockOffsetMs)}`] : []),
    "",
    "  Publish a workflow and run it, from another terminal:",
    "",
    ...(apiKey === undefined ? [] : [`HOLDFAST_API_KEY=${quoted(apiKey)}`]),
    `curl -sS ${url}/v1/workflows -H "Authorization: Bearer $HOLDFAST_API_KEY" \\`,
    `  -H 'Content-Type: application/json' -d @${quoted(example.file)}; echo`,
    `curl -sS '${url}/v1/runs?wait=5' -H "Authorization: Bearer $HOLDFAST_API_KEY" \\`,
    `  -H 'Content-Type: application/json' -d ${quoted(run)}; echo`,
    "",
  ];
  return `${lines.join("\n")}\n`;
}

/** One word for a shell, whatever is in it. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function spanText(ms: number): string {
  const hours = Math.floor(ms / 3_600_000);
  if (hours >= 48) return `${Math.floor(hours / 24)} days`;
  return hours >= 1
    ? `${hours} h ${Math.floor((ms % 3_600_000) / 60_000)} min`
    : `${Math.ceil(ms / 1000)} s`;
}
