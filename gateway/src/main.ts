import { runService } from '@storytelling/shared/infrastructure/run-service';
import { startGateway } from './service.js';

await runService(startGateway);
