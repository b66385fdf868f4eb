import type { Letter } from '../../domain/letters.js';

/**
 * The letters in one language. A paragraph that is `{token}` or `{link}` stands alone, so that it can be copied; `{link}` is left out where there is none.
 * `{provider}` is a name such as Google.
 */
export interface Letters {
  readonly greeting: string;
  readonly farewell: string;
  readonly letters: Readonly<Record<Letter['kind'], { readonly subject: string; readonly paragraphs: readonly string[] }>>;
}
