// Characters that are not seen but change how others are: controls, and those that turn the
// direction of writing, with which "exe.fdp" reads as "pdf.exe".
const UNSEEN = /[\p{Cc}\u2028-\u202e\u2066-\u2069\ufeff]/gu;
const UNSEEN_BUT_BREAKS = /[^\P{Cc}\n]|[\u2028-\u202e\u2066-\u2069\ufeff]/gu;

/** Text for one line of a header or a list: no breaks, nothing unseen, not too long. */
export function oneLine(text: string, lengthMax = 200): string {
  const line = text.toWellFormed().replace(UNSEEN, " ").replace(/ {2,}/g, " ").trim();
  return line.length <= lengthMax ? line : `${line.slice(0, lengthMax - 1).toWellFormed()}…`;
}

/** Text with its line breaks, all of them as "\n", and without anything else that is not seen. */
export function plainText(text: string): string {
  const unix = text.toWellFormed().replace(/\r\n?/g, "\n").replace(/\t/g, "  ");
  return unix.replace(UNSEEN_BUT_BREAKS, "");
}

/** Text as it must be written into HTML, also inside of quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
