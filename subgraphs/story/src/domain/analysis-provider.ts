// The port through which a text is analysed, and its words. Adapters: infrastructure/providers.

import { type FailureEntry, failuresOf } from '@storytelling/shared/value-objects/failure';

/** What a sentence or a segment feels like. A fixed set: voices are chosen by it later, so every provider must answer in these words. */
export const EMOTION_NAMES = [
  'neutral',
  'joy',
  'sadness',
  'fear',
  'anger',
  'surprise',
  'disgust',
  'love',
  'hope',
  'pride',
  'shame',
  'calm',
] as const;
export type EmotionName = (typeof EMOTION_NAMES)[number];

/** How large a character's part is. Only a provider that understands motives says `antagonist`; the local one measures prominence alone. */
export const CHARACTER_ROLES = ['protagonist', 'antagonist', 'supporting', 'minor'] as const;
export type CharacterRole = (typeof CHARACTER_ROLES)[number];

/** The name of a first-person narrator whom the text does not name. */
export const NARRATOR = 'Narrator';

export interface TextToAnalyse {
  title: string;
  content: string;
  /** BCP 47, as the writer gave it: `en`, `en-GB`. */
  language: string;
}

export interface ExtractedCharacter {
  /** The fullest form that the text uses: `Maud Hale`, `The old woman`. */
  name: string;
  /** The other forms that the text uses. */
  aliases: string[];
  role: CharacterRole | null;
  description: string | null;
  personality: string | null;
  traits: string[];
}

export interface ExtractedEmotion {
  emotion: EmotionName;
  /** An integer from 1 (barely) to 10 (overwhelming). */
  intensity: number;
  /** Whose it is or where it stands, in a few words. */
  context: string | null;
  /** Words of the text, exactly as they stand in the segment. */
  quote: string;
  segmentIndex: number;
}

export interface ExtractedSegment {
  /** A piece of the text with its white space. All segments together are the whole text. */
  text: string;
  /** The name of one of the characters, or null where the narration speaks. */
  speaker: string | null;
  emotion: EmotionName;
}

export interface Extraction {
  characters: ExtractedCharacter[];
  emotions: ExtractedEmotion[];
  segments: ExtractedSegment[];
  provider: 'local' | 'openai';
  model: string | null;
  usage: { inputTokens: number; outputTokens: number } | null;
  /** A decimal amount as text, so that no fraction of a cent is lost. Null: free, or the price is not known. */
  cost: { amount: string; currency: string } | null;
}

export interface AnalysisProgress {
  /** A short machine-readable word: `reading`, `characters`, `speakers`, `emotions`. */
  stage: string;
  done: number;
  total: number;
}

export interface AnalysisProvider {
  readonly name: Extraction['provider'];
  /** What its answers depend on: its rules or its model. Results of another revision are not used again. */
  readonly revision: string;
  /** Rejects with an AnalysisFailure, or with the signal's reason once the signal is aborted. */
  analyse(text: TextToAnalyse, report: (progress: AnalysisProgress) => void, signal: AbortSignal): Promise<Extraction>;
  close?(): Promise<void>;
}

/** `sentence` is for writers; what an operator can do about it goes to the log. Listed in schema/errors.md by tools/schema.mjs. @public */
export const analysisFailures = {
  ANALYSIS_LANGUAGE_UNSUPPORTED: {
    retryable: false,
    sentence: 'Only English texts can be analysed here so far.',
  },
  ANALYSIS_PROVIDER_UNAVAILABLE: { retryable: true, sentence: 'The analysis provider did not answer; the analysis can be tried again.' },
  ANALYSIS_PROVIDER_REFUSED: { retryable: false, sentence: 'The analysis provider refused to analyse this text.' },
  ANALYSIS_PROVIDER_MISCONFIGURED: {
    retryable: false,
    operator: 'the provider rejects our requests: check OPENAI_API_KEY, OPENAI_BASE_URL and OPENAI_MODEL',
    sentence: 'The analysis is not set up rightly on our side; try again when it is mended.',
  },
  ANALYSIS_QUOTA_EXHAUSTED: {
    retryable: false,
    operator: 'the account at the provider has no credit left: add credit',
    sentence: 'No analyses are possible just now; try again later.',
  },
  ANALYSIS_RESULT_INVALID: { retryable: true, sentence: 'The analysis provider gave an answer that does not fit the text.' },
  ANALYSIS_TEXT_TOO_DEMANDING: { retryable: false, sentence: 'The text needs more memory than an analysis may use; shorten or split it.' },
  ANALYSIS_FAILED: { retryable: true, sentence: 'The analysis failed on our side; try again later.' },
} as const satisfies Record<string, FailureEntry>;

/** Why a text could not be analysed: a stable code, whether trying again can help, and one sentence that holds nothing of the text or of a key. */
export class AnalysisFailure extends failuresOf(analysisFailures) {
  override readonly name = 'AnalysisFailure';
}
