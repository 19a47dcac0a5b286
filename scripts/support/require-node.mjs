// Plain JavaScript on purpose: this is what an older Node must still be able to read.
const MAJOR_MIN = 24;
const major = Number(process.versions.node.split(".")[0]);

if (major < MAJOR_MIN) {
  process.stderr.write(
    [
      `Holdfast needs Node ${MAJOR_MIN}, and this is Node ${process.versions.node}.`,
      "On Linux and Windows `npm ci` brings the right one along, as an optional dependency, and",
      "`npm start`, `npm test` and the other scripts use it. It is missing when packages were",
      "installed with `--omit=optional`, and on macOS and Alpine, for which there is no package.",
      `Run \`npm ci\` again without that flag, or put Node ${MAJOR_MIN} on the PATH.`,
      "",
    ].join("\n"),
  );
  process.exitCode = 1;
}
