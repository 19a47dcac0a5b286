import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { verifyHead } from "../../examples/verify-head.ts";
import { localNotary } from "../../local/local-notary.ts";

const HEAD = '{"at":1,"count":4,"head":"h","run":"run_1","tenant":"default","v":1}';

test("verify-head.ts tells what was signed, and takes nothing that was not", async () => {
  const notary = localNotary(randomBytes(32));
  const keys = await notary.keys();
  const signed = async (text: string) => ({ text, ...(await notary.sign(text)) });
  const right = await signed(`holdfast run head\n${HEAD}`);

  expect(verifyHead(keys, right)).toEqual(JSON.parse(HEAD));

  const altered = { ...right, text: right.text.replace("run_1", "run_2") };
  expect(() => verifyHead(keys, altered)).toThrow("not what was signed");
  const ofAnotherKind = await signed(`holdfast something else\n${HEAD}`);
  expect(() => verifyHead(keys, ofAnotherKind)).toThrow("not what was signed");
  const others = await localNotary(randomBytes(32)).keys();
  expect(() => verifyHead(others, right)).toThrow("none of the keys");
});
