/**
 * Cursors of lists that are sorted by a time and an id: `[ISO 8601 in UTC, with milliseconds, UUID]`. Exactly what `timeKeyOf` makes: JavaScript's
 * dates reach years, and read forms, that PostgreSQL refuses.
 */
export function timeKey(key: unknown): { readonly at: string; readonly id: string } | undefined {
  const [at, id] = (Array.isArray(key) ? key : []) as unknown[];
  return typeof at === 'string' && isTime(at) && typeof id === 'string' && isId(id) ? { at, id } : undefined;
}

export const timeKeyOf = (at: Date, id: string): [string, string] => [at.toISOString(), id];

export const isId = (text: string) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
const isTime = (text: string) => /^[12]\d{3}-/.test(text) && !Number.isNaN(Date.parse(text)) && new Date(text).toISOString() === text;
