import '@storytelling/shared/infrastructure/node-version';
import { parseArgs } from 'node:util';

/**
 * What a page leaves behind dies young, in a young generation that V8 lets grow to three times 64 MB and more where there is much memory. With three times
 * 16 MB at the most a gateway at work takes 240 MB instead of 315. V8 reads this only when it starts, so the process begins once more as itself, under the
 * same id, before it loads anything. Not where a size was chosen, nor where it could not go on as before: with a channel to its parent, or on Windows.
 */
const size = '--max-semi-space-size';
const isChosen = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((options) => options.includes(size));
if (!isChosen && !process.channel && process.platform !== 'win32')
  process.execve?.(process.execPath, [process.execPath, `${size}=16`, ...process.execArgv, ...process.argv.slice(1)]);

const { runService } = await import('@storytelling/shared/infrastructure/run-service');
const { startGateway } = await import('./service.js');

// The same by environment: SUPERGRAPH_FILE and PORT.
const { values } = parseArgs({ options: { supergraph: { type: 'string' }, port: { type: 'string' } } });
const told = { ...(values.supergraph && { SUPERGRAPH_FILE: values.supergraph }), ...(values.port && { PORT: values.port }) };

await runService((environment) => startGateway({ ...environment, ...told }));
