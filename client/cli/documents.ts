import type { ProblemError } from "../http/problem-error.ts";
import type { JsonObject, Published } from "../http/wire.ts";
import type { Command } from "./command.ts";
import { jsonIn, needed } from "./command.ts";

const publish: Command = {
  takes: "FILE…",
  does: "publishes workflow documents",
  async run({ holdfast, args, say, read }) {
    for (const file of args) {
      const document = (await jsonIn(`@${file}`, read)) as JsonObject;
      const published = await holdfast.workflows.publish(document);
      say(saidOf(published), published);
    }
    return true;
  },
};

const validate: Command = {
  takes: "FILE",
  does: "says all that is wrong with a document, and publishes nothing",
  async run({ holdfast, args, say, read }) {
    const document = (await jsonIn(`@${needed(args, 0)}`, read)) as JsonObject;
    const found = await holdfast.workflows.validate(document);
    const faults = [...found.errors, ...found.warnings].map(
      ({ path, code, message }) => `${path || "the document"}: ${code}: ${message}`,
    );
    say([found.valid ? "valid" : "not valid", ...faults].join("\n"), found);
    return found.valid;
  },
};

const imports: Command = {
  takes: "FILE",
  does: "translates a document of another language, and publishes it",
  options: {
    from: "asl",
    name: "what the workflow is to be called",
    tools: 'JSON or @FILE: which of our tools does what the document names, `{"theirs": "ours"}`',
    "dry-run": "",
  },
  async run({ holdfast, args, options, say, read }) {
    const dialect = options["from"] ?? "asl";
    const tools = options["tools"] === undefined ? undefined : await jsonIn(options["tools"], read);
    const request = {
      dialect: dialect as "asl",
      document: await jsonIn(`@${needed(args, 0)}`, read),
      ...(options["name"] !== undefined && { name: options["name"] }),
      ...(tools !== undefined && { tools: tools as Readonly<Record<string, string>> }),
      ...(options["dry-run"] !== undefined && { dryRun: true }),
    };
    const imported = await holdfast.workflows.import(request);
    const { published, document, warnings } = imported;
    const text = published ? saidOf(published) : JSON.stringify(document, null, 2);
    say([text, ...warnings.map(({ path, message }) => `${path}: ${message}`)].join("\n"), imported);
    return true;
  },
};

function saidOf({ name, version, warnings = [] }: Published): string {
  const said = warnings.map(({ path, message }) => `  ${path}: ${message}`);
  return [`${name} version ${version}`, ...said].join("\n");
}

/** What a refusal says, with each fault in its own line. */
export function refusalText(error: ProblemError): string {
  const faults = error.errors.map(({ path, message }) => `  ${path || "the whole"}: ${message}`);
  return [`${error.code}: ${error.detail}`, ...faults].join("\n");
}

export const documentCommands = { publish, validate, import: imports };
