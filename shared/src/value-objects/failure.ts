/** What a failure of a provider says: whether trying again can help, one sentence for people, and what an operator can do about it, for the log. */
export interface FailureEntry {
  readonly retryable: boolean;
  readonly sentence: string;
  readonly operator?: string;
}

export interface FailureOptions {
  /** For the log: a status, a request id; never words of a text, never a key. */
  readonly detail?: string;
  /** How long the provider asks to be left alone. */
  readonly retryAfterSeconds?: number;
}

/** Makes of a table of failures the error that carries their codes: `class SpeechFailure extends failuresOf(speechFailures) {}`. */
export function failuresOf<Table extends Readonly<Record<string, FailureEntry>>>(table: Table) {
  return class extends Error {
    readonly retryable: boolean;
    /** For the log alone: what can be done, and the details. */
    readonly detail: string | null;
    readonly retryAfterSeconds: number | null;

    constructor(
      readonly code: keyof Table & string,
      { detail, retryAfterSeconds }: FailureOptions = {},
    ) {
      const { retryable, sentence, operator }: FailureEntry = table[code] as FailureEntry;
      super(sentence);
      this.retryable = retryable;
      this.detail = [operator, detail].filter(Boolean).join('; ') || null;
      this.retryAfterSeconds = retryAfterSeconds ?? null;
    }
  };
}
