const LENGTH_MAX = 64;
/** Room for what is put behind a state's name for the nodes that it needs beside its own. */
const STATE_LENGTH_MAX = 48;

/** Ids of nodes: letters, digits, `_` and `-`, each of them once in the whole workflow. */
export type Names = Readonly<{ take(wanted: string): string }>;

export function newNames(): Names {
  const taken = new Set<string>();
  return {
    take(wanted) {
      const plain = wanted.replaceAll(/[^A-Za-z0-9_-]+/g, "-").slice(0, LENGTH_MAX - 6);
      const base = /^[A-Za-z_]/.test(plain) && plain !== "__proto__" ? plain : `s-${plain}`;
      let id = base;
      for (let n = 2; taken.has(id); n++) id = `${base}-${n}`;
      taken.add(id);
      return id;
    },
  };
}

/** What a state's own node is called. */
export function nodeName(state: string): string {
  return state.slice(0, STATE_LENGTH_MAX);
}
