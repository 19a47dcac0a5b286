/** Digits, `1o`, names of days and months, and offsets: what is read without a doubt. */
const COMPONENT =
  /^\s*(?:[YMDdHhmsfWwXx]\s*[#01]*\s*o?|[MxFP]\s*(?:N|n|Nn)?|[Zz]\s*(?:[01]{0,4}|[01]{1,2}:[01]{2})\s*t?)\s*(?:,[\d\s*-]*)?$/;
const PICTURE_LENGTH_MAX = 200;

/**
 * Whether a time can be read by a picture in linear time.
 *
 * JSONata makes a backtracking regular expression of the picture. It has one way to match, and so
 * no way back, when something that is no letter and no digit stands between two components, or
 * when one is of digits and the other of letters, or when both are of digits (their widths are then
 * fixed). Letters, Roman numbers and words as formats are not read at all.
 */
export function isReadable(picture: string): boolean {
  if (picture.length > PICTURE_LENGTH_MAX || /\[\[|\]\]/.test(picture)) return false;
  const pieces = picture.split(/\[([^\]]*)\]/);
  const components = pieces.filter((_, index) => index % 2 === 1);
  if (!components.every((component) => COMPONENT.test(component))) return false;
  return components.slice(1).every((after, index) => {
    const literal = pieces[2 * index + 2] ?? "";
    if (/[^A-Za-z0-9]/.test(literal)) return true;
    const [one, other] = [isOfLetters(components[index] ?? ""), isOfLetters(after)];
    if (literal === "") return !(one && other);
    return /^[A-Za-z]+$/.test(literal) && !one && !other;
  });
}

function isOfLetters(component: string): boolean {
  return /^\s*[PF]|[Nn]/.test(component);
}
