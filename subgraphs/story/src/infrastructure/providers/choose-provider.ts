import type { AnalysisProvider } from '../../domain/analysis-provider.js';
import { localProvider } from './local-provider.js';
import { openaiProvider } from './openai-provider.js';

export interface AnalysisSettings {
  OPENAI_API_KEY?: string | undefined;
  OPENAI_BASE_URL?: string | undefined;
  OPENAI_MODEL?: string | undefined;
}

/** A key chooses the cloud; without one the work is done here, offline. */
export function chooseAnalysisProvider(settings: AnalysisSettings): AnalysisProvider {
  const apiKey = settings.OPENAI_API_KEY?.trim();
  if (!apiKey) return localProvider();
  return openaiProvider({
    apiKey,
    baseURL: settings.OPENAI_BASE_URL?.trim() || undefined,
    model: settings.OPENAI_MODEL?.trim() || undefined,
  });
}
