export type RefusalKind =
  | 'BAD_USER_INPUT'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'TOO_MANY_REQUESTS'
  | 'UNAVAILABLE';

export type RefusalParams = Readonly<Record<string, string | number | boolean | null>>;

/** What a refusal says: its kind, one sentence that names the fix (`{name}` is filled from the params), the input field it is about. */
export interface RefusalEntry {
  readonly kind: RefusalKind;
  readonly sentence: string;
  readonly field?: string;
}

/** A rule said no. The code is stable and public; the sentence is for people; params are what a client needs to go on (currentVersion, retryAt). */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(
    readonly code: string,
    readonly kind: RefusalKind,
    sentence: string,
    readonly field?: string,
    readonly params?: RefusalParams,
  ) {
    super(sentence);
  }
}

type Refuse<Table> = { readonly [Code in keyof Table]: (params?: RefusalParams, field?: string) => Refusal };

/** Turns a context's table of refusals into functions: `throw refuse.STORY_NOT_FOUND()`. A rule that several inputs share is told the field. */
export function defineRefusals<Table extends Readonly<Record<string, RefusalEntry>>>(table: Table): Refuse<Table> {
  const refuse = Object.entries(table).map(([code, { kind, sentence, field }]) => [
    code,
    (params?: RefusalParams, fieldOfThisInput = field) =>
      new Refusal(
        code,
        kind,
        sentence.replace(/\{(\w+)\}/g, (_, name: string) => String(params?.[name] ?? '')),
        fieldOfThisInput,
        params,
      ),
  ]);
  return Object.fromEntries(refuse) as Refuse<Table>;
}

/**
 * A rule that several inputs share speaks of a field by one name. Where an input calls it otherwise, so do the refusals whose code begins with `codes`: the
 * client is told the name that it sent.
 */
export async function renameField<Result>(
  codes: string,
  { from, to }: { readonly from: string; readonly to: string },
  work: () => Promise<Result>,
): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Refusal) || error.field !== from || !error.code.startsWith(codes)) throw error;
    throw new Refusal(error.code, error.kind, error.message, to, error.params);
  }
}
