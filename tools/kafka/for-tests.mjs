import { whatIsMissing } from './broker.mjs';

/** Whether tests can start a broker here. Where they cannot they are skipped, loudly; in CI, where nobody reads what went well, never. */
export function kafkaCanRun() {
  const missing = whatIsMissing();
  if (!missing) return true;
  if (process.env.CI) throw new Error(missing);
  process.stderr.write(`\nSKIPPED: the tests on Apache Kafka. ${missing}\n\n`);
  return false;
}
