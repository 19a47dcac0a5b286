import {
  DEAD_LETTER_DAYS,
  FUNCTIONS,
  NUMBERS,
  type Numbered,
  QUEUES,
  SCHEDULES,
  SOURCES,
  STREAM,
} from "../../lib/numbers.ts";

/** The rows of the tables of numbers in docs/operate.md, as `lib/numbers.ts` has them. */
export function numberRows(): readonly string[] {
  return [
    ...Object.entries(FUNCTIONS).map(([name, { timeoutSeconds, memoryMb, reserved, why }]) =>
      row(`\`${name}\``, `${timeoutSeconds} s`, `${memoryMb} MB`, reserved ?? "", why),
    ),
    ...Object.entries(QUEUES).map(
      ([name, { visibilitySeconds, receivesMax, retentionDays, why }]) =>
        row(`\`${name}\``, `${visibilitySeconds} s`, receivesMax, `${retentionDays} days`, why),
    ),
    ...Object.entries(SOURCES).map(([name, { batch, concurrencyMax, why }]) =>
      row(`\`${name}\``, batch, concurrencyMax, why),
    ),
    ...rows("STREAM", STREAM),
    ...rows("SCHEDULES", SCHEDULES),
    ...rows("NUMBERS", NUMBERS),
    row("`DEAD_LETTER_DAYS`", DEAD_LETTER_DAYS.value, DEAD_LETTER_DAYS.why),
  ];
}

function rows(of: string, numbers: Readonly<Record<string, Numbered>>): readonly string[] {
  return Object.entries(numbers).map(([name, { value, why }]) =>
    row(`\`${of}.${name}\``, value.toLocaleString("en"), why),
  );
}

function row(...cells: readonly (string | number)[]): string {
  return `| ${cells.join(" | ")} |`;
}
