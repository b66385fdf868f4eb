import { type Environment, SettingError } from './environment.js';

/** What every service's start function returns, whether it runs alone or in the fleet of one machine. */
export interface RunningService {
  readonly name: string;
  readonly url: string;
  readonly port: number;
  /** Drains in at most 5 s and leaves nothing behind: no timer, no connection, no child. */
  stop(): Promise<void>;
}

/** One service as a process of its own: settings from the environment, drained on SIGINT and SIGTERM. A second signal does not wait. */
export async function runService(start: (environment: Environment) => Promise<RunningService>): Promise<void> {
  let service: RunningService;
  try {
    service = await start(process.env);
  } catch (error) {
    process.stderr.write(
      error instanceof SettingError ? `${error.message}\n` : `${error instanceof Error ? error.stack : String(error)}\n`,
    );
    process.exit(1);
  }
  process.stdout.write(`${service.name} listens at ${service.url}\n`);

  let stopping = false;
  const stop = () => {
    if (stopping) process.exit(1);
    stopping = true;
    // Longer than any drain: only a stop that hangs gets here.
    setTimeout(() => process.exit(1), 6_000).unref();
    service.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`${service.name} did not stop cleanly: ${String(error)}\n`);
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
}
