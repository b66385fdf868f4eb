import { type AddressInfo, createServer } from 'node:net';
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

/** The port that the gateway is going to take last of all, when it can serve, and that links to it are made with before. */
export interface ReservedPort {
  readonly port: number;
  /** To be called right before it is taken. */
  release(): Promise<void>;
}

/** Before anything is started. For 0, one that is free is held: seconds later a connection of ours to PostgreSQL could have it. */
export async function reservePort(port: number, host: string): Promise<ReservedPort> {
  const probe = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    probe.once('error', ({ code }: NodeJS.ErrnoException) => reject(new SettingError(refusal(port, host, code))));
    probe.listen(port, host, resolve);
  });
  const { port: found } = probe.address() as AddressInfo;
  probe.unref();
  const release = () => new Promise<void>((resolve) => probe.close(() => resolve()));
  if (port !== 0) await release();
  return { port: found, release };
}

function refusal(port: number, host: string, code: string | undefined): string {
  const another = `choose another one with PORT=${port < 65_535 ? port + 1 : 4000} npm start`;
  if (code === 'EADDRINUSE') return `Port ${port} is in use by another program: stop that one, or ${another}.`;
  if (code === 'EACCES') return `Port ${port} may not be opened by this user: ${another}.`;
  return `The setting HOST is wrong: ${host} is no address of this machine (${code}).`;
}
