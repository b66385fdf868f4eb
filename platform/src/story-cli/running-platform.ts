import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Problem } from './problem.js';

const platform = fileURLToPath(new URL('../main.js', import.meta.url));

/** The platform that runs already, else one that is started now and stopped with `stop`. */
export async function runningPlatform(port: string): Promise<{ url: string; stop(): Promise<void> }> {
  const url = `http://localhost:${port}`;
  const isReady = await fetch(`${url}/ready`, { signal: AbortSignal.timeout(2_000) }).then(
    ({ ok }) => ok,
    () => false,
  );
  if (isReady) return { url: `${url}/graphql`, stop: async () => undefined };

  console.log('No platform is running here: starting one …');
  const child = spawn(process.execPath, [platform], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, PORT: port } });
  const ended = once(child, 'exit');
  const ready = (async () => {
    for await (const line of createInterface({ input: child.stdout })) {
      const [, at] = /^ready (\S+)$/.exec(line) ?? [];
      if (at) return at;
    }
    throw new Problem('The platform could not be started; if it runs at another port, name it: PORT=4300 npm run story -- FILE.');
  })();
  const started = await ready;
  // What it prints from now on is nobody's; a full pipe would stop it.
  child.stdout.resume();
  return {
    url: started,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
