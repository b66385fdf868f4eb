// `npm run kafka`: Apache Kafka for this machine, on port 9092 (or PORT) until Ctrl-C; its data stays in .data/kafka.
import { fileURLToPath } from 'node:url';
import { startKafka, whatIsMissing } from './broker.mjs';

const missing = whatIsMissing();
if (missing) {
  console.error(missing);
  process.exit(1);
}
console.log('Starting Apache Kafka (44 MB are fetched the first time).');
const kafka = await startKafka({
  port: Number(process.env.PORT || 9092),
  folder: fileURLToPath(new URL('../../.data/kafka', import.meta.url)),
}).catch((error) => {
  console.error(error.message);
  process.exit(1);
});
console.log(`Kafka is ready. In another terminal: EVENT_BUS_URL=${kafka.url} npm start`);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void kafka.stop().then(() => process.exit(0)));
