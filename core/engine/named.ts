/** A workflow, or one version of it, as sentences name it. */
export function named(name: string, version: number | undefined): string {
  return version === undefined ? `"${name}"` : `"${name}" version ${version}`;
}
