import '@storytelling/shared/infrastructure/node-version';
import { runService } from '@storytelling/shared/infrastructure/run-service';
import { startIdentity } from './service.js';

await runService(startIdentity);
