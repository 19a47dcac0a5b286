import type { Transport } from "./transport.ts";

export type Page<Item> = Readonly<{ data: readonly Item[]; nextCursor: string | null }>;

/** A list: `for await` goes through all of it, `page` reads one page. */
export type Listing<Item> = AsyncIterable<Item> &
  Readonly<{ page(cursor?: string): Promise<Page<Item>> }>;

export function listing<Item>(
  { send }: Transport,
  path: string,
  query: object = {},
): Listing<Item> {
  const page = (cursor?: string): Promise<Page<Item>> =>
    send("GET", path, { query: { ...query, ...(cursor !== undefined && { cursor }) } });
  return {
    page,
    async *[Symbol.asyncIterator]() {
      for (let cursor: string | undefined; ; ) {
        const { data, nextCursor } = await page(cursor);
        yield* data;
        if (nextCursor === null) return;
        cursor = nextCursor;
      }
    },
  };
}
