/** One fault of a document or a body. `path` is like `nodes[2].with.amount`; "" is the whole. */
export type Problem = Readonly<{ path: string; code: string; message: string }>;
