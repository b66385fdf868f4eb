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
  /** With it its voices can be chosen beside the local ones, which speak English and offline. */
  ELEVENLABS_API_KEY: z.string().optional(),
  ELEVENLABS_BASE_URL: z.url({ error: 'a URL' }).optional(),
  ELEVENLABS_MODEL: z.string().optional(),
});

export const readNarrationEnvironment = (environment: Environment) => readEnvironment(settings, environment);
