/**
 * The process in which a local file stands for one call of a function: its `handler` gets an event
 * and a context like Lambda's, and what it returns or throws is sent back as Lambda would.
 */
type Handler = (event: unknown, context: object) => unknown;
type Asked = Readonly<{ file: string; event: string; context: object; endsAt: number }>;

process.once("message", ({ file, event, context, endsAt }: Asked) => {
  const getRemainingTimeInMillis = () => Math.max(0, endsAt - Date.now());
  answer(file, event, { ...context, getRemainingTimeInMillis }).then(
    (value: unknown) => tell(JSON.stringify(value) ?? "", false),
    (error: unknown) => {
      const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
      const trace = stack?.split("\n").slice(0, 20) ?? [];
      tell(JSON.stringify({ errorType: name, errorMessage: message, trace }), true);
    },
  );
});

async function answer(file: string, event: string, context: object): Promise<unknown> {
  const { handler } = (await import(file)) as { handler?: Handler };
  if (typeof handler !== "function") throw new TypeError(`${file} exports no handler`);
  return await handler(JSON.parse(event), context);
}

function tell(payload: string, failed: boolean): void {
  // What the handler left running is not waited for: neither does Lambda.
  process.send?.({ payload, failed }, () => process.exit(0));
}
