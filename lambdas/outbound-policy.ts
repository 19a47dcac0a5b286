/**
 * Whether tools and webhooks may be on this machine. No stack sets it: in a function, loopback is
 * the runtime of Lambda itself. The tests of the deployed bundles do, whose tools are beside them.
 */
export function outboundPolicy(): { allowLoopback: boolean } {
  return { allowLoopback: process.env["HOLDFAST_ALLOW_LOOPBACK"] === "yes" };
}
