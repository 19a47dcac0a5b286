/** The version of the repository; the bundle has it in the place of this variable. */
export const VERSION = process.env["HOLDFAST_VERSION"] ?? "0.0.0";
