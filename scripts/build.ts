import { bundleFunctions } from "./build/bundle-functions.ts";
import { reportOn } from "./build/size-report.ts";

/** `npm run build` bundles each function into `dist/lambdas/<name>`, and says what it weighs. */
const bundles = await bundleFunctions();
const { text, isTooLarge } = reportOn(bundles);
console.log(text);
if (isTooLarge) process.exitCode = 1;
