import { openDataFolder } from "../../local/data-folder.ts";

/** A process of its own that takes a data folder, says so, and keeps it until it is killed. */
const opened = await openDataFolder(process.argv[2] ?? "");
if (opened.ok) {
  opened.folder.announce(4711);
  process.stdout.write("holding\n");
  setInterval(() => undefined, 1000);
} else {
  process.stdout.write(`refused: ${opened.message}\n`);
}
