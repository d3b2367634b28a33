import { FtsError } from '../errors/fts-error.ts';

/** Why a remedy never is to edit a model's own description of itself. */
export const anotherModel = 'Use a model without it: changing the file would change what the model computes.';

/**
 * One rule for everything that describes a model: a key is read, is known to leave the numbers alone, or is off. Any
 * other is refused by name, because ignoring it could compute something else than the model's own program.
 */
export function refuseUnreadKeys(
  json: Readonly<Record<string, unknown>>,
  { read, harmless, subject }: { read: Iterable<string>; harmless(key: string): boolean; subject: string },
  remedy = anotherModel,
): void {
  const known = new Set(read);
  for (const [key, value] of Object.entries(json)) {
    if (known.has(key) || harmless(key) || isOff(value)) continue;
    throw new FtsError('invalid-input', `${subject} sets "${key}", whose effect this program does not know.`, {
      field: key,
      value,
      remedy,
    });
  }
}

/** Refuses by name the first tensor that nothing reads. */
export function refuseUnreadTensors(
  names: Iterable<string>,
  isRead: (name: string) => boolean,
  subject: string,
  remedy = 'Use a model of exactly the architecture that its configuration names: without that tensor it is another.',
): void {
  for (const name of names) {
    if (isRead(name)) continue;
    throw new FtsError('invalid-input', `${subject} has a tensor ${name}, which this program would not compute with.`, {
      field: name,
      value: subject,
      remedy,
    });
  }
}

/** Whether a value says that an option is not used. */
function isOff(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === 0 || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}
