import type { StoryScript } from '@storytelling/shared/domain-events/story';
import type { ScriptClaim, Scripts } from '../domain/scripts.js';

/** The writer corrected something between the storing of the script and the decision: it is made anew. */
class ScriptOutdated extends Error {
  override readonly name = 'ScriptOutdated';
}
/** Each failure is a correction by hand in the milliseconds between the two. */
const attempts = 5;

/**
 * A script is stored before the transaction that tells of it, in which nothing remote happens. `expect` says which one it will be (undefined: none), and
 * `decide` asks for the claim of the one that it is. One that is not used after all is removed with its story.
 */
export async function withStoredScript(
  scripts: Scripts,
  expect: () => Promise<StoryScript | undefined>,
  decide: (claimOf: (script: StoryScript) => ScriptClaim) => Promise<unknown>,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const script = await expect();
    const stored = script && { text: JSON.stringify(script), claim: await scripts.put(script) };
    try {
      await decide((made) => {
        if (stored?.text !== JSON.stringify(made)) throw new ScriptOutdated();
        return stored.claim;
      });
      return;
    } catch (error) {
      if (!(error instanceof ScriptOutdated) || attempt === attempts) throw error;
    }
  }
}
