// The domain service: what a provider finds in a text, made to fit the text.

import type { AnalysisProgress, AnalysisProvider, Extraction, TextToAnalyse } from './analysis-provider.js';
import { repairExtraction } from './analysis-repair.js';

export async function analyseText(
  provider: AnalysisProvider,
  text: TextToAnalyse,
  report: (progress: AnalysisProgress) => void,
  signal: AbortSignal,
): Promise<Extraction> {
  signal.throwIfAborted();
  const extraction = await provider.analyse(text, report, signal);
  signal.throwIfAborted();
  return repairExtraction(text.content, extraction);
}

/** Words a minute of a finished English audiobook: ACX, the audiobook exchange, counts 9,300 words an hour. */
const ENGLISH_WORDS_PER_MINUTE = 155;

/**
 * Words a minute when reading, by language: Trauzettel-Klosinski et al., "Standardized Assessment of Reading Performance: The New
 * International Reading Speed Texts IReST", IOVS 2012. Used in proportion to English, so that a Finnish word takes longer than an English one.
 */
const READING_WORDS_PER_MINUTE: Record<string, number> = {
  ar: 138,
  de: 179,
  en: 228,
  es: 218,
  fi: 161,
  fr: 195,
  he: 187,
  it: 188,
  ja: 193,
  nl: 202,
  pl: 166,
  pt: 181,
  ru: 184,
  sl: 180,
  sv: 199,
  tr: 166,
  zh: 158,
};

/** How long narrating the content takes, in whole seconds; 0 only for a content without words. */
export function estimateDurationSeconds(content: string, language: string): number {
  const primary = language.toLowerCase().split('-')[0] ?? 'en';
  const english = READING_WORDS_PER_MINUTE.en as number;
  const wordsPerMinute = ENGLISH_WORDS_PER_MINUTE * ((READING_WORDS_PER_MINUTE[primary] ?? english) / english);
  const locale = primary in READING_WORDS_PER_MINUTE ? primary : 'en';
  let words = 0;
  for (const { isWordLike } of new Intl.Segmenter(locale, { granularity: 'word' }).segment(content)) if (isWordLike) words += 1;
  return Math.ceil((words / wordsPerMinute) * 60);
}
