import { createServer } from 'node:net';
import { type Environment, readEnvironment, SettingError, serviceSettings } from '@storytelling/shared/infrastructure/environment';
import { z } from 'zod';

const schema = z.object({
  ...serviceSettings,
  /** Of the one endpoint; 0: any free one. */
  PORT: serviceSettings.PORT.unwrap().default(4000),
  /** A person reads this terminal: what goes well is not reported line by line. */
  LOG_LEVEL: serviceSettings.LOG_LEVEL.unwrap().default('warn'),
  DATA_DIR: z.string().optional(),
});

export type PlatformSettings = z.output<typeof schema>;

export function platformSettings(environment: Environment): PlatformSettings {
  return readEnvironment(schema, environment);
}

/** Before anything is started; the gateway takes the port last, when it can serve. */
export async function checkPort(port: number, host: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const probe = createServer();
    probe.once('error', ({ code }: NodeJS.ErrnoException) => reject(new SettingError(refusal(port, host, code))));
    probe.listen(port, host, () => probe.close(() => resolve()));
  });
}

function refusal(port: number, host: string, code: string | undefined): string {
  const another = `choose another one with PORT=${port < 65_535 ? port + 1 : 4000} npm start`;
  if (code === 'EADDRINUSE') return `Port ${port} is in use by another program: stop that one, or ${another}.`;
  if (code === 'EACCES') return `Port ${port} may not be opened by this user: ${another}.`;
  return `The setting HOST is wrong: ${host} is no address of this machine (${code}).`;
}
