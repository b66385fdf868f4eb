import { parseArgs } from 'node:util';
import { runService } from '@storytelling/shared/infrastructure/run-service';
import { startGateway } from './service.js';

// The same by environment: SUPERGRAPH_FILE and PORT.
const { values } = parseArgs({ options: { supergraph: { type: 'string' }, port: { type: 'string' } } });
const told = { ...(values.supergraph && { SUPERGRAPH_FILE: values.supergraph }), ...(values.port && { PORT: values.port }) };

await runService((environment) => startGateway({ ...environment, ...told }));
