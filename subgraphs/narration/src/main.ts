import '@storytelling/shared/infrastructure/node-version';
import { runService } from '@storytelling/shared/infrastructure/run-service';
import { startNarration } from './service.js';

await runService(startNarration);
