import '@storytelling/shared/infrastructure/node-version';
import { runService } from '@storytelling/shared/infrastructure/run-service';
import { startStory } from './service.js';

await runService(startStory);
