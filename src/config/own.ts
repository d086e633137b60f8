// What is looked up by names from outside, of which some are those of what every object has.

/** What a record itself has under a name: nothing under `constructor` unless it was put there. */
export function ownOf<Value>(record: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined
}
