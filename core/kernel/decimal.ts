/** The sum as on paper: 0.1 and 0.2 are 0.3, which binary numbers do not make of them. */
export function decimalSum(numbers: readonly number[]): number {
  const written = numbers.map((number) => parts(number));
  const places = Math.max(0, ...written.map((one) => one.places));
  if (places > PLACES_MAX) return numbers.reduce((sum, number) => sum + number, 0);
  let sum = 0n;
  for (const one of written) sum += one.digits * 10n ** BigInt(places - one.places);
  const sign = sum < 0n ? "-" : "";
  const text = String(sum < 0n ? -sum : sum).padStart(places + 1, "0");
  const point = text.length - places;
  return Number(`${sign}${text.slice(0, point)}.${text.slice(point)}0`);
}

const PLACES_MAX = 400;

function parts(number: number): { digits: bigint; places: number } {
  const [mantissa = "0", exponent = "0"] = String(number).split("e");
  const [whole = "0", fraction = ""] = mantissa.split(".");
  const places = fraction.length - Number(exponent);
  const digits = BigInt(whole + fraction);
  return places >= 0 ? { digits, places } : { digits: digits * 10n ** BigInt(-places), places: 0 };
}
