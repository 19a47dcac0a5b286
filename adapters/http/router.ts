import type { Route } from "./route.ts";

/** Everything that is served under one path. */
export type Endpoint = Readonly<{
  path: string;
  names: readonly string[];
  methods: ReadonlyMap<string, Route>;
  /** The value of `Allow`. */
  allow: string;
}>;

export type Found = Readonly<{
  endpoint: Endpoint;
  /** As sent, still encoded, in the order of `names`. */
  values: readonly string[];
}>;

type Node = { children: Map<string, Node>; any: Node | undefined; endpoint: Endpoint | undefined };

/** Compiled once: a lookup walks the path's segments, whatever the number of routes. */
export function router(routes: readonly Route[]): (path: string) => Found | undefined {
  const root = node();
  for (const [path, group] of Map.groupBy(routes, (route) => route.path)) {
    const names: string[] = [];
    let at = root;
    for (const segment of path.slice(1).split("/")) {
      if (segment.startsWith("{")) {
        names.push(segment.slice(1, -1));
        at = at.any ??= node();
      } else {
        const next = at.children.get(segment) ?? node();
        at.children.set(segment, next);
        at = next;
      }
    }
    at.endpoint = endpointOf(path, names, group);
  }
  return (path) => find(root, path);
}

function find(root: Node, path: string): Found | undefined {
  if (!path.startsWith("/")) return undefined;
  const values: string[] = [];
  let at: Node | undefined = root;
  for (const segment of path.slice(1).split("/")) {
    const next: Node | undefined = at.children.get(segment);
    if (next) {
      at = next;
      continue;
    }
    if (!at.any || segment === "") return undefined;
    values.push(segment);
    at = at.any;
  }
  return at.endpoint && { endpoint: at.endpoint, values };
}

function endpointOf(path: string, names: readonly string[], group: readonly Route[]): Endpoint {
  const methods = new Map<string, Route>(group.map((route) => [route.method, route]));
  const read = methods.get("GET");
  if (read) methods.set("HEAD", read);
  return { path, names, methods, allow: [...methods.keys(), "OPTIONS"].toSorted().join(", ") };
}

function node(): Node {
  return { children: new Map(), any: undefined, endpoint: undefined };
}
