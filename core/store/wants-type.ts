/** `run.failed` for one type, `run.*` for a family, `*` or nothing for all. */
export function wantsType(types: readonly string[], type: string): boolean {
  if (types.length === 0) return true;
  return types.some((wanted) => {
    if (wanted === "*" || wanted === type) return true;
    return wanted.endsWith(".*") && type.startsWith(wanted.slice(0, -1));
  });
}
