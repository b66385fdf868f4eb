import { startKafka } from '../../tools/kafka/broker.mjs';
import { kafkaCanRun } from '../../tools/kafka/for-tests.mjs';

/** The same events on each: what is promised does not depend on what carries them. */
export interface Transport {
  readonly name: string;
  readonly canRun: boolean;
  /** How long the partitions of a consumer that was killed or frozen stay its own. */
  readonly sessionMs: number;
  start(backboneUrl: string): Promise<{ url: string; broker?: Awaited<ReturnType<typeof startKafka>>; stop(): Promise<void> }>;
}

export const embedded: Transport = {
  name: 'the embedded log',
  canRun: true,
  sessionMs: 10_000,
  start: async (backboneUrl) => ({ url: `embedded:${backboneUrl}`, stop: async () => undefined }),
};

export const kafka: Transport = {
  name: 'Apache Kafka',
  // Says loudly how to get it where it is missing; with CI=true it is an error.
  canRun: kafkaCanRun(),
  sessionMs: 45_000,
  async start() {
    const broker = await startKafka();
    return { url: broker.url, broker, stop: () => broker.stop() };
  },
};
