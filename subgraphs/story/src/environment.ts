import {
  databaseSettings,
  type Environment,
  objectStoreSettings,
  readEnvironment,
  serviceSettings,
} from '@storytelling/shared/infrastructure/environment';
import { z } from 'zod';

const settings = z.object({
  ...serviceSettings,
  ...databaseSettings,
  ...objectStoreSettings,
  /** Without it the local provider analyzes, in English and offline. */
  OPENAI_API_KEY: z.string().optional(),
  OPENAI_BASE_URL: z.url({ error: 'a URL' }).optional(),
  OPENAI_MODEL: z.string().optional(),
});

export const readStoryEnvironment = (environment: Environment) => readEnvironment(settings, environment);
