export type Plant = Readonly<{
  name: string;
  /** Histories that are told by seed, or one misfortune at each write in turn. */
  by: "histories" | "misfortunes";
  file: string;
  from: string;
  to: string;
}>;

/** Each is a mistake that a durable runtime must not make, in as few characters as it takes. */
export const PLANTS: readonly Plant[] = [
  {
    name: "drop-fence",
    by: "histories",
    file: "core/store/run-log.ts",
    from: 'const put: Operation = { type: "put", item: made.item, when: { type: "absent" } };',
    to: 'const put: Operation = { type: "put", item: made.item };',
  },
  {
    name: "acknowledge-before-commit",
    by: "histories",
    file: "core/engine/handle.ts",
    from: "    const committed = await commit(deps, given, base, decision)",
    to:
      '    if (command.type === "run.signal" || command.type === "task.decide") {\n' +
      "      commit(deps, given, base, decision).catch(() => undefined);\n" +
      "      return { ...decision, context, committed: true };\n    }\n" +
      "    const committed = await commit(deps, given, base, decision)",
  },
  {
    name: "reuse-key",
    by: "histories",
    file: "core/kernel/nodes/effect.ts",
    from: "const key = `${draft.run.seed}-${place}-${visit}`;",
    to: "const key = `${draft.run.seed}-${place}`;",
  },
  {
    name: "fire-unchecked",
    by: "histories",
    file: "core/kernel/advance.ts",
    from: "if (token.dueAt > draft.at || ",
    to: "if (",
  },
  {
    name: "leave-task-open",
    by: "histories",
    file: "core/kernel/end-run.ts",
    from: "if (task.token !== token.id) continue;",
    to: "if (task.token >= 0) continue;",
  },
  {
    name: "call-before-commit",
    by: "histories",
    file: "core/engine/handle.ts",
    from: "    const committed = await commit(deps, given, base, decision)",
    to:
      '    if (command.type === "run.advance") {\n' +
      "      commit(deps, given, base, decision).catch(() => undefined);\n" +
      "      return { ...decision, context, committed: true };\n    }\n" +
      "    const committed = await commit(deps, given, base, decision)",
  },
  {
    name: "lost-answer-is-lost-race",
    by: "misfortunes",
    file: "core/store/run-log.ts",
    from: 'if (stored?.item?.["id"] !== id) {',
    to: 'if (stored?.item?.["id"] !== "") {',
  },
  {
    name: "drop-child-end",
    by: "misfortunes",
    file: "core/store/child-rows.ts",
    from: "if (hasEnded(after) && before.seq > 0 && awaited && parent !== undefined) {",
    to: "if (hasEnded(after) && before.seq < 0 && awaited && parent !== undefined) {",
  },
];
