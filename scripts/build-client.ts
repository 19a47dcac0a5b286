import { bundleClient } from "./build/bundle-client.ts";

/** `npm run build:client` makes the client a package of its own, in `dist/client`. */
await bundleClient();
console.log("dist/client is a package: npm install ./dist/client, or npm pack ./dist/client");
