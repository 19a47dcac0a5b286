import { instantText } from "../kernel/duration.ts";
import { bytesOf } from "../kernel/sizes.ts";
import type { ToolRecord } from "../store/tools.ts";
import { cursorOf, readCursor } from "./cursor.ts";
import type { EngineDeps } from "./deps.ts";
import type { Engine } from "./engine.ts";
import { ok, refuse } from "./refusal.ts";
import type { ToolView } from "./views.ts";

/** It must fit one row of the table. */
const TOOL_BYTES_MAX = 300_000;
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;

/**
 * Registering and reading tools. Those that come with the runtime are listed first; a tenant's own
 * of the same name takes the place of one.
 */
export function toolsOf(deps: EngineDeps): Engine["tools"] {
  const builtIns = [...deps.tools.builtins].map(([name, builtIn]): ToolView => {
    return { name, kind: "builtin", ...builtIn };
  });
  return {
    async list({ tenant }, { limit, cursor }) {
      const after = readCursor("tools", cursor);
      if (after === false) return { data: [], nextCursor: null };
      const { records, next } = await deps.toolStore.list(tenant, after, limit);
      const own = records.map(view);
      const data = after === undefined ? [...builtIns.filter(isNotIn(records)), ...own] : own;
      return { data, nextCursor: cursorOf("tools", next) };
    },

    async get({ tenant }, name) {
      const record = await deps.toolStore.get(tenant, name);
      const found = record ? view(record) : builtIns.find((tool) => tool.name === name);
      return found ? ok(found) : refuse("NOT_FOUND", `there is no tool "${name}"`);
    },

    async put({ tenant }, name, tool) {
      const problems = [...deps.toolProblems(tenant, name, tool)];
      if (!NAME.test(name)) {
        const message = "a tool's name is letters, digits, _, . and -, at most 128";
        problems.unshift({ path: "name", code: "INVALID_VALUE", message });
      }
      if (problems.length > 0) {
        return refuse("INVALID_TOOL", `the tool "${name}" cannot be registered`, {
          errors: problems,
        });
      }
      if (bytesOf(tool) > TOOL_BYTES_MAX) {
        return refuse("PAYLOAD_TOO_LARGE", `a tool has at most ${TOOL_BYTES_MAX} bytes`);
      }
      const { kind, config, updatedAt: _given, ...more } = tool;
      const record = await deps.toolStore.put(tenant, {
        ...more,
        name,
        kind: kind as ToolRecord["kind"],
        config: config ?? {},
        updatedAt: deps.clock.now(),
      });
      return ok(view(record));
    },

    async remove({ tenant }, name) {
      if (await deps.toolStore.remove(tenant, name)) return ok(null);
      return refuse("NOT_FOUND", `there is no tool "${name}"`);
    },
  };
}

function isNotIn(records: readonly ToolRecord[]) {
  const names = new Set(records.map(({ name }) => name));
  return (tool: ToolView) => !names.has(tool.name);
}

function view({ hash: _hash, updatedAt, ...tool }: ToolRecord): ToolView {
  return { ...tool, updatedAt: instantText(updatedAt) };
}
